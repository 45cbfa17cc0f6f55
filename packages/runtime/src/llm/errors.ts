import type { LlmAttempt, LlmUsage } from './messages.ts'
import type { Redact } from './redaction.ts'

/**
 * What kind of failure it was. Decides what the router does about it (decisions.ts), and is what a caller
 * should switch on.
 */
export type LlmFailureClass =
  | 'connect'
  | 'timeout'
  | 'rate_limit'
  | 'quota'
  | '5xx'
  | 'malformed_response'
  | 'llm_error'
  | 'auth'
  | 'config'
  | 'request'
  | 'content_filter'
  | 'context_length'
  | 'refusal'
  | 'aborted'
  | 'limit'
  | 'budget'
  | 'circuit_open'
  | 'unsupported'
  | 'closed'

export type LlmErrorCode =
  | 'LLM_CONNECT'
  | 'LLM_TIMEOUT'
  | 'LLM_RATE_LIMITED'
  | 'LLM_QUOTA'
  | 'LLM_SERVER_ERROR'
  | 'LLM_OVERLOADED'
  | 'LLM_MALFORMED_RESPONSE'
  | 'LLM_SCHEMA_MISMATCH'
  | 'LLM_PROVIDER_ERROR'
  | 'LLM_AUTH'
  | 'LLM_CONFIG'
  | 'LLM_REQUEST'
  | 'LLM_CONTENT_FILTER'
  | 'LLM_CONTEXT_LENGTH'
  | 'LLM_REFUSAL'
  | 'LLM_ABORTED'
  | 'LLM_LIMIT'
  | 'LLM_BUDGET'
  | 'LLM_CIRCUIT_OPEN'
  | 'LLM_UNSUPPORTED'
  | 'LLM_ALL_FAILED'
  | 'LLM_CLOSED'

const codeOfClass: Readonly<Record<LlmFailureClass, LlmErrorCode>> = {
  connect: 'LLM_CONNECT',
  timeout: 'LLM_TIMEOUT',
  rate_limit: 'LLM_RATE_LIMITED',
  quota: 'LLM_QUOTA',
  '5xx': 'LLM_SERVER_ERROR',
  malformed_response: 'LLM_MALFORMED_RESPONSE',
  llm_error: 'LLM_PROVIDER_ERROR',
  auth: 'LLM_AUTH',
  config: 'LLM_CONFIG',
  request: 'LLM_REQUEST',
  content_filter: 'LLM_CONTENT_FILTER',
  context_length: 'LLM_CONTEXT_LENGTH',
  refusal: 'LLM_REFUSAL',
  aborted: 'LLM_ABORTED',
  limit: 'LLM_LIMIT',
  budget: 'LLM_BUDGET',
  circuit_open: 'LLM_CIRCUIT_OPEN',
  unsupported: 'LLM_UNSUPPORTED',
  closed: 'LLM_CLOSED',
}

/** What an adapter or the transport says about a failure, before it becomes an error. */
export interface LlmFailure {
  readonly class: LlmFailureClass
  readonly message: string
  /** A more exact code than the one of the class. */
  readonly code?: LlmErrorCode
  readonly hint?: string
  readonly status?: number
  readonly requestId?: string
  /** The provider's own wish: seconds of `Retry-After` and its relatives, as milliseconds. */
  readonly retryAfterMs?: number
  /** `x-should-retry`, when the provider sent it. */
  readonly shouldRetry?: boolean
  /** Tokens that were billed although the answer is of no use. */
  readonly usage?: LlmUsage
  readonly cause?: unknown
}

export interface LlmErrorDetails extends LlmFailure {
  readonly provider?: string
  readonly model?: string
  readonly attempts?: readonly LlmAttempt[]
  readonly partial?: LlmPartialAnswer
  readonly retryable?: boolean
}

/** What had arrived when a stream broke off. */
export interface LlmPartialAnswer {
  readonly text: string
  readonly usage: LlmUsage
}

/**
 * Every failure of the router. `class` says how to react, `code` what happened, `hint` what to do next.
 *
 * `retryable` is false once the router has done its own retries, so that an engine around it does not multiply
 * them; `retryAfterMs` says when a new call may succeed. Carries no key and no prompt.
 */
export class LlmError extends Error {
  readonly code: LlmErrorCode
  readonly class: LlmFailureClass
  readonly hint: string | undefined
  readonly retryable: boolean
  readonly provider: string | undefined
  readonly model: string | undefined
  readonly status: number | undefined
  readonly requestId: string | undefined
  readonly retryAfterMs: number | undefined
  readonly attempts: readonly LlmAttempt[]
  /** On a stream that broke off after it had begun: what had arrived. */
  readonly partial: LlmPartialAnswer | undefined

  constructor(details: LlmErrorDetails, redact: Redact) {
    super(redact(details.message), { cause: sanitizeCause(details.cause, redact) })
    this.name = 'LlmError'
    this.code = details.code ?? codeOfClass[details.class]
    this.class = details.class
    this.hint = details.hint
    this.retryable = details.retryable ?? false
    this.provider = details.provider
    this.model = details.model
    this.status = details.status
    this.requestId = details.requestId === undefined ? undefined : redact(details.requestId)
    this.retryAfterMs = details.retryAfterMs
    this.attempts = details.attempts ?? []
    this.partial = details.partial
  }
}

/** Recognises the router's errors by code, also those of another copy of this package. */
export function isLlmError(error: unknown): error is LlmError {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    error.code.startsWith('LLM_')
  )
}

/**
 * A foreign error may hold the request, its headers and so the key. What is kept is a new error with name, code
 * and message.
 */
function sanitizeCause(cause: unknown, redact: Redact): Error | undefined {
  if (!(cause instanceof Error)) return undefined
  const kept = new Error(redact(cause.message))
  kept.name = cause.name
  kept.stack = redact(cause.stack ?? '')
  const { code } = cause as { code?: unknown }
  if (typeof code === 'string') Object.assign(kept, { code })
  return kept
}
