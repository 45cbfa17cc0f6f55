import { AgentError, FunctionFailure } from '../api/failure.ts'
import { EngineError, type EngineErrorCode } from '../errors.ts'

/** An error as JSON: what is journaled and crosses processes. */
export interface FailureData {
  readonly name: string
  readonly message: string
  readonly code?: string
  readonly type?: string
  readonly hint?: string
  readonly nonRetryable?: boolean
  readonly nextRetryDelayMs?: number
  readonly details?: readonly unknown[]
  readonly stack?: string
  readonly cause?: FailureData
}

const maxStackLength = 4_000
const maxMessageLength = 20_000
const maxCauses = 8

/** What can be said about anything that was thrown. */
export function failureOf(error: unknown, depth = 0): FailureData {
  if (typeof error !== 'object' || error === null) {
    return { name: 'Error', message: typeof error === 'string' ? error : `Thrown: ${String(error)}` }
  }
  const thrown = error as Partial<Record<string, unknown>>
  const text = (key: string): string | undefined => {
    const value = thrown[key]
    return typeof value === 'string' ? value : undefined
  }
  const { details, nextRetryDelayMs, cause } = thrown
  const code = text('code')
  const type = text('type')
  const hint = text('hint')
  const stack = text('stack')
  return {
    name: text('name') ?? 'Error',
    message: (text('message') ?? 'Thrown: an object that is not an error').slice(0, maxMessageLength),
    ...(code === undefined ? {} : { code }),
    ...(type === undefined ? {} : { type }),
    ...(hint === undefined ? {} : { hint }),
    ...(thrown['nonRetryable'] === true || thrown['retryable'] === false ? { nonRetryable: true } : {}),
    ...(typeof nextRetryDelayMs === 'number' ? { nextRetryDelayMs } : {}),
    ...(Array.isArray(details) && details.length > 0 ? { details: jsonDetails(details) } : {}),
    ...(stack === undefined ? {} : { stack: stack.slice(0, maxStackLength) }),
    ...(cause === undefined || cause === null || depth >= maxCauses
      ? {}
      : { cause: failureOf(cause, depth + 1) }),
  }
}

/** What a handler may have waited for in vain. */
const failuresInHandlers: ReadonlySet<string | undefined> = new Set([
  'ENGINE_STEP_FAILED',
  'ENGINE_CHILD_FAILED',
  'ENGINE_EVENT_FAILED',
])

/** Whether an event was refused by the engine (unknown, invalid, too late), rather than failed by its handler. */
export function isRefusal({ code }: FailureData): boolean {
  return code?.startsWith('ENGINE_') === true && !failuresInHandlers.has(code)
}

/** Details that are not JSON, or huge, must not hide the failure that carries them. */
function jsonDetails(details: readonly unknown[]): readonly unknown[] {
  try {
    const text = JSON.stringify(details)
    return text.length > 200_000 ? ['(details left out: too large)'] : (JSON.parse(text) as unknown[])
  } catch {
    return ['(details left out: not JSON)']
  }
}

/** The error that {@link failureOf} described, in its own class where that is one of ours. */
export function errorOf(failure: FailureData): Error {
  const cause = failure.cause === undefined ? undefined : errorOf(failure.cause)
  const error = blankError(failure, cause)
  const { name, code, type, hint, nonRetryable, details, stack } = failure
  const extra = { name, code, type, hint, nonRetryable, details, stack }
  for (const [key, value] of Object.entries(extra)) {
    if (value !== undefined) {
      Object.defineProperty(error, key, {
        value,
        configurable: true,
        writable: true,
        enumerable: key !== 'stack',
      })
    }
  }
  return error
}

function blankError(failure: FailureData, cause: Error | undefined): Error {
  const { name, message, code } = failure
  if (code?.startsWith('ENGINE_') === true) {
    return new EngineError(code as EngineErrorCode, message, cause === undefined ? {} : { cause })
  }
  if (name === 'FunctionFailure') return new FunctionFailure(message, failure.type, false, [], cause)
  if (name === 'AgentError') return new AgentError(message, cause)
  return new Error(message, cause === undefined ? undefined : { cause })
}
