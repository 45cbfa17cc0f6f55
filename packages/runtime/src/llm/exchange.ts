// One attempt: encodes the request for a target, sends it, and judges what comes back.
// Leaves to others: trying again, or elsewhere (attempts.ts).

import { ANSWER_TOOL } from './adapters/adapter.ts'
import type {
  DecodedAnswer,
  EncodedRequest,
  EncodeTarget,
  StreamDecoder,
  StreamPiece,
} from './adapters/adapter.ts'
import { header, parseJson } from './adapters/classify.ts'
import type { AttemptResult } from './attempts.ts'
import type { Call } from './call.ts'
import type { LlmFailure } from './errors.ts'
import type { LlmUsage } from './messages.ts'
import { SseParser } from './sse.ts'
import type { Permit } from './state.ts'
import { maxTokensParameter, modelFor } from './targets.ts'
import type { Target } from './targets.ts'
import { Ticket } from './ticket.ts'
import type { TicketHost } from './ticket.ts'
import { estimateUsage } from './tokens.ts'
import { TransportError } from './transport/transport.ts'
import type { Cancellation, PhaseLimits, Transport, WireResponse } from './transport/transport.ts'

export interface ExchangeHost extends TicketHost {
  readonly transportFor: (target: Target) => Transport
}

/** An answer and what is known about how it came. */
export interface Answered {
  readonly ticket: Ticket
  readonly answer: DecodedAnswer
  readonly usage: LlmUsage
  readonly object: unknown
  readonly metadata: Readonly<Record<string, unknown>>
  readonly warnings: readonly string[]
}

/** How long the first content of a stream may take when the file does not say. */
const DEFAULT_FIRST_TOKEN_MS = 20_000

/** Sends a request and waits for the whole answer. */
export async function exchangeChat(
  host: ExchangeHost,
  call: Call,
  permit: Permit,
  shareMs: number,
  scope: Cancellation,
): Promise<AttemptResult<Answered>> {
  const { target } = permit
  const ticket = new Ticket(host, call, permit)
  const limits = limitsFor(call, target, shareMs, false)
  const end = (failure: LlmFailure): { ok: false; failure: LlmFailure } => {
    ticket.fail(failure, limits.totalMs, target.timeoutMs)
    return { ok: false, failure }
  }
  try {
    const how = encodeTarget(call, target, false)
    const encoded = target.adapter.encode(call.request, how)
    const response = await send(host, call, target, encoded, limits, scope)
    const answered = await readWhole(host, ticket, call, response, how, encoded)
    return 'class' in answered ? end(answered) : { ok: true, value: answered }
  } catch (error) {
    if (error instanceof TransportError) return end(error.failure)
    ticket.abandon()
    throw error
  }
}

/** Reads an answer that comes in one piece. */
async function readWhole(
  host: ExchangeHost,
  ticket: Ticket,
  call: Call,
  response: WireResponse,
  how: EncodeTarget,
  encoded: EncodedRequest,
): Promise<Answered | LlmFailure> {
  const { target } = ticket
  const text = await response.text()
  if (response.status > 299) return classify(host, target, response, text, encoded)
  const metadata = target.adapter.metadata(response.headers)
  const decoded = target.adapter.decode(parseJson(text), how)
  const judged = decoded.ok ? judge(call, decoded.answer) : decoded.failure
  if ('class' in judged) return withContext(judged, response, metadata)
  const usage = judged.answer.usage ?? estimateUsage(call.request, judged.answer.content)
  ticket.succeed(judged.answer, usage, requestIdIn(metadata) ?? judged.answer.id)
  return { ticket, ...judged, usage, metadata, warnings: encoded.warnings }
}

/** A stream whose first content has arrived: from here on there is something to lose. */
export interface OpenedStream {
  readonly ticket: Ticket
  readonly response: WireResponse
  readonly parser: SseParser
  readonly decoder: StreamDecoder
  /** What arrived up to the commit. */
  readonly pieces: readonly StreamPiece[]
  readonly metadata: Readonly<Record<string, unknown>>
  readonly warnings: readonly string[]
}

/** Nobody wants the answer any more: closes the connection of one that is still being read. */
export function discardOpened(opened: OpenedStream | Answered): void {
  if (!('decoder' in opened)) return
  opened.response.discard()
  opened.ticket.abandon()
}

