// One HTTP exchange as plain data, and the guards that stand before every route.

import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isEngineError } from '../errors.ts'
import type { EngineErrorCode } from '../errors.ts'

/** Inputs of runs are capped at 2 MB; the envelope around one needs a little more. */
const maxBodyBytes = 2_200_000

/** A request, after the guards. */
export interface Exchange {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  /** Parsed JSON; undefined when there is no body. */
  readonly body: unknown
  /** Aborted when the caller goes away. */
  readonly signal: AbortSignal
}

/** A refusal: a status and one sentence. */
export class HttpRefusal extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

function sameText(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}

const loopback = /^(localhost|127(?:\.\d{1,3}){3}|\[::1\])(:\d+)?$/i

/** Whether an address to listen on is reached from this machine alone. */
export function isLoopback(host: string): boolean {
  return loopback.test(host.includes(':') ? `[${host}]` : host)
}

/** What a server lets in. */
export interface Guard {
  /** Asked of every request when given. */
  readonly bearerToken: string | undefined
  /** Host names that requests may carry beside those of loopback. */
  readonly allowedHosts: readonly string[]
  /** Other machines reach the port: then the token is what lets a request in, whatever name it came by. */
  readonly beyondLoopback: boolean
}

/**
 * Refuses what a page in a browser could send here by DNS rebinding (a foreign Host), what another site sends (a
 * foreign Origin), and what does not know the token. Beyond loopback nothing gets in without a token; with one, any
 * Host does, because a page that rebinds a name does not know the token.
 *
 * @throws {HttpRefusal} 403 or 401.
 */
export function checkGuard(headers: IncomingMessage['headers'], guard: Guard): void {
  const isAllowed = (host: string) => loopback.test(host) || guard.allowedHosts.includes(host)
  if (guard.beyondLoopback && guard.bearerToken === undefined)
    throw new HttpRefusal(401, 'This service listens beyond its machine, so it needs BEARER_TOKEN to be set.')
  if (!guard.beyondLoopback && !isAllowed(headers.host ?? ''))
    throw new HttpRefusal(403, 'This host name is not served here.')
  if (
    headers.origin !== undefined &&
    !isAllowed(URL.canParse(headers.origin) ? new URL(headers.origin).host : '')
  )
    throw new HttpRefusal(403, 'This origin is not allowed.')
  if (guard.bearerToken === undefined) return
  const given = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? ''
  if (!sameText(given, guard.bearerToken)) throw new HttpRefusal(401, 'The bearer token is missing or wrong.')
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBodyBytes) throw new HttpRefusal(413, `The body is over ${maxBodyBytes} bytes.`)
    chunks.push(chunk)
  }
  if (bytes === 0) return undefined
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown
  } catch {
    throw new HttpRefusal(400, 'The body is not JSON.')
  }
}

/** Reads a request into an {@link Exchange}. */
export async function readExchange(request: IncomingMessage, signal: AbortSignal): Promise<Exchange> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  return {
    method: request.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    body: await readBody(request),
    signal,
  }
}

const statusOfCode: Readonly<Partial<Record<EngineErrorCode, number>>> = {
  ENGINE_RUN_NOT_FOUND: 404,
  ENGINE_SCHEDULE_NOT_FOUND: 404,
  ENGINE_UNKNOWN_EVENT: 404,
  ENGINE_UNKNOWN_STATE: 404,
  ENGINE_NOT_REGISTERED: 404,
  ENGINE_ID_IN_USE: 409,
  ENGINE_RUN_CLOSED: 409,
  ENGINE_INPUT_INVALID: 400,
  ENGINE_EVENT_INVALID: 400,
  ENGINE_SCHEDULE_INVALID: 400,
  ENGINE_PAYLOAD_TOO_LARGE: 413,
}

/** Which status and body an error is answered with. */
export function refusalOf(error: unknown): {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
} {
  if (error instanceof HttpRefusal) return { status: error.status, body: { error: error.message } }
  if (isEngineError(error))
    return {
      status: statusOfCode[error.code] ?? 500,
      body: { error: error.message, code: error.code, ...(error.hint !== undefined && { hint: error.hint }) },
    }
  return { status: 500, body: { error: error instanceof Error ? error.message : String(error) } }
}
