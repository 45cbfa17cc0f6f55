import assert from 'node:assert/strict'
import { conformanceCase, eventually, type ConformanceCase, type Harness } from './harness.ts'

async function execute(
  { restack }: Harness,
  agentName: string,
  agentId: string,
  input?: unknown,
): Promise<unknown> {
  await restack.scheduleAgent({ agentName, agentId, input })
  return restack.getAgentResult({ agentId })
}

type Said = Record<string, { code?: string; message: string; name?: string; cause?: Record<string, unknown> }>

export const runCases: readonly ConformanceCase[] = [
  conformanceCase('steps run in parallel and answer in the order of the calls', async (harness, id) => {
    assert.deepEqual(
      await execute(harness, 'parallelAgent', id, 20),
      Array.from({ length: 20 }, (_, n) => n * 2),
    )
  }),
  conformanceCase('a failed step says what failed, after how many attempts, and why', async (harness, id) => {
    const said = (await execute(harness, 'failuresAgent', id)) as Said
    assert.equal(said['usedUp']?.code, 'ENGINE_STEP_FAILED')
    assert.equal(said['usedUp'].message, 'Step failing failed after 3 attempts: out of order')
    assert.equal(said['usedUp'].cause?.['name'], 'TypeError')
    assert.equal(said['fatal']?.message, 'Step fatal failed: no such customer')
    const { name, type, details } = said['fatal'].cause ?? {}
    assert.deepEqual(
      { name, type, details },
      { name: 'FunctionFailure', type: 'NotFound', details: [{ id: 7 }] },
    )
    assert.equal(said['named']?.message, 'Step failing failed: out of order')
    assert.equal(said['timedOut']?.cause?.['code'], 'ENGINE_STEP_TIMEOUT')
    assert.match(String(said['timedOut'].cause['message']), /startToCloseTimeout of 300 ms passed/)
    assert.equal(said['invalid']?.cause?.['code'], 'ENGINE_INPUT_INVALID')
    assert.equal(said['notJson']?.code, 'ENGINE_PAYLOAD_NOT_JSON')
    assert.equal(said['tooLarge']?.code, 'ENGINE_PAYLOAD_TOO_LARGE')
    assert.equal(said['hugeResult']?.cause?.['code'], 'ENGINE_PAYLOAD_TOO_LARGE')
  }),
  conformanceCase('attempts share an idempotency key and see the last heartbeat', async (harness, id) => {
    assert.equal(await execute(harness, 'flakyAgent', id, id), 'done')
    const calls = harness.notes.get(id) as {
      attempt: number
      heartbeatDetails: unknown
      idempotencyKey: string
    }[]
    assert.deepEqual(
      calls.map(({ attempt }) => attempt),
      [1, 2, 3],
    )
    assert.deepEqual(
      calls.map(({ heartbeatDetails }) => heartbeatDetails),
      [undefined, { page: 1 }, { page: 2 }],
    )
    assert.equal(new Set(calls.map(({ idempotencyKey }) => idempotencyKey)).size, 1)
    assert.match(calls[0]?.idempotencyKey ?? '', /^[0-9a-f-]{36}:step:\d+$/)
  }),
  conformanceCase(
    'steps that nobody awaits are still done, and their failure hurts nobody',
    async (harness, id) => {
      assert.equal(await execute(harness, 'forgetfulAgent', id, id), 'returned')
      await eventually(async () => harness.notes.get(id), 'the step that nobody awaits')
    },
  ),
  conformanceCase('an error of the code fails the run, with type and details', async (harness, id) => {
    await assert.rejects(
      execute(harness, 'throwingAgent', `${id}-1`, 'plain'),
      (error: Error & { code: string }) => {
        assert.equal(error.code, 'ENGINE_RUN_FAILED')
        assert.equal((error.cause as Error).name, 'RangeError')
        assert.equal(error.message, `Run ${id}-1 failed: too far`)
        return true
      },
    )
    await assert.rejects(execute(harness, 'throwingAgent', `${id}-2`, 'agent'), (error: Error) => {
      const { name, type, details } = error.cause as Error & { type: string; details: unknown[] }
      assert.deepEqual(
        { name, type, details },
        { name: 'AgentError', type: 'Closed', details: [{ since: 1999 }] },
      )
      return true
    })
  }),
  conformanceCase(
    'input is checked before the body runs, with defaults; output after it',
    async (harness, id) => {
      assert.deepEqual(await execute(harness, 'checkedAgent', `${id}-1`, {}), { answer: 'nobody' })
      await assert.rejects(execute(harness, 'checkedAgent', `${id}-2`, { name: 7 }), {
        code: 'ENGINE_INPUT_INVALID',
      })
      await assert.rejects(execute(harness, 'checkedAgent', `${id}-3`, { name: 'bad' }), (error: Error) => {
        assert.equal((error.cause as { code?: string }).code, 'ENGINE_OUTPUT_INVALID')
        return true
      })
    },
  ),
  conformanceCase('an id that runs is refused, a closed one may be used again', async (harness, id) => {
    const { restack } = harness
    await restack.scheduleAgent({ agentName: 'concierge', agentId: id })
    await assert.rejects(restack.scheduleAgent({ agentName: 'concierge', agentId: id }), {
      code: 'ENGINE_ID_IN_USE',
    })
    await restack.sendAgentEvent({ event: { name: 'end' }, agent: { agentId: id } })
    await restack.getAgentResult({ agentId: id })
    await assert.rejects(
      restack.sendAgentEvent({ event: { name: 'end' }, agent: { agentId: id } }),
      (error: Error) => {
        assert.equal((error as Error & { code: string }).code, 'ENGINE_RUN_CLOSED')
        assert.match(error.message, /already completed/)
        return true
      },
    )
    await restack.scheduleAgent({ agentName: 'concierge', agentId: id })
    await restack.terminate({ id })
  }),
  conformanceCase('a run that nobody started is not found', async ({ restack }, id) => {
    const missing = { code: 'ENGINE_RUN_NOT_FOUND' }
    await assert.rejects(restack.getAgentResult({ agentId: id }), missing)
    await assert.rejects(restack.sendAgentEvent({ event: { name: 'x' }, agent: { agentId: id } }), missing)
    await assert.rejects(restack.getAgentState({ agentId: id, stateName: 'x' }), missing)
    await assert.rejects(restack.describe({ id }), missing)
    await assert.rejects(restack.cancel({ id }), missing)
  }),
  conformanceCase('a run knows its ids, queue and memo', async (harness, id) => {
    const runId = await harness.restack.scheduleAgent({
      agentName: 'infoAgent',
      agentId: id,
      memo: { tenant: 'acme' },
    })
    assert.deepEqual(await harness.restack.getAgentResult({ agentId: id }), {
      workflowId: id,
      agentId: id,
      workflowType: 'infoAgent',
      taskQueue: 'restack',
      runId,
      memo: { tenant: 'acme' },
      history: true,
      parent: null,
    })
  }),
  conformanceCase('runs can be listed, described and read event by event', async (harness, id) => {
    const { restack } = harness
    await execute(harness, 'checkedAgent', id, { name: 'Ada' })
    const listed = await eventually(async () => {
      const [found] = await restack.list({ id: `${id}*`, kind: 'agent', status: 'completed' })
      return found
    }, 'the run in the list')
    assert.equal(listed.type, 'checkedAgent')
    assert.equal((await restack.list({ id: `${id}*`, kind: 'workflow' })).length, 0)
    const described = await restack.describe({ id })
    assert.deepEqual(
      [described.status, described.kind, described.taskQueue],
      ['completed', 'agent', 'restack'],
    )
    const { events, status } = await restack.history({ id })
    assert.equal(status, 'completed')
    assert.deepEqual(events.at(0)?.type, 'Started')
    assert.deepEqual([events.at(-1)?.type, events.at(-1)?.data], ['RunCompleted', { answer: 'Ada' }])
  }),
  conformanceCase('what services offer is known without loading their code', async ({ restack }) => {
    const found = await eventually(async () => {
      const registration = (await restack.registrations()).find(({ name }) => name === 'checkedAgent')
      return registration?.live === true ? registration : undefined
    }, 'the registration of checkedAgent')
    assert.deepEqual(
      [found.kind, found.taskQueue, found.description],
      ['agent', 'restack', 'Answers with the name'],
    )
  }),
  conformanceCase(
    'log lines carry the ids and are written once, whatever is replayed',
    async (harness, id) => {
      const { restack } = harness
      await restack.scheduleAgent({ agentName: 'loggingAgent', agentId: id, input: id })
      await eventually(async () => harness.lines.find(({ fields }) => fields['key'] === id), 'the first line')
      await harness.restart()
      await harness.restack.sendAgentEvent({ event: { name: 'go' }, agent: { agentId: id } })
      assert.equal(await harness.restack.getAgentResult({ agentId: id }), true)
      await eventually(
        async () =>
          harness.lines.some(({ message, fields }) => message === 'after' && fields['key'] === id)
            ? true
            : undefined,
        'the last line',
      )
      const own = harness.lines.filter(({ fields }) => fields['key'] === id)
      assert.deepEqual(
        own.map(({ level, message }) => [level, message]),
        [
          ['info', 'before'],
          ['warn', 'after'],
        ],
      )
      assert.equal(own[0]?.fields['workflowId'], id)
    },
  ),
  conformanceCase('chunks of a function reach who watches the run', async ({ restack }, id) => {
    const chunks: unknown[] = []
    await restack.scheduleAgent({ agentName: 'chunkAgent', agentId: id })
    const stop = restack.onChunk({ id }, ({ chunk }) => chunks.push(chunk))
    await restack.sendAgentEvent({ event: { name: 'go' }, agent: { agentId: id } })
    assert.equal(await restack.getAgentResult({ agentId: id }), 2)
    stop()
    assert.deepEqual(chunks, [{ text: 'one' }, { text: 'two' }])
  }),
]
