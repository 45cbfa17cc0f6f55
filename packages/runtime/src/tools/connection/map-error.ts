import {
  ProtocolError,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
  UnauthorizedError,
} from '@modelcontextprotocol/client'
import { ToolError } from '../errors.ts'
import type { ToolErrorOptions } from '../errors.ts'
import { noAnswerIn, OversizedBody } from './made-up-answer.ts'
import { NotDelivered } from './stdio-transport.ts'

/** Where an error was met. */
export interface CallPlace {
  readonly server: string
  readonly tool?: string
}

/** The SDK's errors, those of the network and the server's own, as one of ours. */
export function toToolError(error: unknown, place: CallPlace): ToolError {
  if (error instanceof ToolError) return error
  const options: ToolErrorOptions = { ...place, cause: error }
  const who = place.tool === undefined ? `Server "${place.server}"` : `Tool "${place.server}.${place.tool}"`
  if (error instanceof NotDelivered) return unavailable(who, 'its process has ended', options)
  if (error instanceof OversizedBody) return tooLarge(who, options)
  if (error instanceof ProtocolError) return fromProtocol(error, who, options)
  if (error instanceof UnauthorizedError) return unauthorized(who, options)
  if (error instanceof SdkHttpError) return fromHttp(error, who, options)
  if (error instanceof SdkError) return fromSdk(error, who, options)
  const reason = networkReason(error)
  if (reason !== undefined) return unavailable(who, reason, options)
  return new ToolError('TOOL_PROTOCOL', `${who} failed: ${messageOf(error)}.`, options)
}

function fromProtocol(error: ProtocolError, who: string, options: ToolErrorOptions): ToolError {
  switch (noAnswerIn(error)) {
    case 'too large':
      return tooLarge(who, options)
    case 'broken off':
      return unavailable(who, 'its answer was broken off', options)
    case 'malformed':
      return notAResult(who, options)
    case undefined:
  }
  const invalid = error.code === -32_602
  if (invalid && /unknown tool|tool .*not found/iu.test(error.message))
    return new ToolError('TOOL_UNKNOWN_TOOL', `${who} does not exist: ${error.message}.`, options)
  if (invalid && /output schema|structured content/iu.test(error.message))
    return new ToolError('TOOL_INVALID_RESULT', `${who} broke its output schema: ${error.message}.`, options)
  if (invalid)
    return new ToolError('TOOL_INVALID_ARGUMENTS', `${who} refused the arguments: ${error.message}.`, options)
  if (/has an output schema but did not return structured content/u.test(error.message))
    return new ToolError('TOOL_INVALID_RESULT', `${who} broke its output schema: ${error.message}.`, options)
  return new ToolError('TOOL_PROTOCOL', `${who} failed: ${error.message} (${error.code}).`, options)
}

function fromHttp(error: SdkHttpError, who: string, options: ToolErrorOptions): ToolError {
  const { status } = error
  const own = status === 400 ? protocolErrorIn(error.data.text) : undefined
  if (own !== undefined) return fromProtocol(own, who, options)
  if (status === 401 || status === 403) return unauthorized(who, options)
  if (status === 413)
    return new ToolError(
      'TOOL_INVALID_ARGUMENTS',
      `${who} refused the arguments: they are too large.`,
      options,
    )
  if (status === 404 || status === 408 || status === 429 || status >= 500)
    return unavailable(who, `it answered ${status}`, options)
  if (status >= 300 && status < 400)
    return new ToolError('TOOL_PROTOCOL', `${who} answered ${status}, a redirect to another server.`, {
      ...options,
      hint: 'It is not followed, because our credentials would go with it: name the other address as url.',
    })
  return new ToolError('TOOL_PROTOCOL', `${who} answered ${status}.`, options)
}

function fromSdk(error: SdkError, who: string, options: ToolErrorOptions): ToolError {
  switch (error.code) {
    case SdkErrorCode.RequestTimeout:
      return new ToolError('TOOL_TIMEOUT', `${who} did not answer in time.`, { ...options, retryable: true })
    case SdkErrorCode.ConnectionClosed:
    case SdkErrorCode.NotConnected:
    case SdkErrorCode.SendFailed:
      return unavailable(who, 'the connection ended', options)
    case SdkErrorCode.InvalidResult:
      return notAResult(who, options)
    default: {
      const reason = networkReason(error.cause)
      if (reason !== undefined) return unavailable(who, reason, options)
      return new ToolError('TOOL_PROTOCOL', `${who} failed: ${error.message}.`, options)
    }
  }
}

/** The error of the protocol that a server may send in the body of a refusal. */
function protocolErrorIn(body: unknown): ProtocolError | undefined {
  if (typeof body !== 'string') return undefined
  try {
    const { error } = JSON.parse(body) as { error?: { code?: unknown; message?: unknown } }
    const { code, message } = error ?? {}
    return typeof code === 'number' && typeof message === 'string'
      ? new ProtocolError(code, message)
      : undefined
  } catch {
    return undefined
  }
}

function tooLarge(who: string, options: ToolErrorOptions): ToolError {
  return new ToolError(
    'TOOL_OUTPUT_TOO_LARGE',
    `${who} answered more than a message may hold (10 MiB).`,
    options,
  )
}

function notAResult(who: string, options: ToolErrorOptions): ToolError {
  return new ToolError('TOOL_INVALID_RESULT', `${who} answered something that is no result.`, options)
}

function unavailable(who: string, reason: string, options: ToolErrorOptions): ToolError {
  return new ToolError('TOOL_UNAVAILABLE', `${who} is not available: ${reason}.`, {
    ...options,
    retryable: true,
  })
}

function unauthorized(who: string, options: ToolErrorOptions): ToolError {
  return new ToolError('TOOL_UNAUTHORIZED', `${who} refused our credentials.`, {
    ...options,
    hint: 'Check auth and headers of the server in config/tools.yaml.',
  })
}

/** What a failed request says of the network: fetch hides it in the cause. */
export function networkReason(error: unknown): string | undefined {
  // Told by its members: the errors of fetch may stem from another realm.
  if (typeof error !== 'object' || error === null) return undefined
  const { code, cause, message, errors } = error as { [name: string]: unknown }
  if (code === 'ECONNREFUSED') return 'the connection was refused'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'its host name is not known'
  if (typeof code === 'string' && /^(?:E[A-Z]{3}|UND_ERR)/u.test(code)) return `the network failed (${code})`
  const inner = cause ?? (Array.isArray(errors) ? (errors as unknown[])[0] : undefined)
  const reason = networkReason(inner)
  if (reason !== undefined) return reason
  if (message === 'fetch failed' || message === 'terminated') return 'the network failed'
  return message === 'Not connected' ? 'there is no connection' : undefined
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/u, '')
}
