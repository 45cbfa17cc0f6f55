// The errors of a call that nobody answered: what was tried, what was not and why, and when it may be tried again.

import type { Call } from './call.ts'
import type { LlmError, LlmFailure, LlmFailureClass } from './errors.ts'
import type { LlmAttempt } from './messages.ts'
import type { Target } from './targets.ts'

export interface Failed {
  readonly target: Target
  readonly failure: LlmFailure
}

/** A target that was not asked, and how long it will stay so. */
export interface Skipped {
  readonly target: Target
  readonly why: 'open' | 'rate_limit' | 'quota' | 'busy'
  readonly waitMs: number
}

interface Known {
  readonly failed: readonly Failed[]
  readonly skipped: readonly Skipped[]
  readonly retryAfterMs: number | undefined
}

/** One target: its own failure. Several: one error that lists all attempts. */
export function exhaustedError(
  call: Call,
  failure: LlmFailure,
  { failed, skipped, retryAfterMs }: Known,
): LlmError {
  const names = new Set(failed.map(({ target }) => target.name))
  const [name] = names
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs }
  if (names.size <= 1 && skipped.length === 0) {
    if (name === undefined) return call.error({ ...failure, ...wait })
    return call.error({ ...failure, provider: name, message: `${name}: ${failure.message}`, ...wait })
  }
  const lines = [
    ...call.attempts.filter(({ outcome }) => outcome === 'failed').map(describeAttempt),
    ...skipped.map(({ target, why }) => `${target.name}: not asked (${describeSkip[why]})`),
  ]
  return call.error({
    ...failure,
    code: 'LLM_ALL_FAILED',
    message: `No provider answered. ${lines.join('; ')}`,
    ...wait,
  })
}

/** Nothing was sent, because nobody may be asked. */
export function nobodyReadyError(call: Call, { skipped, retryAfterMs }: Known): LlmError {
  const reasons = skipped.map(({ target, why }) => `${target.name}: ${describeSkip[why]}`).join('; ')
  return call.error({
    class: classOfSkips(skipped),
    message: `No provider may be asked now. ${reasons}`,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}

function classOfSkips(skipped: readonly Skipped[]): LlmFailureClass {
  if (skipped.some(({ why }) => why === 'open')) return 'circuit_open'
  if (skipped.some(({ why }) => why === 'busy')) return 'timeout'
  return skipped.every(({ why }) => why === 'quota') ? 'quota' : 'rate_limit'
}

const describeSkip: Readonly<Record<Skipped['why'], string>> = {
  open: 'circuit open',
  rate_limit: 'asked to be left alone',
  quota: 'out of credit',
  busy: 'max_concurrency reached',
}

function describeAttempt(attempt: LlmAttempt): string {
  const status = attempt.status === undefined ? '' : ` ${attempt.status}`
  const id = attempt.requestId === undefined ? '' : ` ${attempt.requestId}`
  return `${attempt.target}: ${attempt.class ?? 'failed'}${status}${id} after ${Math.round(attempt.ms)} ms`
}
