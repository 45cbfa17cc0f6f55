import type { LlmFailure } from '../errors.ts'
import type { FinishReason, LlmRequest, LlmToolCall, LlmUsage } from '../messages.ts'
import type { SseEvent } from '../sse.ts'
import type { ResponseHeaders } from '../transport/transport.ts'

/** How a schema-checked answer is asked for: the provider's own way, or through a tool that it must call. */
export type StructuredMode = 'native' | 'tool'

/** What encoding needs to know of a target. */
export interface EncodeTarget {
  readonly model: string
  readonly sendModel: boolean
  readonly stream: boolean
  readonly structured: StructuredMode
  readonly maxTokensParameter: 'max_tokens' | 'max_completion_tokens'
  /** The model family behind a gateway; decides what the gateway drops. */
  readonly upstream: 'openai' | 'anthropic'
  /** The provider continues the assistant's text that the messages end with. */
  readonly prefill?: string
}

export interface EncodedRequest {
  readonly body: string
  /** What had to be changed to make the request legal for this provider. */
  readonly warnings: readonly string[]
}

/** An answer in the router's own terms; usage is absent when the provider gave none that can be believed. */
export interface DecodedAnswer {
  readonly content: string
  readonly toolCalls: readonly LlmToolCall[]
  readonly finishReason: FinishReason
  readonly model: string | undefined
  readonly id: string | undefined
  readonly usage: LlmUsage | undefined
  readonly refusal?: string
  readonly serviceTier?: string
  /** Tool calls that were cut by the token limit; they must not be run. */
  readonly truncatedToolCalls?: readonly {
    readonly id: string
    readonly name: string
    readonly arguments: string
  }[]
}

export type Decoded =
  { readonly ok: true; readonly answer: DecodedAnswer } | { readonly ok: false; readonly failure: LlmFailure }

/** A piece of a stream that a reader can use. Lifecycle frames are not pieces. */
export type StreamPiece =
  | { readonly type: 'text'; readonly text: string }
  | {
      readonly type: 'tool_call_delta'
      readonly index: number
      readonly id?: string
      readonly name?: string
      readonly arguments: string
    }

/** Reads one stream. Keeps what has arrived, so that a break can tell how far it came. */
export interface StreamDecoder {
  /** Returns the pieces in the event, or the failure that it announces. */
  push(event: SseEvent): readonly StreamPiece[] | LlmFailure
  /** The provider's own end mark has been seen. */
  readonly done: boolean
  /** Text so far. */
  readonly text: string
  readonly model: string | undefined
  readonly usage: LlmUsage | undefined
  /** The bytes are over: the whole answer, or why it is none. */
  finish(): Decoded
}

/** Translates for one kind of API. Pure: no clock, no network. */
export interface Adapter {
  encode(request: LlmRequest, target: EncodeTarget): EncodedRequest
  decode(body: unknown, target: EncodeTarget): Decoded
  decodeStream(target: EncodeTarget): StreamDecoder
  /** A status outside 2xx. `sentBytes` is the size of what was sent. */
  classify(
    status: number,
    headers: ResponseHeaders,
    body: string,
    sentBytes: number,
    wallNow: number,
  ): LlmFailure
  /** What this API says in its headers beside the answer. */
  metadata(headers: ResponseHeaders): Readonly<Record<string, unknown>>
}

/** The tool through which an answer with a schema is asked for where there is no native way. */
export const ANSWER_TOOL = 'answer'

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A count of tokens that can be believed. */
export function tokenCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

export function stringOr<T>(value: unknown, otherwise: T): string | T {
  return typeof value === 'string' ? value : otherwise
}

export function malformed(
  message: string,
  extra: Partial<LlmFailure> = {},
): { ok: false; failure: LlmFailure } {
  return { ok: false, failure: { class: 'malformed_response', message, ...extra } }
}

/** A tool call as it stands on the wire, before its arguments are parsed. */
export interface RawToolCall {
  readonly id: string
  readonly name: string
  readonly arguments: string
}

export interface ParsedToolCalls {
  readonly toolCalls: readonly LlmToolCall[]
  readonly truncated: readonly RawToolCall[]
}

/**
 * Parses arguments. Nothing means `{}`. What does not parse is a cut call when the answer was cut, and a fault of
 * the provider otherwise.
 */
export function parseToolCalls(raw: readonly RawToolCall[], cut: boolean): ParsedToolCalls | undefined {
  const toolCalls: LlmToolCall[] = []
  const truncated: RawToolCall[] = []
  for (const call of raw) {
    const text = call.arguments.trim()
    // Cut before the first character of its arguments: `{}` would be a guess.
    if (text === '' && cut && call === raw.at(-1)) {
      truncated.push(call)
      continue
    }
    try {
      const parsed: unknown = text === '' ? {} : JSON.parse(text)
      if (!isRecord(parsed)) return undefined
      toolCalls.push({ id: call.id, name: call.name, arguments: parsed })
    } catch {
      if (!cut) return undefined
      truncated.push(call)
    }
  }
  return { toolCalls, truncated }
}
