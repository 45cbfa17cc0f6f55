// The answers that a transport gives in place of a server that gave none: a call fails at once and does not wait for
// its timeout.
import type { JSONRPCMessage, RequestId } from '@modelcontextprotocol/client'

/** Why there is no answer of the server's own. */
export type NoAnswer =
  /** It is longer than a message may be. */
  | 'too large'
  /** The stream that was to bring it has ended. */
  | 'broken off'
  /** It is neither a result nor an error. */
  | 'malformed'

/** Longest message of a server: 10 MiB, as in the official SDKs. */
export const maxMessageBytes = 10 * 1024 * 1024

const mark = 'rgen.no-answer'

/** An error response to a request. */
export function madeUpAnswer(id: RequestId, reason: NoAnswer): JSONRPCMessage {
  return {
    jsonrpc: '2.0',
    id,
    error: { code: -32_000, message: `No answer: ${reason}.`, data: { [mark]: reason } },
  }
}

/** What {@link madeUpAnswer} said, when the error stems from it. */
export function noAnswerIn(error: unknown): NoAnswer | undefined {
  const { data } = error as { readonly data?: unknown }
  if (typeof data !== 'object' || data === null || !(mark in data)) return undefined
  return data[mark] as NoAnswer
}

/** The body of a response is longer than a message may be. */
export class OversizedBody extends Error {
  override readonly name = 'OversizedBody'
}
