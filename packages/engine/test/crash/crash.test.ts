// The crash matrix: real processes, killed with SIGKILL at named points and at random moments. Whatever was
// acknowledged must be there, every completed step must be applied once, and order must be kept.
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from '@jest/globals'
import Restack, { replayHistory, type RunHistory } from '../../src/index.ts'
import { SeededRandom } from '../../src/core/random.ts'
import type { CrashPoint } from '../../src/worker/options.ts'

interface Scene {
  readonly folder: string
  readonly restack: Restack
  readonly random: SeededRandom
  readonly processes: Set<ChildProcess>
  kills: number
  /** No process is started again once this is set. */
  over: boolean
}

const script = fileURLToPath(new URL('./service.mjs', import.meta.url))
const agentsModule = new URL('./agents.mjs', import.meta.url).href
const scenes: Scene[] = []

afterEach(async () => {
  for (const scene of scenes.splice(0)) {
    scene.over = true
    for (const child of scene.processes) child.kill('SIGKILL')
    await scene.restack.close()
    rmSync(scene.folder, { recursive: true, force: true })
  }
})

function begin(seed: string): Scene {
  const folder = mkdtempSync(join(tmpdir(), 'rgen-crash-'))
  const restack = new Restack({ database: join(folder, 'engine.db'), logger: { log: () => undefined } })
  const scene = {
    folder,
    restack,
    random: new SeededRandom(seed),
    processes: new Set<ChildProcess>(),
    kills: 0,
    over: false,
  }
  scenes.push(scene)
  return scene
}

/** Keeps a service running: whenever it dies, another one takes its place. `fate` says where the next one dies. */
function keepRunning(scene: Scene, fate: () => readonly string[]): void {
  const child = spawn(
    process.execPath,
    [script, join(scene.folder, 'engine.db'), join(scene.folder, 'effects'), ...fate()],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  scene.processes.add(child)
  child.once('exit', (_code, signal) => {
    scene.processes.delete(child)
    if (signal === 'SIGKILL') scene.kills += 1
    if (!scene.over) keepRunning(scene, fate)
  })
}

/** Starts work of every kind, and checks what became of it. */
async function work({ restack, folder }: Scene): Promise<void> {
  const start = async (workflowName: string, workflowId: string, input: unknown): Promise<unknown> => {
    await restack.scheduleWorkflow({ workflowName, workflowId, input })
    return restack.getWorkflowResult({ workflowId })
  }
  await restack.scheduleAgent({ agentName: 'collectorAgent', agentId: 'collector', input: {} })
  await restack.scheduleAgent({ agentName: 'receiverAgent', agentId: 'receiver' })
  const collect = async (): Promise<unknown> => {
    const agent = { agentId: 'collector' }
    for (let value = 0; value < 14; value += 1) {
      const eventId = `number-${value}`
      await restack.sendAgentEvent(
        { agent, event: { name: 'number', input: value } },
        { waitForCompletion: false, eventId },
      )
      // A client that is not sure sends again with the same id.
      await restack.sendAgentEvent({ agent, event: { name: 'number', input: value } }, { eventId })
    }
    await restack.sendAgentEvent({ agent, event: { name: 'end' } })
    return restack.getAgentResult({ agentId: 'collector' })
  }
  const results = await Promise.all([
    start('stepsWorkflow', 'steps', { n: 12 }),
    start('timersWorkflow', 'timers', { n: 8 }),
    start('parentWorkflow', 'parent', { id: 'parent', n: 3 }),
    start('senderWorkflow', 'sender', { to: 'receiver', n: 6 }),
    collect(),
  ])
  expect(results).toEqual([66, 8, 9, [0, 1, 2, 3, 4, 5], Array.from({ length: 14 }, (_, index) => index)])
  expect(await restack.getAgentResult({ agentId: 'receiver' })).toEqual([0, 1, 2, 3, 4, 5])
  await checkHistories(restack)
  checkEffects(readFileSync(join(folder, 'effects'), 'utf8'))
}

/** Every step ended once, and today's code replays every history. */
async function checkHistories(restack: Restack): Promise<void> {
  const resources = (await import(agentsModule)) as Parameters<typeof replayHistory>[1]
  for (const { id, runId } of await restack.list({ limit: 1000 })) {
    const history = await restack.history({ id, runId })
    expect(endsOfSteps(history)).toEqual([...new Set(endsOfSteps(history))])
    expect(await replayHistory(history, resources)).toMatchObject({ kind: 'same' })
  }
}

function endsOfSteps({ events }: RunHistory): readonly (number | undefined)[] {
  return events.filter(({ type }) => type === 'StepCompleted' || type === 'StepFailed').map(({ n }) => n)
}

/** A step may have run more than once, but always as the same step with the same input. */
function checkEffects(text: string): void {
  const valueOf = new Map<string, string>()
  for (const line of text.trim().split('\n')) {
    const [key = '', value = ''] = line.split(' ')
    expect(valueOf.get(key) ?? value).toBe(value)
    valueOf.set(key, value)
  }
}

const points: readonly CrashPoint[] = [
  'before-commit',
  'after-commit',
  'step-begun',
  'step-ended',
  'replaying',
]
const seed = process.env['RGEN_CRASH_SEED'] ?? 'matrix'

describe.each([1, 2])('with %i processes on one file', (processes) => {
  it.each(points)(
    `nothing is lost or done twice when they die: %s (seed ${seed})`,
    async (point) => {
      const scene = begin(`${seed} ${point} ${processes}`)
      let lives = 0
      const fate = (): readonly string[] => {
        lives += 1
        // Each dies a few times, later and later; then one is left alone to finish.
        if (lives > 6) return []
        // Only a process that comes after one that died has anything to replay.
        const reachable = point === 'replaying' && lives <= processes ? 'after-commit' : point
        const most = reachable === 'replaying' ? 4 : 10 * lives
        return [reachable, String(1 + (scene.random.nextUint32() % most))]
      }
      for (let index = 0; index < processes; index += 1) keepRunning(scene, fate)
      await work(scene)
      expect(scene.kills).toBeGreaterThan(0)
    },
    60_000,
  )

  it(`nothing is lost or done twice when they die at any moment (seed ${seed})`, async () => {
    const scene = begin(`${seed} random ${processes}`)
    for (let index = 0; index < processes; index += 1) keepRunning(scene, () => [])
    let kills = 0
    const killer = setInterval(
      () => {
        const victims = [...scene.processes]
        if (kills < 8) victims[scene.random.nextUint32() % victims.length]?.kill('SIGKILL')
        kills += 1
      },
      130 + (scene.random.nextUint32() % 100),
    )
    try {
      await work(scene)
    } finally {
      clearInterval(killer)
    }
    expect(scene.kills).toBeGreaterThan(0)
  }, 60_000)
})
