import { describe, expect, it } from '@jest/globals'
import { z } from 'zod'
import {
  agentContinueAsNew,
  AgentError,
  agentInfo,
  allEventsFinished,
  cancelScope,
  childExecute,
  childStart,
  condition,
  defineEvent,
  defineState,
  executeChild,
  externalAgent,
  isEngineError,
  log,
  onEvent,
  onState,
  patched,
  shouldContinueAsNew,
  sleep,
  startChild,
  step,
  uuid,
} from '../src/agent.ts'
import { FunctionFailure, functionInfo, heartbeat } from '../src/function.ts'
import type { LogSink } from '../src/index.ts'
import { createTestEngine } from '../src/testing.ts'

const message = defineEvent('message')
const end = defineEvent('end')

describe('steps', () => {
  const functions = {
    double: async (n: number) => n * 2,
    failing: async () => {
      throw new Error('out of order')
    },
    fatal: async () => {
      throw FunctionFailure.nonRetryable('no such customer', 'NotFound', { id: 7 })
    },
  }
  type F = typeof functions

  it('run in parallel and answer in the order of the calls', async () => {
    async function manyAgent(): Promise<number[]> {
      return Promise.all(Array.from({ length: 100 }, (_, index) => step<F>().double(index)))
    }
    await using engine = await createTestEngine({ agents: { manyAgent }, functions })
    expect(await engine.execute(manyAgent)).toEqual(Array.from({ length: 100 }, (_, index) => index * 2))
  })

  it('are tried again with growing pauses until the attempts are used up', async () => {
    async function retryAgent(): Promise<string> {
      try {
        await step<F>({ retry: { initialInterval: '10s', maximumAttempts: 3 } }).failing()
        return 'no error'
      } catch (error) {
        return `${String((error as { code?: string }).code)}: ${(error as Error).message} <- ${String((error as Error).cause)}`
      }
    }
    await using engine = await createTestEngine({ agents: { retryAgent }, functions })
    const before = engine.now.getTime()
    const run = await engine.start(retryAgent)
    expect(await run.result()).toBe(
      'ENGINE_STEP_FAILED: Step failing failed after 3 attempts: out of order <- Error: out of order',
    )
    expect(engine.now.getTime() - before).toBe(30_000)
    expect(await run.steps()).toMatchObject([{ name: 'failing', attempts: 3, status: 'failed' }])
  })

  it('that fail for good are not tried again, and carry type and details', async () => {
    async function fatalAgent(): Promise<unknown> {
      const error = await step<F>()
        .fatal()
        .catch((thrown: unknown) => (thrown as Error).cause)
      const { name, type, details } = error as FunctionFailure
      return { name, type, details, ours: error instanceof FunctionFailure }
    }
    await using engine = await createTestEngine({ agents: { fatalAgent }, functions })
    const run = await engine.start(fatalAgent)
    expect(await run.result()).toEqual({
      name: 'FunctionFailure',
      type: 'NotFound',
      details: [{ id: 7 }],
      ours: true,
    })
    expect((await run.steps())[0]?.attempts).toBe(1)
  })

  it('are not tried again for error types that the policy names', async () => {
    async function namedAgent(): Promise<unknown> {
      return step<F>({ retryPolicy: { nonRetryableErrorTypes: ['Error'] } }).failing()
    }
    await using engine = await createTestEngine({ agents: { namedAgent }, functions })
    const run = await engine.start(namedAgent)
    await expect(run.result()).rejects.toMatchObject({ code: 'ENGINE_RUN_FAILED' })
    expect((await run.steps())[0]?.attempts).toBe(1)
  })

  it('time out: start to close, heartbeat, schedule to close', async () => {
    const hanging = { hang: () => new Promise<never>(() => undefined) }
    async function timeoutAgent(options: object): Promise<string> {
      const once = { retry: { maximumAttempts: 1 }, ...options }
      return step<typeof hanging>(once)
        .hang()
        .catch((error: unknown) => ((error as Error).cause as Error).message)
    }
    await using engine = await createTestEngine({ agents: { timeoutAgent }, functions: hanging })
    for (const [options, text] of [
      [{ startToCloseTimeout: '1m' }, 'startToCloseTimeout of 60000 ms'],
      [{ heartbeatTimeout: '5s' }, 'heartbeatTimeout of 5000 ms'],
      [{ scheduleToCloseTimeout: '7s' }, 'ToCloseTimeout of 7000 ms'],
    ] as const) {
      const run = await engine.start(timeoutAgent, options)
      await engine.advance('2m')
      expect(await run.result()).toContain(text)
    }
  })

  it('find the details of the last heartbeat in the next attempt, and one idempotency key', async () => {
    const seen: unknown[] = []
    const beating = {
      resume: async () => {
        const { attempt, heartbeatDetails, idempotencyKey } = functionInfo()
        seen.push([attempt, heartbeatDetails, idempotencyKey])
        heartbeat({ page: attempt * 10 })
        if (attempt < 3) throw new Error('again')
        return 'done'
      },
    }
    async function resumeAgent(): Promise<string> {
      return step<typeof beating>().resume()
    }
    await using engine = await createTestEngine({ agents: { resumeAgent }, functions: beating })
    const run = await engine.start(resumeAgent)
    await run.result()
    const key = `${run.runId}:step:1`
    expect(seen).toEqual([
      [1, undefined, key],
      [2, { page: 10 }, key],
      [3, { page: 20 }, key],
    ])
  })

  it('that nobody awaits still run, and their failure hurts nobody', async () => {
    const done: number[] = []
    const background = { note: async (n: number) => done.push(n), failing: functions.failing }
    async function hastyAgent(): Promise<string> {
      void step<typeof background>().note(1)
      void step<typeof background>({ retry: { maximumAttempts: 1 } }).failing()
      await sleep(10)
      void step<typeof background>().note(2)
      return 'done'
    }
    await using engine = await createTestEngine({ agents: { hastyAgent }, functions: background })
    expect(await engine.execute(hastyAgent)).toBe('done')
    await engine.settle()
    expect(done).toEqual([1, 2])
  })

  it('check input and output against their schemas', async () => {
    const checked = {
      strict: Object.assign(async (input: { n: number }) => input.n as unknown, {
        input: z.object({ n: z.number().default(4) }),
        output: z.number().max(9),
      }),
    }
    async function checkAgent(n?: unknown): Promise<unknown> {
      const once = { retry: { maximumAttempts: 1 } }
      return step<typeof checked>(once)
        .strict({ n } as { n: number })
        .catch((error: unknown) => ((error as Error).cause as { code: string }).code)
    }
    await using engine = await createTestEngine({ agents: { checkAgent }, functions: checked })
    expect(await engine.execute(checkAgent)).toBe(4)
    expect(await engine.execute(checkAgent, 'x')).toBe('ENGINE_INPUT_INVALID')
    expect(await engine.execute(checkAgent, 10)).toBe('ENGINE_OUTPUT_INVALID')
  })

  it('whose name nobody knows fail at once in a test, with the names that are known', async () => {
    async function typoAgent(): Promise<unknown> {
      return step<Record<string, () => Promise<unknown>>>({ taskQueue: 'elsewhere' })['duoble']?.()
    }
    await using engine = await createTestEngine({ agents: { typoAgent }, functions })
    await expect(engine.execute(typoAgent)).rejects.toThrow(
      'There is no function duoble; registered: [double, failing, fatal]',
    )
  })

  it('refuse payloads above 2 MB on both sides', async () => {
    const big = { grow: async (n: number) => 'x'.repeat(n) }
    async function bigAgent(): Promise<unknown[]> {
      const code = (error: unknown): unknown => (error as { code: string }).code
      return [
        await step<Record<string, (text: string) => Promise<string>>>().grow!('y'.repeat(3_000_000)).catch(
          code,
        ),
        await step<typeof big>()
          .grow(3_000_000)
          .catch((error: unknown) => code((error as Error).cause)),
      ]
    }
    await using engine = await createTestEngine({ agents: { bigAgent }, functions: big })
    expect(await engine.execute(bigAgent)).toEqual(['ENGINE_PAYLOAD_TOO_LARGE', 'ENGINE_PAYLOAD_TOO_LARGE'])
  })
})

