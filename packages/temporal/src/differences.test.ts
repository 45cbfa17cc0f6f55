// What docs/engines.md lists under "What differs", each shown on a real server.
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { fileURLToPath } from 'node:url'
import { Restack } from '@rgen/engine'
import { sleep } from '@rgen/engine/function'
import { Client, Connection } from '@temporalio/client'
import proto from '@temporalio/proto'
import { aesGcmCodec } from './connection/aes-gcm-codec.ts'
import { openTemporalDriver } from './client/driver.ts'
import * as differences from './fixtures/differences.fixture.ts'
import { describeOnServer } from './server.fixture.ts'

const accepted =
  proto.temporal.api.enums.v1.UpdateWorkflowExecutionLifecycleStage
    .UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_ACCEPTED

const fixture = (name: string): string =>
  fileURLToPath(new URL(`./fixtures/${name}.fixture.ts`, import.meta.url))

async function settled<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    await new Promise((again) => setTimeout(again, 50))
  }
}

await describeOnServer('on Temporal', ({ address, stop }) => {
  const opened: Restack[] = []
  const open = (modules: readonly string[], options = {}): Restack => {
    const restack = new Restack({ driver: openTemporalDriver({ address, modules, ...options }) })
    opened.push(restack)
    return restack
  }
  let restack: Restack
  let release = (): void => undefined
  const held = new Promise<void>((resolve) => (release = resolve))
  beforeAll(async () => {
    restack = open([fixture('differences')])
    const functions = { echo: async (text: string) => text, hold: () => held, untilCancelled }
    await restack.startService({
      agents: { ...differences },
      functions,
      threadFunctionsPath: fixture('threads'),
      taskQueue: 'differences',
    })
  })
  afterAll(async () => {
    await Promise.all(opened.map((one) => one.close()))
    await stop()
  })
  const told: string[] = []
  const untilCancelled = async (): Promise<string> => {
    told.push('began')
    try {
      await sleep('1 hour')
    } finally {
      told.push('ended')
    }
    return 'never'
  }
  const start = (agentName: string, agentId: string): Promise<string> =>
    restack.scheduleAgent({ agentName, agentId, taskQueue: 'differences' })

  it('an agent that no module exports is refused when the service starts', async () => {
    const localAgent = async (): Promise<void> => undefined
    await expect(
      open([fixture('differences')]).startService({ agents: { localAgent } }),
    ).rejects.toMatchObject({
      code: 'TEMPORAL_NOT_EXPORTED',
      message: expect.stringContaining('localAgent'),
    })
  })

  it('a Node builtin in an agent file is refused when the service starts, with the file', async () => {
    const agents = { readingAgent: async () => '' }
    await expect(open([fixture('reads-file')]).startService({ agents })).rejects.toMatchObject({
      code: 'TEMPORAL_BUNDLE',
      message: expect.stringMatching(/reads-file\.fixture\.ts imports fs/),
    })
  })

  it('setTimeout in agent code is a durable timer', async () => {
    await start('timeoutAgent', 'timeout-1')
    expect(await restack.getAgentResult({ agentId: 'timeout-1' })).toBe('waited')
    const { events } = await restack.history({ id: 'timeout-1' })
    expect(events.map(({ type }) => type)).toContain('TimerStarted')
  })

  it('a rejection that the agent leaves unhandled suspends the run', async () => {
    await start('carelessAgent', 'careless-1')
    const { fault } = await settled(async () => {
      const description = await restack.describe({ id: 'careless-1' })
      return description.status === 'suspended' ? description : undefined
    })
    expect(fault?.message).toContain('nobody looks')
    await restack.terminate({ id: 'careless-1' })
  })

  it('workers beat for functions of the run’s own service, not for those elsewhere or with a timeout of their own', async () => {
    await restack.scheduleAgent({
      agentName: 'beatenForAgent',
      agentId: 'beaten-1',
      input: 'elsewhere',
      taskQueue: 'differences',
    })
    await restack.getAgentResult({ agentId: 'beaten-1' })
    const connection = await Connection.connect({ address })
    const { events } = await new Client({ connection }).workflow.getHandle('beaten-1').fetchHistory()
    await connection.close()
    const timeouts = (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: scheduled }) =>
      scheduled == null ? [] : [Number(scheduled.heartbeatTimeout?.seconds ?? 0)],
    )
    expect(timeouts).toEqual([10, 60, 0])
  })

  it('a run cannot be forked under a new id', async () => {
    await expect(restack.fork({ id: 'timeout-1', seq: 1, newId: 'fork' })).rejects.toMatchObject({
      code: 'TEMPORAL_UNSUPPORTED',
    })
  })

  it('of one run ten events are in flight at a time; further ones wait until one is answered', async () => {
    await start('holdingAgent', 'holding-1')
    const hold = { event: { name: 'hold' }, agent: { agentId: 'holding-1' } }
    for (let n = 0; n < 10; n += 1) await restack.sendAgentEvent(hold, { waitForCompletion: false })
    const eleventh = restack.sendAgentEvent(hold, { waitForCompletion: false })
    const connection = await Connection.connect({ address, interceptors: [] })
    const twelfth = connection.workflowService.updateWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: 'holding-1' },
      waitPolicy: { lifecycleStage: accepted },
      request: { meta: { updateId: 'twelfth' }, input: { name: 'hold' } },
    })
    await expect(twelfth).rejects.toMatchObject({ code: 8 }) // resource exhausted
    await connection.close()
    release()
    await eleventh
    expect(await restack.getAgentResult({ agentId: 'holding-1' })).toBe(11)
  })

  it('a child runs on exactly the queue that is named, and goes with its parent moments after that', async () => {
    await restack.scheduleAgent({
      agentName: 'queuesAgent',
      agentId: 'queues-1',
      input: 'nobody-serves-this',
      taskQueue: 'differences',
    })
    expect(await restack.getAgentResult({ agentId: 'queues-1' })).toBe('waited')
    // Its agent is registered, on another queue; it never begins, and the server ends it for its parent.
    const ended = await settled(async () => {
      const description = await restack.describe({ id: 'child-elsewhere' })
      return description.status === 'running' ? undefined : description
    })
    expect(ended).toMatchObject({ status: 'terminated', taskQueue: 'nobody-serves-this' })
    const { events } = await restack.history({ id: 'child-elsewhere' })
    expect(events.map(({ type }) => type)).toEqual(['Started', 'RunTerminated'])
    const listed = await settled(async () => {
      const found = await restack.list({ id: 'child-elsewhere', status: 'terminated' })
      return found.length === 0 ? undefined : found
    })
    expect(listed).toMatchObject([{ id: 'child-elsewhere', parent: { id: 'queues-1' } }])
  })

  it('a function hears of its cancellation with a heartbeat that it need not send', async () => {
    await start('cancelledStepAgent', 'cancelled-1')
    await settled(async () => (told.includes('began') ? true : undefined))
    await restack.cancel({ id: 'cancelled-1' })
    await expect(restack.getAgentResult({ agentId: 'cancelled-1' })).rejects.toMatchObject({
      code: 'ENGINE_CANCELLED',
    })
    await settled(async () => (told.includes('ended') ? true : undefined))
  })

  it('functions of threadFunctionsPath run in the thread of the worker', async () => {
    await start('threadAgent', 'thread-1')
    const where: unknown = await restack.getAgentResult({ agentId: 'thread-1' })
    expect(where).toBe('the thread of the worker')
  })

  it('a rolling deploy leaves runs under way on their path, and new runs take the new one', async () => {
    const functions = { echo: async (text: string) => text }
    const serve = async (version: string): Promise<Restack> => {
      const engine = open([fixture(`rolling-${version}`)])
      const { rollingAgent } = (await import(`./fixtures/rolling-${version}.fixture.ts`)) as {
        rollingAgent: () => unknown
      }
      await engine.startService({ agents: { rollingAgent }, functions })
      return engine
    }
    const first = await serve('1')
    await first.scheduleAgent({ agentName: 'rollingAgent', agentId: 'rolling-old' })
    await settled(async () => {
      const { events } = await first.history({ id: 'rolling-old' })
      return events.find(({ type }) => type === 'StepCompleted')
    })
    const second = await serve('2')
    await first.close()
    await second.scheduleAgent({ agentName: 'rollingAgent', agentId: 'rolling-new' })
    for (const agentId of ['rolling-old', 'rolling-new']) {
      await second.sendAgentEvent({ event: { name: 'go' }, agent: { agentId } })
    }
    expect(await second.getAgentResult({ agentId: 'rolling-old' })).toEqual(['first', 'old way'])
    expect(await second.getAgentResult({ agentId: 'rolling-new' })).toEqual(['new first', 'new way'])
    await second.close()
  })

  it('with a codec the server stores nothing that can be read', async () => {
    const key = Buffer.alloc(32, 7)
    const sealed = open([fixture('rolling-1')], { payloadCodecs: [aesGcmCodec({ key, keyId: 'k' })] })
    const { rollingAgent } = await import('./fixtures/rolling-1.fixture.ts')
    const functions = { echo: async (text: string) => `${text} in secret` }
    await sealed.startService({ agents: { rollingAgent }, functions, taskQueue: 'sealed' })
    // The default queue of steps is restack; this service stands on it as well.
    await sealed.startService({ functions })
    await sealed.scheduleAgent({ agentName: 'rollingAgent', agentId: 'sealed-1', taskQueue: 'sealed' })
    await sealed.sendAgentEvent({ event: { name: 'go' }, agent: { agentId: 'sealed-1' } })
    expect(await sealed.getAgentResult({ agentId: 'sealed-1' })).toEqual([
      'first in secret',
      'old way in secret',
    ])
    await expect(restack.history({ id: 'sealed-1' })).rejects.toThrow()
  })
})
