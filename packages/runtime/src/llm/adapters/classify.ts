// Reads an error answer of any of the APIs: a gateway hands on the bodies of what stands behind it, so one reader
// must know all of them.

import type { LlmFailure, LlmFailureClass } from '../errors.ts'
import type { ResponseHeaders } from '../transport/transport.ts'
import { isRecord, stringOr } from './adapter.ts'
import { retryAfterMs } from './retry-after.ts'

const QUOTA_CODES: ReadonlySet<string> = new Set([
  'insufficient_quota',
  'billing_hard_limit_reached',
  'billing_not_active',
  'billing_error',
  'credit_balance_exhausted',
  'enforced_spend_limit_reached',
])
const QUOTA_TEXT = /credit balance is too low|exceeded your current quota|spend(?:ing)? limit/i

const CONTEXT_CODES: ReadonlySet<string> = new Set(['context_length_exceeded', 'string_above_max_length'])
const CONTEXT_TEXT =
  /maximum context length|context window|prompt is too long|input is too long|too many tokens in/i

const FILTER_CODES: ReadonlySet<string> = new Set([
  'content_policy_violation',
  'content_filter',
  'moderation_blocked',
  'ResponsibleAIPolicyViolation',
])
const FILTER_TEXT = /content safety|content management policy|content policy|flagged by our content/i

const STRUCTURED_TEXT = /response_format|json_schema|output_config/i
const STRUCTURED_HINT =
  'Where the model has no structured output, set capabilities.json_schema: false: a forced tool is used.'

/** The parts of an error body that matter, whichever shape it has. */
export interface ErrorBody {
  readonly message: string
  readonly type: string
  readonly code: string
  readonly requestId: string | undefined
}

/** Reads `{error:{…}}` (OpenAI, Anthropic, Kong's AI plugins), `{message, request_id}` (Kong), or plain text. */
export function readErrorBody(body: unknown): ErrorBody {
  if (!isRecord(body)) return { message: '', type: '', code: '', requestId: undefined }
  const error = isRecord(body.error) ? body.error : body
  const details = isRecord(error.details) ? error.details : {}
  return {
    message: stringOr(error.message, stringOr(body.message, stringOr(body.error, ''))),
    type: stringOr(error.type, ''),
    code: stringOr(error.code, stringOr(details.error_code, '')),
    requestId: stringOr(body.request_id, undefined),
  }
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** Only so much of a provider's words is kept: they may quote the prompt. */
const MAX_QUOTED = 300

/** Classifies an answer whose status is not 2xx. */
export function classifyStatus(
  status: number,
  headers: ResponseHeaders,
  text: string,
  wallNow: number,
): LlmFailure {
  const body = readErrorBody(parseJson(text))
  const failureClass = classOf(status, body)
  const wait = retryAfterMs(headers, wallNow, status)
  const id = requestIdOf(headers) ?? body.requestId
  const shouldRetry = header(headers, 'x-should-retry')
  const said = body.message === '' ? '' : `: ${body.message.slice(0, MAX_QUOTED)}`
  const hint = hints[failureClass] ?? (STRUCTURED_TEXT.test(body.message) ? STRUCTURED_HINT : undefined)
  return {
    class: failureClass,
    message: `HTTP ${status}${said}`,
    status,
    ...(isOverloaded(status, body) ? { code: 'LLM_OVERLOADED' as const } : {}),
    ...(hint === undefined ? {} : { hint }),
    ...(id === undefined ? {} : { requestId: id }),
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
    ...(shouldRetry === 'true' || shouldRetry === 'false' ? { shouldRetry: shouldRetry === 'true' } : {}),
  }
}

/** An error that came inside a 200, whole or as an event of a stream. */
export function classifyInBand(error: unknown, streamed: boolean): LlmFailure {
  const body = readErrorBody(isRecord(error) ? error : { message: stringOr(error, '') })
  const failureClass = inBandClass(body, streamed)
  return {
    class: failureClass,
    ...(failureClass === '5xx' ? { code: 'LLM_OVERLOADED' as const } : {}),
    message: `an error inside the answer: ${(body.message === '' ? body.type : body.message).slice(0, MAX_QUOTED)}`,
    ...(body.requestId === undefined ? {} : { requestId: body.requestId }),
  }
}

function inBandClass(body: ErrorBody, streamed: boolean): LlmFailureClass {
  if (QUOTA_CODES.has(body.code) || QUOTA_CODES.has(body.type)) return 'quota'
  if (streamed && body.type === 'overloaded_error') return '5xx'
  if (streamed && body.type === 'rate_limit_error') return 'rate_limit'
  return 'llm_error'
}

function classOf(status: number, body: ErrorBody): LlmFailureClass {
  if (status >= 500) return '5xx'
  const caller = status === 400 || status === 413 || status === 422
  if (status === 402 || isQuota(status, body)) return 'quota'
  if (caller && (CONTEXT_CODES.has(body.code) || CONTEXT_TEXT.test(body.message))) return 'context_length'
  if ((caller || status === 403) && (FILTER_CODES.has(body.code) || FILTER_TEXT.test(body.message)))
    return 'content_filter'
  return classOfStatus[status] ?? (status >= 400 ? 'request' : 'config')
}

function isQuota(status: number, body: ErrorBody): boolean {
  if (status !== 429 && status !== 400 && status !== 403) return false
  return QUOTA_CODES.has(body.code) || QUOTA_CODES.has(body.type) || QUOTA_TEXT.test(body.message)
}

function isOverloaded(status: number, body: ErrorBody): boolean {
  return status === 529 || body.type === 'overloaded_error'
}

const classOfStatus: Readonly<Record<number, LlmFailureClass>> = {
  401: 'auth',
  403: 'auth',
  404: 'config',
  405: 'config',
  408: 'timeout',
  409: 'llm_error',
  429: 'rate_limit',
}

const hints: Partial<Record<LlmFailureClass, string>> = {
  auth: "Check the provider's api_key and what it is allowed to use.",
  quota: 'The account is out of credit or over its spending limit: see the billing page of the provider.',
  config: "Check the provider's base_url, route and model in config/llm_router.yaml.",
  context_length:
    'Shorten the messages, or list `context_length` in fallback.conditions and a provider with a larger window.',
}

/** A header as one string. Names are lower case, as undici gives them. */
export function header(headers: ResponseHeaders, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}

export function requestIdOf(headers: ResponseHeaders): string | undefined {
  return (
    header(headers, 'x-request-id') ?? header(headers, 'request-id') ?? header(headers, 'x-kong-request-id')
  )
}