/**
 * Sends a request and waits for the first content; lifecycle frames before it leave no trace. A server that answers in
 * one piece all the same is understood.
 */
export async function exchangeStream(
  host: ExchangeHost,
  call: Call,
  permit: Permit,
  shareMs: number,
  scope: Cancellation,
  prefill?: string,
): Promise<AttemptResult<OpenedStream | Answered>> {
  const { target } = permit
  const ticket = new Ticket(host, call, permit)
  const limits = limitsFor(call, target, shareMs, true)
  const end = (failure: LlmFailure): { ok: false; failure: LlmFailure } => {
    ticket.fail(failure, limits.totalMs, firstTokenMs(call))
    return { ok: false, failure }
  }
  try {
    const how = encodeTarget(call, target, true)
    const encoded = target.adapter.encode(call.request, prefill === undefined ? how : { ...how, prefill })
    const response = await send(host, call, target, encoded, limits, scope)
    if (response.status > 299 || isJson(response)) {
      const answered = await readWhole(host, ticket, call, response, how, encoded)
      return 'class' in answered ? end(answered) : { ok: true, value: answered }
    }
    const metadata = target.adapter.metadata(response.headers)
    const parser = new SseParser()
    const decoder = answerToolAsText(target.adapter.decodeStream(how), how)
    const first = await readUntilContent(response, parser, decoder, call)
    if ('class' in first) {
      response.discard()
      return end(withContext(first, response, metadata))
    }
    ticket.firstChunk()
    response.extend(call.remainingMs())
    return {
      ok: true,
      value: { ticket, response, parser, decoder, pieces: first, metadata, warnings: encoded.warnings },
    }
  } catch (error) {
    if (error instanceof TransportError) return end(error.failure)
    ticket.abandon()
    throw error
  }
}

function isJson({ headers }: WireResponse): boolean {
  return header(headers, 'content-type')?.includes('json') === true
}

/** Reads on until there is something to hand out, or the answer is over. */
async function readUntilContent(
  response: WireResponse,
  parser: SseParser,
  decoder: StreamDecoder,
  call: Call,
): Promise<readonly StreamPiece[] | LlmFailure> {
  for (;;) {
    const read = readPieces(await response.read(), parser, decoder)
    if ('failure' in read) {
      // Content in front of the failure has not been seen by anybody yet.
      return read.failure
    }
    if (read.pieces.length > 0) return read.pieces
    if (!read.over && !decoder.done) continue
    // Over without any content: only now it shows whether that is an answer.
    const decoded = decoder.finish()
    if (!decoded.ok) return decoded.failure
    const judged = judge(call, decoded.answer)
    return 'class' in judged ? judged : []
  }
}

export type ReadResult =
  | { readonly pieces: readonly StreamPiece[]; readonly over: boolean }
  /** `before`: what stood in front of the failure in the same bytes. */
  | { readonly failure: LlmFailure; readonly before: readonly StreamPiece[] }

/** Decodes the next bytes; undefined means that there are no more. */
export function readPieces(
  bytes: Uint8Array | undefined,
  parser: SseParser,
  decoder: StreamDecoder,
): ReadResult {
  const events = bytes === undefined ? parser.end() : parser.push(bytes)
  const pieces: StreamPiece[] = []
  for (const event of events) {
    const read = decoder.push(event)
    if ('class' in read) return { failure: read, before: pieces }
    for (const piece of read) pieces.push(piece)
    if (decoder.done) break
  }
  if (parser.overflowed)
    return { failure: { class: 'malformed_response', message: 'an event has no end' }, before: pieces }
  return { pieces, over: bytes === undefined }
}

/** Holds an answer against what was asked for: its shape, and whether a refusal or a filter counts as failure. */
export function judge(
  call: Call,
  answer: DecodedAnswer,
): { answer: DecodedAnswer; object: unknown } | LlmFailure {
  const { conditions } = call.snapshot
  const billed = answer.usage === undefined ? {} : { usage: answer.usage }
  // What has no shape is a failure to whoever asked for one, listed or not.
  const fails = (condition: 'refusal' | 'content_filter'): boolean =>
    conditions.has(condition) || call.check !== undefined
  if (answer.refusal !== undefined && fails('refusal'))
    return { class: 'refusal', message: 'the model refused to answer', ...billed }
  if (answer.finishReason === 'content_filter' && answer.refusal === undefined && fails('content_filter'))
    return { class: 'content_filter', message: 'the provider filtered the answer', ...billed }
  // A call of the caller's own tools comes before the answer.
  const asksFirst = answer.toolCalls.length > 0 && (call.request.tools ?? []).length > 0
  if (call.check === undefined || asksFirst) return { answer, object: undefined }
  const checked = call.check(answer)
  return 'class' in checked ? checked : { answer, object: checked.object }
}

