// A scene of the crash tests and of the torture run: services on one file that are killed and replaced, work of every
// kind for them, and the checks. Whatever was acknowledged must be there, every completed step must be applied once,
// and order must be kept.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { SeededRandom } from '../../dist/core/random.js'
import Restack, { replayHistory } from '../../dist/index.js'
import { agents, workflows } from './agents.mjs'

const script = fileURLToPath(new URL('service.mjs', import.meta.url))

/** The engine's own points, and what a commit may be about (service.mjs): then services die before and after it. */
export const points = [
  'before-commit',
  'after-commit',
  'step-begun',
  'step-ended',
  'replaying',
  'handler',
  'continue-as-new',
  'child-start',
  'schedule',
]

export function beginScene(seed) {
  const folder = mkdtempSync(join(tmpdir(), 'rgen-crash-'))
  const restack = new Restack({ database: join(folder, 'engine.db'), logger: { log: () => undefined } })
  // No process is started again once `over` is set.
  return {
    folder,
    restack,
    random: new SeededRandom(seed),
    processes: new Set(),
    /** How long the service that began last took until it served. */
    startupMs: 200,
    kills: 0,
    events: 0,
    over: false,
  }
}

export function keepRunning(scene, fate) {
  const startedAt = performance.now()
  const child = spawn(
    process.execPath,
    [script, join(scene.folder, 'engine.db'), join(scene.folder, 'effects'), ...fate()],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  scene.processes.add(child)
  child.stdout.once('data', () => {
    scene.startupMs = performance.now() - startedAt
  })
  child.once('exit', (_code, signal) => {
    scene.processes.delete(child)
    if (signal === 'SIGKILL' && !scene.over) scene.kills += 1
    if (!scene.over) keepRunning(scene, fate)
  })
}

/** Some die before they serve, most a little later: on a busy machine, too, or nothing would ever be done there. */
export function killAtRandom(scene, most = Infinity) {
  let left = most
  let timer
  const wait = () => {
    const lives = 0.5 + 2 * scene.random.next()
    timer = setTimeout(kill, lives * scene.startupMs)
  }
  const kill = () => {
    const victims = [...scene.processes]
    victims[scene.random.nextUint32() % victims.length]?.kill('SIGKILL')
    left -= 1
    if (left > 0) wait()
  }
  wait()
  return () => clearTimeout(timer)
}

export async function work(scene, prefix = '') {
  const { restack } = scene
  const start = async (workflowName, name, input) => {
    const workflowId = prefix + name
    await restack.scheduleWorkflow({ workflowName, workflowId, input })
    return restack.getWorkflowResult({ workflowId })
  }
  const [collector, receiver] = [`${prefix}collector`, `${prefix}receiver`]
  await restack.scheduleAgent({ agentName: 'collectorAgent', agentId: collector, input: {} })
  await restack.scheduleAgent({ agentName: 'receiverAgent', agentId: receiver })
  const send = async (event, options) => {
    await restack.sendAgentEvent({ agent: { agentId: collector }, event }, options)
    scene.events += 1
  }
  const collect = async () => {
    for (let value = 0; value < 14; value += 1) {
      const event = { name: 'number', input: value }
      const eventId = `${prefix}number-${value}`
      await send(event, { waitForCompletion: false, eventId })
      // A client that is not sure sends again with the same id.
      await send(event, { eventId })
    }
    await send({ name: 'end' })
    return restack.getAgentResult({ agentId: collector })
  }
  const ticks = await startTicks(restack, prefix)
  const results = await Promise.all([
    start('stepsWorkflow', 'steps', { n: 12 }),
    start('timersWorkflow', 'timers', { n: 8 }),
    start('parentWorkflow', 'parent', { id: `${prefix}parent`, n: 3 }),
    start('senderWorkflow', 'sender', { to: receiver, n: 6 }),
    collect(),
  ])
  same(results, [66, 8, 15, [0, 1, 2, 3, 4, 5], Array.from({ length: 14 }, (_, index) => index)])
  same(await restack.getAgentResult({ agentId: receiver }), [0, 1, 2, 3, 4, 5])
  await checkTicks(restack, ticks)
}

const tickMs = 100

/** A schedule of two seconds. Whatever is missed while no service runs is caught up. */
async function startTicks(restack, prefix) {
  const id = `${prefix}ticks`
  const endAt = (Math.floor(Date.now() / tickMs) + 20) * tickMs
  await restack.schedules.create({
    id,
    spec: {
      intervals: [{ every: tickMs }],
      endAt: new Date(endAt),
      catchupWindow: '1 hour',
      overlap: 'allow',
    },
    target: { kind: 'workflow', type: 'tickWorkflow', taskQueue: 'restack' },
  })
  return { id, endAt }
}

/** Every moment of the schedule started one run, and each came to its end. */
async function checkTicks(restack, { id, endAt }) {
  while ((await restack.schedules.describe(id)).nextAt !== undefined) await sleep(20)
  const runs = await restack.list({ id: `${id}-*`, limit: 10_000 })
  const moments = runs.map((run) => Date.parse(run.id.slice(id.length + 1)))
  const expected = moments.map((_, index) => endAt - index * tickMs)
  same(moments, expected, 'moments of the schedule')
  assert.ok(moments.length > 10, `the schedule started ${moments.length} runs`)
  for (const run of runs) same(await restack.getWorkflowResult({ workflowId: run.id }), 'tick')
}

export async function checkScene(scene) {
  const steps = await checkHistories(scene.restack)
  const file = join(scene.folder, 'effects')
  if (existsSync(file)) checkEffects(readFileSync(file, 'utf8'))
  return { ...steps, events: scene.events }
}

/** By their text: arrays of another realm, as jest has them, are not deeply equal to ours. */
function same(actual, expected, what) {
  assert.equal(JSON.stringify(actual), JSON.stringify(expected), what)
}

/** Every step ended once, and today's code replays every history. */
async function checkHistories(restack) {
  const runs = await restack.list({ limit: 10_000 })
  let steps = 0
  for (const { id, runId } of runs) {
    const history = await restack.history({ id, runId })
    const ends = endsOfSteps(history)
    same(ends, [...new Set(ends)], `a step of ${id} ended twice`)
    assert.equal((await replayHistory(history, { agents, workflows })).kind, 'same', `replay of ${id}`)
    steps += ends.length
  }
  return { runs: runs.length, steps }
}

function endsOfSteps({ events }) {
  return events.filter(({ type }) => type === 'StepCompleted' || type === 'StepFailed').map(({ n }) => n)
}

/** A step may have run more than once, but always as the same step with the same input. */
function checkEffects(text) {
  const valueOf = new Map()
  for (const line of text.trim().split('\n')) {
    const [key, value] = line.split(' ')
    assert.equal(valueOf.get(key) ?? value, value, `the effects of step ${key}`)
    valueOf.set(key, value)
  }
}

export async function endScene(scene) {
  scene.over = true
  const gone = [...scene.processes].map((child) => new Promise((exit) => child.once('exit', exit)))
  for (const child of scene.processes) child.kill('SIGKILL')
  await Promise.all(gone)
  await scene.restack.close()
  rmSync(scene.folder, { recursive: true, force: true })
}
