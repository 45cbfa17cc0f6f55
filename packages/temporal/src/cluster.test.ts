// Crash and scale on a real server: workers in processes of their own, killed without warning.
import { afterAll, expect, it } from '@jest/globals'
import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Restack } from '@rgen/engine'
import { openTemporalDriver } from './client/driver.ts'
import { describeOnServer } from './server.fixture.ts'

/** How many agents are open at a time. */
const crowd = Number(process.env['RGEN_TEMPORAL_AGENTS'] ?? '1000')

await describeOnServer('a cluster of workers', ({ address, stop }) => {
  const restack = new Restack({ driver: openTemporalDriver({ address }) })
  const workers = new Set<ChildProcess>()
  const greetedBy = new Map<string, Set<ChildProcess>>()
  const onGreeted = new Set<() => void>()

  const startWorker = async (): Promise<ChildProcess> => {
    const file = fileURLToPath(new URL('./fixtures/worker-process.mjs', import.meta.url))
    const child = spawn(process.execPath, [file, address], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
    workers.add(child)
    await new Promise<void>((ready, fail) => {
      child.once('exit', () => fail(new Error('The worker ended')))
      child.on('message', (message: { ready?: boolean; greeted?: string }) => {
        if (message.ready === true) ready()
        const { greeted } = message
        if (greeted === undefined) return
        greetedBy.set(greeted, (greetedBy.get(greeted) ?? new Set()).add(child))
        for (const look of onGreeted) look()
      })
    })
    return child
  }
  const beganToGreet = (name: string): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (greetedBy.has(name)) resolve()
      }
      onGreeted.add(look)
      look()
    })
  const kill = async (child: ChildProcess): Promise<void> => {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
    workers.delete(child)
  }
  const say = (agentId: string, text: string): Promise<unknown> =>
    restack.sendAgentEvent({ event: { name: 'message', input: { text } }, agent: { agentId } })
  const end = (agentId: string): Promise<unknown> =>
    restack.sendAgentEvent({ event: { name: 'end' }, agent: { agentId } })

  afterAll(async () => {
    await Promise.all([...workers].map((child) => kill(child)))
    await restack.close()
    await stop()
  })

  it('goes on where it was when workers are killed, and shares a queue', async () => {
    const ids = Array.from({ length: 12 }, (_, n) => `desk-${n}`)
    const [first] = await Promise.all([startWorker(), startWorker()])
    await Promise.all(ids.map((agentId) => restack.scheduleAgent({ agentName: 'concierge', agentId })))
    await Promise.all(ids.map((id) => say(id, `before-${id}`)))
    // The server gives each task to whichever worker asks first: until both were first once.
    const busy = (): number => new Set([...greetedBy.values()].flatMap((set) => [...set])).size
    const more: string[] = []
    while (busy() < 2) {
      more.push(`more-${more.length}`)
      await say('desk-0', more.at(-1)!)
    }

    const answers = ids.map((id) => say(id, `during-${id}`))
    await kill(first)
    expect(await Promise.all(answers)).toEqual(ids.map((id) => `hello during-${id}`))

    const [second] = workers
    const third = startWorker()
    await kill(second!)
    await third
    await Promise.all(ids.map((id) => end(id)))
    const results = await Promise.all(ids.map((agentId) => restack.getAgentResult({ agentId })))
    expect(results).toEqual(
      ids.map((id) => [`before-${id}`, ...(id === 'desk-0' ? more : []), `during-${id}`]),
    )
    await kill(await third)
  }, 240_000)

  it('notices within seconds that a worker died, and has its steps done by another one', async () => {
    const first = await startWorker()
    await restack.scheduleAgent({ agentName: 'concierge', agentId: 'desk-held' })
    await restack.scheduleAgent({ agentName: 'onceAgent', agentId: 'once', input: 'held once' })
    const answer = say('desk-held', 'held')
    await Promise.all([beganToGreet('held'), beganToGreet('held once')])
    await startWorker()
    await kill(first)
    // Both steps may take 5 minutes, which is more than this test has.
    expect(await answer).toBe('hello held')
    expect(await restack.getAgentResult({ agentId: 'once' })).toEqual({
      code: 'ENGINE_STEP_FAILED',
      cause: 'ENGINE_WORKER_LOST',
      message: 'Step greet failed: The process that ran the step was not heard of for 10000 ms',
    })
    await end('desk-held')
    await Promise.all([...workers].map((child) => kill(child)))
  }, 240_000)

  it(`holds ${crowd} agents at a time, each with its own state`, async () => {
    await startWorker()
    const ids = Array.from({ length: crowd }, (_, n) => `crowd-${n}`)
    const inBatches = async (act: (id: string) => Promise<unknown>): Promise<void> => {
      const waiting = [...ids]
      const lane = async (): Promise<void> => {
        for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) await act(id)
      }
      await Promise.all(Array.from({ length: 50 }, lane))
    }
    await inBatches((agentId) => restack.scheduleAgent({ agentName: 'concierge', agentId }))
    await inBatches((id) => say(id, id))
    await inBatches((id) => end(id))
    const results: unknown[] = []
    await inBatches(async (agentId) => results.push(await restack.getAgentResult({ agentId })))
    expect(results.flat().toSorted()).toEqual(ids.toSorted())
  }, 600_000)
})