describe('events', () => {
  const functions = { slow: async (text: string) => `slow ${text}` }

  it('are handled beside the main function and one another', async () => {
    async function concurrentAgent(): Promise<string[]> {
      const order: string[] = []
      let ended = false
      onEvent(message, async (text: string) => {
        order.push(`begin ${text}`)
        if (text === 'first') await sleep('1m')
        order.push(`end ${text}`)
        return text
      })
      onEvent(end, () => {
        ended = true
      })
      await condition(() => ended && allEventsFinished())
      return order
    }
    await using engine = await createTestEngine({ agents: { concurrentAgent } })
    const run = await engine.start(concurrentAgent)
    const first = run.event(message, 'first')
    expect(await run.event(message, 'second')).toBe('second')
    await run.event(end)
    await first
    expect(await run.result()).toEqual(['begin first', 'begin second', 'end second', 'end first'])
  })

  it('wait for a handler that is registered later', async () => {
    async function lateAgent(): Promise<string> {
      let text: string | undefined
      await step<typeof functions>().slow('start')
      await sleep('1h')
      onEvent(message, (given: string) => {
        text = given
        return given.length
      })
      await condition(() => text !== undefined)
      return text ?? ''
    }
    await using engine = await createTestEngine({ agents: { lateAgent }, functions })
    const run = await engine.start(lateAgent, undefined, { event: { name: 'message', input: 'early' } })
    expect(await run.result()).toBe('early')
  })

  it('that nobody will handle are refused with the names that are handled', async () => {
    async function pickyAgent(): Promise<void> {
      onEvent(message, () => undefined)
      await condition(() => false)
    }
    await using engine = await createTestEngine({ agents: { pickyAgent } })
    const run = await engine.start(pickyAgent)
    await expect(run.event('mesage')).rejects.toThrow('no handler for mesage; registered: [message]')
  })

  it('reject with the error of their handler; the run goes on', async () => {
    async function brittleAgent(): Promise<string> {
      let calls = 0
      onEvent(message, () => {
        calls += 1
        throw new Error('not now')
      })
      await condition(() => calls === 2)
      return 'went on'
    }
    await using engine = await createTestEngine({ agents: { brittleAgent } })
    const run = await engine.start(brittleAgent)
    await expect(run.event(message)).rejects.toMatchObject({ code: 'ENGINE_EVENT_FAILED' })
    await expect(run.event(message)).rejects.toThrow('not now')
    expect(await run.result()).toBe('went on')
  })

  it('reject the same way when a step of their handler fails', async () => {
    async function leaningAgent(): Promise<void> {
      onEvent(message, () => step<Record<string, () => Promise<void>>>(once).fail?.())
      await condition(() => false)
    }
    const once = { retry: { maximumAttempts: 1 } }
    const fail = async () => {
      throw new Error('no paper')
    }
    await using engine = await createTestEngine({ agents: { leaningAgent }, functions: { fail } })
    const run = await engine.start(leaningAgent)
    await expect(run.event(message)).rejects.toMatchObject({
      code: 'ENGINE_EVENT_FAILED',
      message: 'Event message failed: Step fail failed: no paper',
      cause: { code: 'ENGINE_STEP_FAILED', cause: { message: 'no paper' } },
    })
  })

  it('are checked against their schemas, with defaults applied', async () => {
    const typed = defineEvent('typed', { input: z.object({ n: z.number().default(3) }), output: z.number() })
    async function typedAgent(): Promise<void> {
      onEvent(typed, ({ n }) => n * 2)
      await condition(() => false)
    }
    await using engine = await createTestEngine({ agents: { typedAgent } })
    const run = await engine.start(typedAgent)
    expect(await run.event(typed, {})).toBe(6)
    // @ts-expect-error -- a sender's mistake is one of the compiler's first
    await expect(run.event(typed, { n: true })).rejects.toMatchObject({ code: 'ENGINE_EVENT_INVALID' })
    await expect(run.event('typed', { n: 'x' })).rejects.toMatchObject({ code: 'ENGINE_EVENT_INVALID' })
  })

  it('are refused when the run ends before their handler, and the log says how to wait for it', async () => {
    async function hastyAgent(): Promise<void> {
      let called = false
      onEvent(message, async () => {
        called = true
        await sleep('1 hour')
      })
      await condition(() => called)
    }
    const warnings: unknown[] = []
    const logger: LogSink = {
      log: (level, text, { count }) => level === 'warn' && warnings.push([text, count]),
    }
    await using engine = await createTestEngine({ agents: { hastyAgent }, logger })
    const run = await engine.start(hastyAgent)
    await expect(run.event(message)).rejects.toMatchObject({ code: 'ENGINE_RUN_CLOSED' })
    expect(warnings).toEqual([[expect.stringContaining('allEventsFinished'), 1]])
  })

  it('go from one agent to another and come back with the answer', async () => {
    async function serverAgent(): Promise<void> {
      let ended = false
      onEvent(message, async (text: string) => `${text} ${await step<typeof functions>().slow('pong')}`)
      onEvent(end, () => {
        ended = true
      })
      await condition(() => ended)
    }
    async function clientAgent(): Promise<unknown> {
      const server = externalAgent('server')
      const answer = await server.event(message, 'ping')
      const unknown = await server
        .event('nonsense')
        .catch((error: unknown) => (error as { code: string }).code)
      await server.event(end)
      const closed = await server.event(message).catch((error: unknown) => (error as Error).message)
      const missing = await externalAgent('nobody')
        .event(message)
        .catch((error: unknown) => (error as { code: string }).code)
      return { answer, unknown, closed, missing }
    }
    await using engine = await createTestEngine({ agents: { serverAgent, clientAgent }, functions })
    await engine.start(serverAgent, undefined, { id: 'server' })
    expect(await engine.execute(clientAgent)).toEqual({
      answer: 'ping slow pong',
      unknown: 'ENGINE_UNKNOWN_EVENT',
      closed: 'Run server is already completed (completed)',
      missing: 'ENGINE_RUN_NOT_FOUND',
    })
  })

  it('can be sent by a function to its own agent, which waits for the function', async () => {
    const runs: { event: (name: typeof message, input: string) => Promise<unknown> }[] = []
    const own = { callBack: async () => runs[0]?.event(message, 'from inside') }
    async function selfAgent(): Promise<unknown> {
      onEvent(message, (text: string) => `got ${text}`)
      return step<typeof own>().callBack()
    }
    await using engine = await createTestEngine({ agents: { selfAgent }, functions: own })
    const run = await engine.start(selfAgent)
    runs.push(run)
    expect(await run.result()).toBe('got from inside')
  })
})