/** The provider's id of the request, where an adapter found one. */
export function requestIdIn(metadata: Readonly<Record<string, unknown>>): string | undefined {
  return typeof metadata.requestId === 'string' ? metadata.requestId : undefined
}

function withContext(
  failure: LlmFailure,
  { status }: WireResponse,
  metadata: Readonly<Record<string, unknown>>,
): LlmFailure {
  const requestId = failure.requestId ?? requestIdIn(metadata)
  return { status, ...failure, ...(requestId === undefined ? {} : { requestId }) }
}

function limitsFor(call: Call, target: Target, shareMs: number, stream: boolean): PhaseLimits {
  const { timeouts } = call.snapshot.settings.router
  const firstByteMs =
    timeouts.first_token === undefined ? Number.POSITIVE_INFINITY : timeouts.first_token * 1000
  return {
    connectMs: timeouts.connect * 1000,
    firstByteMs: Math.min(firstByteMs, shareMs),
    idleMs: timeouts.idle * 1000,
    idleCounts: stream ? timeouts.liveness : 'bytes',
    totalMs: Math.min(stream ? firstTokenMs(call) : target.timeoutMs, shareMs),
  }
}

function firstTokenMs(call: Call): number {
  const { first_token } = call.snapshot.settings.router.timeouts
  return first_token === undefined ? DEFAULT_FIRST_TOKEN_MS : first_token * 1000
}

function encodeTarget(call: Call, target: Target, stream: boolean): EncodeTarget {
  const model = modelFor(target, call.request)
  return {
    model,
    sendModel: target.sendModel,
    stream,
    structured: target.capabilities.jsonSchema ? 'native' : 'tool',
    maxTokensParameter: maxTokensParameter(target, model),
    upstream: target.upstream,
  }
}

function send(
  host: ExchangeHost,
  call: Call,
  target: Target,
  encoded: EncodedRequest,
  limits: PhaseLimits,
  scope: Cancellation,
): Promise<WireResponse> {
  const { idempotencyKey } = call.options
  const headers =
    idempotencyKey === undefined
      ? target.headers
      : { ...target.headers, 'idempotency-key': headerSafe(idempotencyKey) }
  const { origin, path } = target
  return host.transportFor(target).send({ origin, path, headers, body: encoded.body }, limits, scope)
}

/** Header values are visible ASCII. */
function headerSafe(value: string): string {
  return value.replace(/[^\x21-\x7e]/g, '_')
}

function classify(
  host: ExchangeHost,
  target: Target,
  { status, headers }: WireResponse,
  text: string,
  { body }: EncodedRequest,
): LlmFailure {
  return target.adapter.classify(status, headers, text, Buffer.byteLength(body), host.clock.wallNow())
}

/** An answer that is given through the answer's tool reaches the reader as text, as the native way does. */
function answerToolAsText(decoder: StreamDecoder, { structured }: EncodeTarget): StreamDecoder {
  if (structured === 'native') return decoder
  const indexes = new Set<number>()
  let given = ''
  const convert = (piece: StreamPiece): StreamPiece => {
    if (piece.type !== 'tool_call_delta') return piece
    if (piece.name === ANSWER_TOOL) indexes.add(piece.index)
    if (!indexes.has(piece.index)) return piece
    given += piece.arguments
    return { type: 'text', text: piece.arguments }
  }
  return {
    get done() {
      return decoder.done
    },
    get text() {
      return given === '' ? decoder.text : given
    },
    get model() {
      return decoder.model
    },
    get usage() {
      return decoder.usage
    },
    push: (event) => {
      const read = decoder.push(event)
      if ('class' in read) return read
      return read.map(convert).filter((piece) => piece.type !== 'text' || piece.text !== '')
    },
    finish: () => decoder.finish(),
  }
}
