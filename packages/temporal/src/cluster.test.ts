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

  const startWorker = async (): Promise<ChildProcess> => {
    const file = fileURLToPath(new URL('./fixtures/worker-process.mjs', import.meta.url))
    const child = spawn(process.execPath, [file, address], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
    workers.add(child)
    await new Promise<void>((ready, fail) => {
      child.once('exit', () => fail(new Error('The worker ended')))
      child.on('message', (message: { ready?: boolean; greeted?: string }) => {
        if (message.ready === true) ready()
        const { greeted } = message
        if (greeted !== undefined) greetedBy.set(greeted, (greetedBy.get(greeted) ?? new Set()).add(child))
      })
    })
    return child
  }
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
  }, 30_000)

  it('goes on where it was when workers are killed, and shares a queue', async () => {
    const ids = Array.from({ length: 12 }, (_, n) => `desk-${n}`)
    const [first] = await Promise.all([startWorker(), startWorker()])
    await Promise.all(ids.map((agentId) => restack.scheduleAgent({ agentName: 'concierge', agentId })))
    await Promise.all(ids.map((id) => say(id, `before-${id}`)))
    const busy = new Set([...greetedBy.values()].flatMap((set) => [...set]))
    expect(busy.size).toBe(2)

    const answers = ids.map((id) => say(id, `during-${id}`))
    await kill(first)
    expect(await Promise.all(answers)).toEqual(ids.map((id) => `hello during-${id}`))

    const [second] = workers
    const third = startWorker()
    await kill(second!)
    await third
    await Promise.all(ids.map((id) => end(id)))
    const results = await Promise.all(ids.map((agentId) => restack.getAgentResult({ agentId })))
    expect(results).toEqual(ids.map((id) => [`before-${id}`, `during-${id}`]))
  }, 120_000)

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
  }, 300_000)
})
