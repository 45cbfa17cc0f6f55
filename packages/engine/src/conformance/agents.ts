// Agents and workflows of the conformance suite, as a project's files would hold them. Both drivers run this very file.
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
  sleep,
  startChild,
  step,
  uuid,
} from '../agent.ts'
import type { Functions } from './functions.ts'
import { textSchema } from './schema.ts'

const once = { retry: { maximumAttempts: 1 } }

/** What an error says, as JSON. */
function said(error: unknown): Record<string, unknown> {
  const { name, message, code, type, details, cause } = error as Error & Record<string, unknown>
  return JSON.parse(
    JSON.stringify({
      name,
      message,
      code,
      type,
      details,
      ...(cause === undefined ? {} : { cause: said(cause) }),
    }),
  ) as Record<string, unknown>
}

async function errorOfStep(work: Promise<unknown>): Promise<unknown> {
  try {
    return { result: await work }
  } catch (error) {
    return said(error)
  }
}

export async function parallelAgent(count: number): Promise<number[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => step<Functions>().double(index)))
}

export async function failuresAgent(): Promise<unknown> {
  const retry = { initialInterval: 10, maximumAttempts: 3 }
  return {
    usedUp: await errorOfStep(step<Functions>({ retry }).failing()),
    fatal: await errorOfStep(step<Functions>().fatal()),
    named: await errorOfStep(
      step<Functions>({ retryPolicy: { nonRetryableErrorTypes: ['TypeError'] } }).failing(),
    ),
    timedOut: await errorOfStep(step<Functions>({ ...once, startToCloseTimeout: 300 }).hang()),
    invalid: await errorOfStep(step<Functions>().greet({} as { name: string })),
    notJson: await errorOfStep(step<Functions>().echo(10n)),
    tooLarge: await errorOfStep(step<Functions>().echo('x'.repeat(2 * 1024 * 1024 + 1))),
    hugeResult: await errorOfStep(step<Functions>().huge()),
  }
}

export async function flakyAgent(key: string): Promise<string> {
  return step<Functions>({ retry: { initialInterval: 10 } }).flaky({ key, until: 3 })
}

export async function forgetfulAgent(key: string): Promise<string> {
  void step<Functions>().note({ key, value: 'done' })
  void step<Functions>(once).failing()
  return 'returned'
}

const message = defineEvent('message', { input: textSchema<{ text: string }>('text', 'nothing') })
const end = defineEvent('end')

/** Answers messages with the help of a step until it is told to end. */
export async function concierge(): Promise<string[]> {
  const heard: string[] = []
  let ended = false
  onState(defineState<string[]>('heard'), () => heard)
  onState(defineState('acting'), () => uuid().length + sleepWhileReading())
  onEvent(message, async ({ text }: { text: string }) => {
    heard.push(text)
    if (text === 'fail') throw AgentError.nonRetryable('not today', 'Closed', 'at noon')
    return step<Functions>().greet({ name: text })
  })
  onEvent(end, () => {
    ended = true
    return 'ending'
  })
  await condition(() => ended && allEventsFinished())
  return heard
}

function sleepWhileReading(): number {
  void sleep(1)
  return 0
}

/** Registers its handler late. */
export async function lateAgent(pauseMs: number): Promise<unknown[]> {
  const heard: unknown[] = []
  await sleep(pauseMs)
  onEvent(defineEvent('early'), (input: unknown) => {
    heard.push(input)
    return heard.length
  })
  await condition(() => heard.length >= 2)
  return heard
}

/** Notes how much is in its inbox whenever it looks. */
export async function countingAgent(total: number): Promise<number[]> {
  const inbox: number[] = []
  const sizes: number[] = []
  let seen = 0
  onEvent(defineEvent('item'), (item: number) => inbox.push(item))
  while (seen < total) {
    await condition(() => inbox.length > 0)
    sizes.push(inbox.length)
    seen += inbox.splice(0).length
  }
  return sizes
}

/** Two waiters, one token at a time. */
export async function tokenAgent(): Promise<string[]> {
  const order: string[] = []
  let tokens = 0
  const waiter = async (name: string): Promise<void> => {
    await condition(() => tokens > 0)
    tokens -= 1
    order.push(`${name}:${tokens}`)
  }
  const both = Promise.all([waiter('first'), waiter('second')])
  await sleep(10)
  tokens = 1
  await sleep(10)
  tokens += 1
  await both
  return order
}

export async function timeAgent(): Promise<unknown> {
  const values = [Date.now(), Math.random(), uuid(), new Date().toISOString()]
  let go = false
  onState(defineState('values'), () => values)
  onEvent(defineEvent('go'), () => {
    go = true
  })
  let waited = false
  onState(defineState('waited'), () => waited)
  const timedOut = await condition(() => go, 20)
  waited = true
  const held = await condition(() => go, '1 hour')
  return { values, timedOut, held }
}

export async function senderAgent(target: string): Promise<unknown> {
  const other = externalAgent(target)
  const answer = await other.event(message, { text: 'Ada' })
  const failure = await errorOfStep(other.event('message', { text: 'fail' }))
  const missing = await errorOfStep(externalAgent(`${target}-nobody`).event('message'))
  return { answer, failure, missing }
}

