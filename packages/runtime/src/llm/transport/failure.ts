// What went wrong below HTTP, in the router's classes.

import type { LlmFailure } from '../errors.ts'

/** How far a request has come. */
export type Phase = 'connect' | 'headers' | 'body' | 'done'

/** The limit of a phase ran out. */
export function phaseTimeout(phase: 'connect' | 'headers' | 'idle' | 'total', limitMs: number): LlmFailure {
  const after = `${Math.round(limitMs)} ms`
  if (phase === 'connect') return { class: 'connect', message: `no connection after ${after}` }
  if (phase === 'headers') return { class: 'timeout', message: `no first token after ${after}` }
  if (phase === 'idle') return { class: 'timeout', message: `the answer stalled for ${after}` }
  return { class: 'timeout', message: `no complete answer after ${after}` }
}

/** Codes of errors that came before any byte of the request could be answered. */
const CONNECT_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
])

const SOCKET_CLOSED_CODES: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])

export function isSocketClosed(error: Error): boolean {
  return SOCKET_CLOSED_CODES.has(codeOf(error))
}

export function classifyTransport(error: Error, phase: Phase): LlmFailure {
  const code = codeOf(error)
  const what = code === '' ? error.name : code
  if (code === 'UND_ERR_INVALID_ARG')
    return {
      class: 'config',
      message: 'the request cannot be sent as it is configured',
      hint: "The provider's key or one of its headers holds a character that HTTP cannot carry.",
    }
  if (phase === 'body')
    return {
      class: 'malformed_response',
      message: `the connection broke inside the answer (${what})`,
      cause: error,
    }
  if (phase === 'connect' || CONNECT_CODES.has(code) || SOCKET_CLOSED_CODES.has(code))
    return { class: 'connect', message: `no connection (${what})`, cause: error }
  return { class: 'malformed_response', message: `the answer is not HTTP (${what})`, cause: error }
}

function codeOf(error: Error): string {
  const { code } = error as { code?: unknown }
  if (typeof code === 'string') return code
  // Node tries several addresses of a name and reports all of their failures together.
  const [first] = (error as { errors?: unknown[] }).errors ?? []
  return first instanceof Error ? codeOf(first) : ''
}