describe('states', () => {
  const progress = defineState<number>('progress')

  it('are read while the run goes on, and after it has closed', async () => {
    async function countingAgent(): Promise<string> {
      let n = 0
      onState(progress, () => n)
      onEvent(message, () => {
        n += 1
      })
      await condition(() => n === 2)
      return 'done'
    }
    await using engine = await createTestEngine({ agents: { countingAgent } })
    const run = await engine.start(countingAgent)
    expect(await run.state(progress)).toBe(0)
    await run.event(message)
    expect(await run.state(progress)).toBe(1)
    await run.event(message)
    await run.result()
    expect(await run.state(progress)).toBe(2)
    await expect(run.state('progres')).rejects.toThrow('it offers: [progress]')
  })
})

describe('time, randomness and ids', () => {
  it('are those of the run, and the same on replay', async () => {
    async function clockAgent(): Promise<unknown[]> {
      const before = [Date.now(), new Date().toISOString(), Math.random(), uuid(), crypto.randomUUID()]
      await sleep('1 day')
      return [...before, Date.now() - Number(before[0]), new Date() instanceof Date]
    }
    await using engine = await createTestEngine({
      agents: { clockAgent },
      startAt: new Date('2026-03-01T00:00:00Z'),
    })
    const result = await engine.execute(clockAgent)
    expect(result.slice(0, 2)).toEqual([Date.UTC(2026, 2, 1), '2026-03-01T00:00:00.000Z'])
    expect(result.slice(5)).toEqual([86_400_000, true])
    expect(result[3]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })

  it('give up a condition after its timeout', async () => {
    async function patientAgent(): Promise<boolean[]> {
      let came = false
      onEvent(message, () => {
        came = true
      })
      const first = await condition(() => came, '1 hour')
      return [first, await condition(() => came, '1 week')]
    }
    await using engine = await createTestEngine({ agents: { patientAgent } })
    const run = await engine.start(patientAgent)
    await engine.advance('61 minutes')
    await run.event(message)
    expect(await run.result()).toEqual([false, true])
  })

  it('nondeterminism is an error in a test, and names the line', async () => {
    let calls = 0
    async function fickleAgent(): Promise<void> {
      calls += 1
      if (calls % 2 === 1) await sleep(1000)
      else await step<Record<string, () => Promise<void>>>().other?.()
      await sleep(5)
    }
    await using engine = await createTestEngine({
      agents: { fickleAgent },
      functions: { other: async () => 1 },
    })
    const failure: Error = await engine.execute(fickleAgent).then(
      () => new Error('no error'),
      (error: unknown) => (error as Error).cause as Error,
    )
    expect(failure).toMatchObject({ code: 'ENGINE_NONDETERMINISM' })
    expect(failure.message).toContain('features.test.ts:')
    expect(failure.message).toContain('its history has TimerStarted')
  })
})

describe('children', () => {
  async function childWorkflow(input: { n: number }): Promise<number> {
    if (input.n < 0) throw new AgentError('negative')
    await sleep('1 minute')
    return input.n + 1
  }
  async function waitingWorkflow(): Promise<void> {
    await condition(() => false)
  }

  it('are run and awaited, by function and by name', async () => {
    async function parentAgent(): Promise<unknown[]> {
      return [
        await childExecute({ child: childWorkflow, childId: 'one', input: { n: 1 } }),
        await childExecute({ child: 'childWorkflow', childId: 'one', input: { n: 2 } }),
        await executeChild(childWorkflow, { args: [{ n: 3 }], workflowId: 'one' }),
        await (await startChild(childWorkflow, { args: [{ n: 4 }], workflowId: 'two' })).result(),
        (await childStart({ child: childWorkflow, childId: 'three', input: { n: 4 } })).workflowId,
      ]
    }
    await using engine = await createTestEngine({ agents: { parentAgent }, workflows: { childWorkflow } })
    expect(await engine.execute(parentAgent)).toEqual([2, 3, 4, 5, 'three'])
  })

  it('that fail reject with their error', async () => {
    async function sadAgent(): Promise<unknown> {
      return childExecute({ child: childWorkflow, input: { n: -1 } }).catch((error: unknown) => [
        (error as { code: string }).code,
        (error as Error).message,
        (error as Error).cause instanceof AgentError,
      ])
    }
    await using engine = await createTestEngine({ agents: { sadAgent }, workflows: { childWorkflow } })
    expect(await engine.execute(sadAgent)).toEqual([
      'ENGINE_CHILD_FAILED',
      expect.stringContaining('negative'),
      true,
    ])
  })

  it('are refused an id that is running', async () => {
    async function clashAgent(): Promise<unknown> {
      await childStart({ child: waitingWorkflow, childId: 'busy' })
      return childStart({ child: waitingWorkflow, childId: 'busy' }).catch(
        (error: unknown) => (error as { code: string }).code,
      )
    }
    await using engine = await createTestEngine({ agents: { clashAgent }, workflows: { waitingWorkflow } })
    expect(await engine.execute(clashAgent)).toBe('ENGINE_ID_IN_USE')
  })

  it('follow the policy of their parent when it closes', async () => {
    async function leavingAgent(): Promise<void> {
      await childStart({ child: waitingWorkflow, childId: 'terminated' })
      await childStart({ child: waitingWorkflow, childId: 'abandoned', parentClosePolicy: 'ABANDON' })
      await childStart({ child: waitingWorkflow, childId: 'cancelled', parentClosePolicy: 'REQUEST_CANCEL' })
    }
    await using engine = await createTestEngine({ agents: { leavingAgent }, workflows: { waitingWorkflow } })
    await engine.execute(leavingAgent)
    await engine.settle()
    const status = async (id: string): Promise<string> => (await engine.run(id)).status()
    expect([await status('terminated'), await status('abandoned'), await status('cancelled')]).toEqual([
      'terminated',
      'running',
      'cancelled',
    ])
  })
})

describe('continue as new', () => {
  it('starts over with the given state, after handlers, and takes undelivered events along', async () => {
    async function rollingAgent(input: { round: number }): Promise<unknown> {
      let handled = 0
      onEvent(message, async (n: number) => {
        handled += 1
        await sleep('1 minute')
        return `${n} in round ${input.round}`
      })
      await condition(() => handled === 1)
      if (input.round === 0) await agentContinueAsNew({ round: 1 })
      await condition(allEventsFinished)
      return { round: input.round, continued: agentInfo().continuedFromExecutionRunId !== undefined }
    }
    await using engine = await createTestEngine({ agents: { rollingAgent } })
    const run = await engine.start(rollingAgent, { round: 0 }, { id: 'rolling' })
    const first = run.event(message, 1)
    await engine.advance('30s')
    const second = run.event(message, 2)
    expect(await Promise.all([first, second])).toEqual(['1 in round 0', '2 in round 1'])
    expect(await run.result()).toEqual({ round: 1, continued: true })
    expect(await run.status()).toBe('continued-as-new')
  })

  it('is suggested when the history has grown', async () => {
    async function growingAgent(): Promise<number> {
      while (!shouldContinueAsNew()) await step<Record<string, () => Promise<void>>>().tick?.()
      return agentInfo().historyLength
    }
    await using engine = await createTestEngine({
      agents: { growingAgent },
      functions: { tick: async () => undefined },
    })
    expect(await engine.execute(growingAgent)).toBeGreaterThanOrEqual(2_000)
  })
})

describe('cancellation', () => {
  const hanging = { hang: () => new Promise<string>(() => undefined), clean: async () => 'clean' }

  it('rejects what the run waits for, lets it clean up, and ends it as cancelled', async () => {
    const cleaned: string[] = []
    async function tidyAgent(): Promise<void> {
      try {
        await step<typeof hanging>().hang()
      } catch (error) {
        if (isEngineError(error, 'ENGINE_CANCELLED')) cleaned.push(await step<typeof hanging>().clean())
        throw error
      }
    }
    await using engine = await createTestEngine({ agents: { tidyAgent }, functions: hanging })
    const run = await engine.start(tidyAgent)
    await engine.settle()
    await run.cancel()
    await expect(run.result()).rejects.toMatchObject({ code: 'ENGINE_CANCELLED' })
    expect(cleaned.length).toBeGreaterThan(0)
    expect(await run.status()).toBe('cancelled')
  })

  it('of a scope rejects what began inside, and nothing else', async () => {
    async function scopeAgent(): Promise<unknown[]> {
      const scope = cancelScope(async () => Promise.all([step<typeof hanging>().hang(), sleep('1 year')]))
      await sleep('1 minute')
      scope.cancel()
      const inside = await scope.result.catch((error: unknown) => (error as { code: string }).code)
      return [inside, await step<typeof hanging>().clean()]
    }
    await using engine = await createTestEngine({ agents: { scopeAgent }, functions: hanging })
    const run = await engine.start(scopeAgent)
    await engine.advance('1 minute')
    expect(await run.result()).toEqual(['ENGINE_CANCELLED', 'clean'])
  })

  it('reaches children, and waits until they have ended', async () => {
    async function sleeperWorkflow(): Promise<void> {
      await sleep('1 year')
    }
    async function bossAgent(): Promise<unknown> {
      return childExecute({ child: sleeperWorkflow, childId: 'sleeper' })
    }
    await using engine = await createTestEngine({ agents: { bossAgent }, workflows: { sleeperWorkflow } })
    const run = await engine.start(bossAgent)
    await engine.settle()
    await run.cancel()
    await engine.settle()
    expect(await run.status()).toBe('cancelled')
    expect(await (await engine.run('sleeper')).status()).toBe('cancelled')
  })

  it('by termination gives the code no chance', async () => {
    async function stubbornAgent(): Promise<void> {
      await sleep('1 year').catch(() => sleep('1 year'))
    }
    await using engine = await createTestEngine({ agents: { stubbornAgent } })
    const run = await engine.start(stubbornAgent)
    await engine.settle()
    await run.terminate('enough')
    await expect(run.result()).rejects.toMatchObject({
      code: 'ENGINE_TERMINATED',
      message: expect.stringContaining('enough'),
    })
    expect((await run.history()).events.at(-1)).toMatchObject({ type: 'RunTerminated', data: 'enough' })
  })
})

describe('logs and patches', () => {
  it('writes each line once, with the ids of the run', async () => {
    const lines: unknown[] = []
    async function chattyAgent(): Promise<void> {
      log.info('one', { detail: 1 })
      await sleep(1)
      log.critical('two')
      await sleep(1)
    }
    await using engine = await createTestEngine({
      agents: { chattyAgent },
      logger: {
        log: (level, text, fields) => lines.push([level, text, fields['workflowId'], fields['detail']]),
      },
    })
    const run = await engine.start(chattyAgent)
    await run.result()
    expect(lines).toEqual([
      ['info', 'one', run.id, 1],
      ['critical', 'two', run.id, undefined],
    ])
  })

  it('patched is true for new runs, and stays what it was', async () => {
    async function patchedAgent(): Promise<boolean[]> {
      const first = patched('new-way')
      await sleep(1)
      return [first, patched('new-way'), patched('another')]
    }
    await using engine = await createTestEngine({ agents: { patchedAgent } })
    expect(await engine.execute(patchedAgent)).toEqual([true, true, true])
  })
})

describe('faults', () => {
  it('awaiting something foreign is an error that says what to do', async () => {
    async function foreignAgent(): Promise<void> {
      await new Promise((done) => setTimeout(done, 5))
      await sleep(1)
    }
    await using engine = await createTestEngine({ agents: { foreignAgent } })
    const run = await engine.start(foreignAgent)
    await expect(run.result()).rejects.toMatchObject({ cause: { code: 'ENGINE_FOREIGN_AWAIT' } })
  })

  it('the API outside of a run says so', async () => {
    await expect(sleep(1)).rejects.toMatchObject({ code: 'ENGINE_OUTSIDE_RUN' })
    expect(() => step<Record<string, () => void>>().any?.()).toThrow('outside of an agent or workflow')
  })

  it('a plain error fails the run and travels to who waits', async () => {
    async function brokenAgent(): Promise<void> {
      throw new TypeError('x is not a function')
    }
    await using engine = await createTestEngine({ agents: { brokenAgent } })
    await expect(engine.execute(brokenAgent)).rejects.toMatchObject({
      code: 'ENGINE_RUN_FAILED',
      cause: { name: 'TypeError', message: 'x is not a function' },
    })
  })

  it('input is checked before the body runs, output after it', async () => {
    async function schemaAgent(input: { n: number }): Promise<{ n: number }> {
      return { n: input.n }
    }
    schemaAgent.input = z.object({ n: z.number().default(5) })
    schemaAgent.output = z.object({ n: z.number().max(9) })
    await using engine = await createTestEngine({ agents: { schemaAgent } })
    expect(await engine.execute(schemaAgent, {} as { n: number })).toEqual({ n: 5 })
    await expect(engine.execute(schemaAgent, { n: 'x' } as never)).rejects.toMatchObject({
      code: 'ENGINE_INPUT_INVALID',
    })
    await expect(engine.execute(schemaAgent, { n: 10 })).rejects.toMatchObject({
      cause: { code: 'ENGINE_OUTPUT_INVALID' },
    })
  })
})