export async function selfTalkAgent(): Promise<unknown> {
  let heard: unknown
  onEvent(defineEvent('back'), (input: unknown) => {
    heard = input
    return 'heard'
  })
  const answer = await step<Functions>().tellOwnAgent({ event: 'back', input: 'me' })
  return { heard, answer }
}

export async function childWorkflow(input: {
  name: string
  fail?: boolean
  waitMs?: number
}): Promise<string> {
  if (input.waitMs !== undefined) await sleep(input.waitMs)
  if (input.fail === true) throw new AgentError('the child fails', 'ChildTrouble')
  return `child of ${agentInfo().parent?.workflowId ?? 'nobody'}: ${input.name}`
}

export async function parentAgent(base: string): Promise<unknown> {
  const started = await childStart({
    child: childWorkflow,
    childId: `${base}-started`,
    input: { name: 'a', waitMs: 200 },
  })
  const handle = await startChild('childWorkflow', { args: [{ name: 'b' }], workflowId: `${base}-handle` })
  return {
    started: [started.workflowId, typeof started.firstExecutionRunId],
    handle: await handle.result(),
    byFunction: await childExecute({ child: childWorkflow, childId: `${base}-fn`, input: { name: 'c' } }),
    byName: await executeChild('childWorkflow', { args: [{ name: 'd' }] }),
    failed: await errorOfStep(childExecute({ child: childWorkflow, input: { name: 'e', fail: true } })),
    inUse: await errorOfStep(
      childExecute({ child: childWorkflow, childId: `${base}-started`, input: { name: 'f' } }),
    ),
  }
}

export async function leavingAgent(base: string): Promise<string> {
  const input = { name: 'x', waitMs: 3_600_000 }
  await childStart({ child: 'childWorkflow', childId: `${base}-terminated`, input })
  await childStart({
    child: 'childWorkflow',
    childId: `${base}-abandoned`,
    input,
    parentClosePolicy: 'ABANDON',
  })
  await childStart({
    child: 'childWorkflow',
    childId: `${base}-cancelled`,
    input,
    parentClosePolicy: 'REQUEST_CANCEL',
  })
  return 'left'
}

/** Counts rounds over continue-as-new; handles "late" only in its last one. */
export async function roundsAgent({ round, heard }: { round: number; heard: string[] }): Promise<unknown> {
  let next = false
  onState(defineState('round'), () => round)
  onEvent(defineEvent('next'), async (text: string) => {
    next = true
    await sleep(100)
    heard.push(text)
    return round
  })
  if (round === 2) {
    let late: unknown
    onEvent(defineEvent('late'), (input: unknown) => {
      late = input
      return `late in round ${round}`
    })
    await condition(() => late !== undefined)
    return { round, heard, late, first: agentInfo().firstExecutionRunId, run: agentInfo().runId }
  }
  const wait = step<Functions>(once).hang()
  await condition(() => next)
  void wait.catch(() => undefined)
  return agentContinueAsNew({ round: round + 1, heard })
}

export async function cancelledAgent(key: string): Promise<string> {
  try {
    await sleep('1 day')
    return 'slept'
  } catch (error) {
    await step<Functions>().note({ key, value: { cleanUp: isEngineError(error, 'ENGINE_CANCELLED') } })
    throw error
  }
}

export async function scopeAgent(): Promise<unknown> {
  const scope = cancelScope(async () => Promise.all([sleep('1 hour'), step<Functions>(once).hang()]))
  const outside = sleep(100)
  await sleep(20)
  scope.cancel()
  const inside = await errorOfStep(scope.result)
  await outside
  return { inside, outside: 'slept' }
}

export async function cancellingParent(base: string): Promise<unknown> {
  return errorOfStep(
    childExecute({ child: cancelledAgent, childId: `${base}-child`, input: `${base}-child`, isAgent: true }),
  )
}

export async function throwingAgent(kind: 'plain' | 'agent'): Promise<never> {
  if (kind === 'plain') throw new RangeError('too far')
  throw AgentError.nonRetryable('closed for good', 'Closed', { since: 1999 })
}

export async function checkedAgent({ name }: { name: string }): Promise<unknown> {
  return name === 'bad' ? { answer: 1 } : { answer: name }
}
checkedAgent.input = textSchema('name', 'nobody')
checkedAgent.output = textSchema('answer')
checkedAgent.description = 'Answers with the name'

export async function loggingAgent(key: string): Promise<boolean> {
  let go = false
  log.info('before', { key })
  const first = patched('conformance')
  onEvent(defineEvent('go'), () => {
    go = true
  })
  await condition(() => go)
  log.warn('after', { key })
  return first && patched('conformance')
}

export async function infoAgent(): Promise<unknown> {
  const { workflowId, agentId, workflowType, taskQueue, runId, memo, historyLength, parent } = agentInfo()
  return {
    workflowId,
    agentId,
    workflowType,
    taskQueue,
    runId,
    memo,
    history: historyLength > 0,
    parent: parent ?? null,
  }
}

export async function chunkAgent(): Promise<number> {
  let go = false
  onEvent(defineEvent('go'), () => {
    go = true
  })
  await condition(() => go)
  return step<Functions>().chunks(['one', 'two'])
}

export async function tickWorkflow(key: string): Promise<void> {
  await step<Functions>().note({ key, value: agentInfo().workflowId })
}
