import assert from 'node:assert/strict'
import type { Restack } from '../client/restack.ts'
import { conformanceCase, eventually, stateOf, type ConformanceCase } from './harness.ts'

type Said = Record<string, { code?: string; message: string; cause?: { message?: string; type?: string } }>

async function statusOf(restack: Restack, id: string): Promise<string> {
  return (await restack.describe({ id })).status
}

export const lifeCases: readonly ConformanceCase[] = [
  conformanceCase(
    'time, randomness and ids are those of the run, also after a restart',
    async (harness, id) => {
      await harness.restack.scheduleAgent({ agentName: 'timeAgent', agentId: id })
      const before = await stateOf(harness.restack, id, 'values')
      await harness.restart()
      assert.deepEqual(await stateOf(harness.restack, id, 'values'), before)
      await eventually(
        async () => ((await stateOf(harness.restack, id, 'waited')) === true ? true : undefined),
        'the timeout',
      )
      await harness.restack.sendAgentEvent({ event: { name: 'go' }, agent: { agentId: id } })
      const { values, ...waited } = await harness.restack.getAgentResult<{
        values: unknown[]
      }>({ agentId: id })
      assert.deepEqual(values, before)
      assert.deepEqual(waited, { timedOut: false, held: true })
    },
  ),
  conformanceCase(
    'children run by function and by name, and answer, fail or are refused',
    async ({ restack }, id) => {
      await restack.scheduleAgent({ agentName: 'parentAgent', agentId: id, input: id })
      const result = await restack.getAgentResult<Record<string, unknown>>({ agentId: id })
      assert.deepEqual(result['started'], [`${id}-started`, 'string'])
      assert.equal(result['handle'], `child of ${id}: b`)
      assert.equal(result['byFunction'], `child of ${id}: c`)
      assert.equal(result['byName'], `child of ${id}: d`)
      const said = result as Said
      assert.equal(said['failed']?.code, 'ENGINE_CHILD_FAILED')
      assert.deepEqual(
        [said['failed'].cause?.message, said['failed'].cause?.type],
        ['the child fails', 'ChildTrouble'],
      )
      assert.equal(said['inUse']?.code, 'ENGINE_ID_IN_USE')
    },
  ),
  conformanceCase('children follow the policy of their parent when it closes', async ({ restack }, id) => {
    await restack.scheduleAgent({ agentName: 'leavingAgent', agentId: id, input: id })
    await restack.getAgentResult({ agentId: id })
    await assert.rejects(restack.getAgentResult({ agentId: `${id}-terminated` }), {
      code: 'ENGINE_TERMINATED',
    })
    await assert.rejects(restack.getAgentResult({ agentId: `${id}-cancelled` }), { code: 'ENGINE_CANCELLED' })
    assert.equal(await statusOf(restack, `${id}-abandoned`), 'running')
    await restack.terminate({ id: `${id}-abandoned` })
  }),
  conformanceCase(
    'continue-as-new waits for handlers, keeps the id, and takes undelivered events along',
    async ({ restack }, id) => {
      const runId = await restack.scheduleAgent({
        agentName: 'roundsAgent',
        agentId: id,
        input: { round: 0, heard: [] },
      })
      const agent = { agentId: id }
      const late = restack.sendAgentEvent({ event: { name: 'late', input: 'for the last round' }, agent })
      assert.equal(await restack.sendAgentEvent({ event: { name: 'next', input: 'a' }, agent }), 0)
      await eventually(
        async () => ((await stateOf(restack, id, 'round')) === 1 ? true : undefined),
        'round 1',
      )
      assert.equal(
        await restack.sendAgentEvent({ event: { name: 'next', input: 'b' }, agent: { agentId: id, runId } }),
        1,
      )
      assert.equal(await late, 'late in round 2')
      const result = await restack.getAgentResult<Record<string, unknown>>({ agentId: id, runId })
      assert.deepEqual(
        [result['round'], result['heard'], result['late']],
        [2, ['a', 'b'], 'for the last round'],
      )
      assert.equal(result['first'], runId)
      assert.notEqual(result['run'], runId)
      assert.equal((await restack.describe({ id, runId })).status, 'continued-as-new')
    },
  ),
  conformanceCase(
    'cancelling rejects what a run waits for, lets it clean up, and ends it as cancelled',
    async ({ restack, notes }, id) => {
      await restack.scheduleAgent({ agentName: 'cancelledAgent', agentId: id, input: id })
      await restack.cancel({ id })
      await assert.rejects(restack.getAgentResult({ agentId: id }), { code: 'ENGINE_CANCELLED' })
      assert.equal(await statusOf(restack, id), 'cancelled')
      assert.deepEqual(notes.get(id), [{ cleanUp: true }])
    },
  ),
  conformanceCase(
    'cancelling a scope rejects what began inside, and nothing else',
    async ({ restack }, id) => {
      await restack.scheduleAgent({ agentName: 'scopeAgent', agentId: id })
      const said = await restack.getAgentResult<{
        inside: { code: string }
        outside: string
      }>({ agentId: id })
      assert.deepEqual([said.inside.code, said.outside], ['ENGINE_CANCELLED', 'slept'])
    },
  ),
  conformanceCase(
    'cancelling reaches children and waits until they have cleaned up',
    async ({ restack, notes }, id) => {
      await restack.scheduleAgent({ agentName: 'cancellingParent', agentId: id, input: id })
      await eventually(
        async () => restack.describe({ id: `${id}-child` }).catch(() => undefined),
        'the child',
      )
      await restack.cancel({ id })
      const said = await restack.getAgentResult<{ code: string }>({ agentId: id })
      assert.equal(said.code, 'ENGINE_CANCELLED')
      assert.deepEqual(notes.get(`${id}-child`), [{ cleanUp: true }])
      assert.equal(await statusOf(restack, `${id}-child`), 'cancelled')
    },
  ),
  conformanceCase('terminating gives the code no chance', async ({ restack, notes }, id) => {
    await restack.scheduleAgent({ agentName: 'cancelledAgent', agentId: id, input: id })
    await restack.terminate({ id, reason: 'enough' })
    await assert.rejects(restack.getAgentResult({ agentId: id }), (error: Error & { code: string }) => {
      assert.equal(error.code, 'ENGINE_TERMINATED')
      assert.match(error.message, /enough/)
      return true
    })
    assert.equal(notes.get(id), undefined)
  }),
  conformanceCase('a schedule starts runs until it is paused or deleted', async ({ restack, notes }, id) => {
    const spec = { intervals: [{ every: '1s' }] }
    await restack.scheduleWorkflow({
      workflowName: 'tickWorkflow',
      workflowId: id,
      input: id,
      schedule: spec,
    })
    await assert.rejects(
      restack.scheduleWorkflow({ workflowName: 'tickWorkflow', workflowId: id, schedule: spec }),
      { code: 'ENGINE_ID_IN_USE' },
    )
    const ticks = await eventually(
      async () => ((notes.get(id)?.length ?? 0) >= 2 ? notes.get(id) : undefined),
      'two ticks',
    )
    assert.match(String(ticks[0]), new RegExp(`^${id}-\\d{4}-\\d\\d-\\d\\dT`))
    const described = await restack.schedules.describe(id)
    assert.deepEqual([described.spec, described.paused, described.target.type], [spec, false, 'tickWorkflow'])
    assert.ok(described.lastRun !== undefined && described.nextAt !== undefined)
    await restack.schedules.pause(id, 'holidays')
    const paused = await restack.schedules.describe(id)
    assert.deepEqual([paused.paused, paused.note], [true, 'holidays'])
    const { id: triggered } = await restack.schedules.trigger(id)
    await restack.getWorkflowResult({ workflowId: triggered })
    assert.ok(notes.get(id)?.includes(triggered))
    const edited = { calendars: [{ dayOfWeek: '*', hour: 17 }], timezone: 'Europe/Berlin' }
    await restack.schedules.edit(id, edited)
    assert.deepEqual((await restack.schedules.describe(id)).spec, edited)
    await eventually(
      async () => ((await restack.schedules.list()).some((one) => one.id === id) ? true : undefined),
      'the list',
    )
    await restack.schedules.delete(id)
    await assert.rejects(restack.schedules.describe(id), { code: 'ENGINE_SCHEDULE_NOT_FOUND' })
    await assert.rejects(restack.schedules.create({ id, spec: {}, target: paused.target }), {
      code: 'ENGINE_SCHEDULE_INVALID',
    })
  }),
  conformanceCase('a scheduled run may bring an event', async ({ restack }, id) => {
    const event = { name: 'message', input: { text: 'scheduled' } }
    await restack.scheduleAgent({
      agentName: 'concierge',
      agentId: id,
      event,
      schedule: { intervals: [{ every: '1 day' }] },
    })
    const { id: agentId } = await restack.schedules.trigger(id)
    await eventually(
      async () => (((await stateOf(restack, agentId, 'heard')) as unknown[]).length === 1 ? true : undefined),
      'the event',
    )
    await restack.terminate({ id: agentId })
    await restack.schedules.delete(id)
  }),
]
