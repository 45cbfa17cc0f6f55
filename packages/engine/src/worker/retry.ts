import type { FailureData } from '../core/failure.ts'
import type { Dispatch } from './effects.ts'

/** Trying again cannot make a value valid, or small enough. */
const pointless: ReadonlySet<string | undefined> = new Set([
  'ENGINE_INPUT_INVALID',
  'ENGINE_PAYLOAD_NOT_JSON',
  'ENGINE_PAYLOAD_TOO_LARGE',
])

/** Whether a failed attempt is followed by another one, and after which pause. */
export function retryDelay(dispatch: Dispatch, failure: FailureData, now: number): number | undefined {
  const { retry, scheduleToCloseMs } = dispatch.settings
  const { maximumAttempts, initialIntervalMs, backoffCoefficient, maximumIntervalMs } = retry
  if (failure.nonRetryable === true || pointless.has(failure.code)) return undefined
  if (failure.type === 'scheduleToCloseTimeout' || failure.type === 'scheduleToStartTimeout') return undefined
  if (maximumAttempts > 0 && dispatch.attempt >= maximumAttempts) return undefined
  const kinds = [failure.name, failure.type, failure.code]
  if (retry.nonRetryableErrorTypes.some((type) => kinds.includes(type))) return undefined
  const exponential = initialIntervalMs * backoffCoefficient ** (dispatch.attempt - 1)
  const delay = failure.nextRetryDelayMs ?? Math.min(exponential, maximumIntervalMs)
  const deadline = scheduleToCloseMs === undefined ? Infinity : dispatch.scheduledAt + scheduleToCloseMs
  return now + delay >= deadline ? undefined : delay
}

/** The failure of a step whose attempts are used up. */
export function stepFailure(dispatch: Pick<Dispatch, 'name' | 'attempt'>, cause: FailureData): FailureData {
  const attempts = dispatch.attempt === 1 ? '' : ` after ${dispatch.attempt} attempts`
  return {
    name: 'EngineError',
    code: 'ENGINE_STEP_FAILED',
    message: `Step ${dispatch.name} failed${attempts}: ${cause.message}`,
    cause,
  }
}
