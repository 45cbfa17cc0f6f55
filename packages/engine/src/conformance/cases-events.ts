import assert from 'node:assert/strict'
import type { Restack } from '../client/restack.ts'
import { conformanceCase, eventually, stateOf, type ConformanceCase } from './harness.ts'

const send = (restack: Restack, agentId: string, name: string, input?: unknown): Promise<unknown> =>
  restack.sendAgentEvent({ event: { name, input }, agent: { agentId } })

export const eventCases: readonly ConformanceCase[] = [
  conformanceCase('events are answered beside the main function and one another', async ({ restack }, id) => {
    await restack.scheduleAgent({ agentName: 'concierge', agentId: id })
    const answers = await Promise.all(
      ['Ada', 'Grace', 'Edsger'].map((text) => send(restack, id, 'message', { text })),
    )
    assert.deepEqual(answers, ['hello Ada', 'hello Grace', 'hello Edsger'])
    assert.equal(await send(restack, id, 'end'), 'ending')
    assert.deepEqual((await restack.getAgentResult<string[]>({ agentId: id })).toSorted(), [
      'Ada',
      'Edsger',
      'Grace',
    ])
  }),
  conformanceCase(
    'events wait for a handler that is registered later, in their order',
    async ({ restack }, id) => {
      await restack.scheduleAgent({ agentName: 'lateAgent', agentId: id, input: 500 })
      const first = send(restack, id, 'early', 'one')
      await eventually(
        async () => ((await restack.history({ id })).events.length > 0 ? true : undefined),
        'a history',
      )
      assert.equal(await first, 1)
      assert.equal(await send(restack, id, 'early', 'two'), 2)
      assert.deepEqual(await restack.getAgentResult({ agentId: id }), ['one', 'two'])
    },
  ),
  conformanceCase('events that wait for their handler survive a restart', async (harness, id) => {
    await harness.restack.scheduleAgent({ agentName: 'lateAgent', agentId: id, input: 1_500 })
    for (const input of ['one', 'two']) {
      await harness.restack.sendAgentEvent(
        { event: { name: 'early', input }, agent: { agentId: id } },
        { waitForCompletion: false },
      )
    }
    await harness.restart()
    assert.deepEqual(await harness.restack.getAgentResult({ agentId: id }), ['one', 'two'])
  }),
  conformanceCase(
    'an event that nobody will handle is refused with the names that are handled',
    async ({ restack }, id) => {
      await restack.scheduleAgent({ agentName: 'concierge', agentId: id })
      await assert.rejects(send(restack, id, 'massage'), (error: Error & { code: string }) => {
        assert.equal(error.code, 'ENGINE_UNKNOWN_EVENT')
        assert.match(error.message, /message, end/)
        return true
      })
      await restack.terminate({ id })
    },
  ),
  conformanceCase(
    'a handler that throws rejects its sender, and the run goes on',
    async ({ restack }, id) => {
      await restack.scheduleAgent({ agentName: 'concierge', agentId: id })
      await assert.rejects(
        send(restack, id, 'message', { text: 'fail' }),
        (error: Error & { code: string }) => {
          assert.equal(error.code, 'ENGINE_EVENT_FAILED')
          const { name, message, type, details } = error.cause as Error & { type: string; details: unknown[] }
          assert.deepEqual([name, message, type, details], ['AgentError', 'not today', 'Closed', ['at noon']])
          return true
        },
      )
      assert.equal(await send(restack, id, 'message', { text: 'Ada' }), 'hello Ada')
      await restack.terminate({ id })
    },
  ),
  conformanceCase(
    'events are checked against their schema, with defaults applied',
    async ({ restack }, id) => {
      await restack.scheduleAgent({ agentName: 'concierge', agentId: id })
      assert.equal(await send(restack, id, 'message', {}), 'hello nothing')
      await assert.rejects(send(restack, id, 'message', { text: 7 }), { code: 'ENGINE_EVENT_INVALID' })
      await restack.terminate({ id })
    },
  ),
  conformanceCase('two sends with one id are one event', async ({ restack }, id) => {
    await restack.scheduleAgent({ agentName: 'concierge', agentId: id })
    const event = { event: { name: 'message', input: { text: 'once' } }, agent: { agentId: id } }
    const eventId = `${id}-event`
    assert.equal(await restack.sendAgentEvent(event, { eventId }), 'hello once')
    assert.equal(await restack.sendAgentEvent(event, { eventId }), 'hello once')
    assert.deepEqual(await restack.getAgentState({ agentId: id, stateName: 'heard' }), ['once'])
    await restack.terminate({ id })
  }),
  conformanceCase('an event that is not waited for is accepted at once', async ({ restack }, id) => {
    const runId = await restack.scheduleAgent({ agentName: 'concierge', agentId: id })
    const handle = await restack.sendAgentEvent<Record<string, string>>(
      { event: { name: 'message', input: { text: 'Ada' } }, agent: { agentId: id } },
      { waitForCompletion: false },
    )
    assert.deepEqual([handle['workflowId'], handle['workflowRunId']], [id, runId])
    await eventually(
      async () => (((await stateOf(restack, id, 'heard')) as unknown[]).length === 1 ? true : undefined),
      'the event',
    )
    await restack.terminate({ id })
  }),
  conformanceCase(
    'a start may bring an event; where the id runs already, it is sent there',
    async ({ restack }, id) => {
      const start = (text: string): Promise<string> =>
        restack.scheduleAgent({
          agentName: 'concierge',
          agentId: id,
          event: { name: 'message', input: { text } },
        })
      const runId = await start('first')
      assert.equal(await start('second'), runId)
      await eventually(
        async () => (((await stateOf(restack, id, 'heard')) as unknown[]).length === 2 ? true : undefined),
        'both events',
      )
      assert.deepEqual(await restack.getAgentState({ agentId: id, stateName: 'heard' }), ['first', 'second'])
      await restack.terminate({ id })
    },
  ),
  conformanceCase(
    'events go from agent to agent and come back with the answer or its error',
    async ({ restack }, id) => {
      await restack.scheduleAgent({ agentName: 'concierge', agentId: `${id}-a` })
      await restack.scheduleAgent({ agentName: 'senderAgent', agentId: `${id}-b`, input: `${id}-a` })
      const said = await restack.getAgentResult<Record<string, Record<string, unknown>>>({
        agentId: `${id}-b`,
      })
      assert.equal(said['answer'], 'hello Ada')
      assert.deepEqual([said['failure']?.['name'], said['failure']?.['message']], ['AgentError', 'not today'])
      assert.equal(said['missing']?.['code'], 'ENGINE_RUN_NOT_FOUND')
      await restack.terminate({ id: `${id}-a` })
    },
  ),
  conformanceCase(
    'a function may send an event to its own agent, which waits for the function',
    async ({ restack }, id) => {
      await restack.scheduleAgent({ agentName: 'selfTalkAgent', agentId: id })
      assert.deepEqual(await restack.getAgentResult({ agentId: id }), { heard: 'me', answer: 'heard' })
    },
  ),
  conformanceCase(
    'the code goes on after each event, also when many arrive at once',
    async ({ restack }, id) => {
      await restack.scheduleAgent({ agentName: 'countingAgent', agentId: id, input: 8 })
      await Promise.all(Array.from({ length: 8 }, (_, item) => send(restack, id, 'item', item)))
      assert.deepEqual(
        await restack.getAgentResult({ agentId: id }),
        Array.from({ length: 8 }, () => 1),
      )
    },
  ),
  conformanceCase(
    'conditions are tried one by one, so that each that goes on finds its own true',
    async ({ restack }, id) => {
      await restack.scheduleAgent({ agentName: 'tokenAgent', agentId: id })
      assert.deepEqual(await restack.getAgentResult({ agentId: id }), ['first:0', 'second:0'])
    },
  ),
  conformanceCase(
    'states are read while the run goes on and after it has closed, and only read',
    async ({ restack }, id) => {
      await restack.scheduleAgent({ agentName: 'concierge', agentId: id })
      await send(restack, id, 'message', { text: 'Ada' })
      const heard = { agentId: id, stateName: 'heard' }
      assert.deepEqual(await restack.getAgentState(heard), ['Ada'])
      await assert.rejects(restack.getAgentState({ agentId: id, stateName: 'mood' }), {
        code: 'ENGINE_UNKNOWN_STATE',
      })
      await assert.rejects(
        restack.getAgentState({ agentId: id, stateName: 'acting' }),
        /while a state was read/,
      )
      assert.deepEqual(await restack.getAgentState(heard), ['Ada'])
      await send(restack, id, 'end')
      await restack.getAgentResult({ agentId: id })
      assert.deepEqual(await restack.getAgentState(heard), ['Ada'])
    },
  ),
]
