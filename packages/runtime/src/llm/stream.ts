// A stream for the caller: commits to a target with its first content, and ends in exactly one of two ways, with a
// finish or with an error.
//
//   S1. Before the first content every failure is handled as in chat; nothing of it is seen.
//   S2. After it a failure is an error that carries the text so far, or, where the configuration says so, a reset or
//       a continuation by another target. Never a clean end.
//   S3. A reader that stops reading stops the socket; one that leaves closes it.

import type { StreamPiece } from './adapters/adapter.ts'
import type { Call } from './call.ts'
import type { LlmFailure } from './errors.ts'
import { discardOpened, judge, readPieces, requestIdIn } from './exchange.ts'
import type { Answered, OpenedStream } from './exchange.ts'
import type { LlmResponse, LlmStreamEvent } from './messages.ts'
import { estimateUsage } from './tokens.ts'
import { TransportError } from './transport/transport.ts'

/** What a stream needs of the router. */
export interface StreamSource {
  /** Begins, with fallback. `broken`: a target that has just broken off, to be avoided; `prefill`: text to go on from. */
  open(broken?: {
    readonly target: string
    readonly prefill: string | undefined
  }): Promise<OpenedStream | Answered | LlmResponse>
  /** The complete answer has arrived: settles everything and makes the response. */
  complete(answered: Answered): Promise<LlmResponse>
  /** It ends otherwise: settles everything. `error` is absent when the reader left. */
  abort(error: Error | undefined): void
  /** The call behind it, once it was opened. */
  call(): Call
}

/** Events of one call, and its response at the end. */
export class LlmStream implements AsyncIterableIterator<LlmStreamEvent> {
  readonly #source: StreamSource
  readonly #ready: LlmStreamEvent[] = []
  #open: OpenedStream | undefined
  /** How many reads were asked for and are not done, and the last of them. */
  #asked = 0
  #lastTurn: Promise<unknown> = Promise.resolve()
  #over = false
  #error: Error | undefined
  /** Text of targets that broke off and were continued. */
  #before = ''
  #sawToolCall = false
  #settle: { resolve: (response: LlmResponse) => void; reject: (error: Error) => void } | undefined
  readonly #final: Promise<LlmResponse>

  constructor(source: StreamSource) {
    this.#source = source
    this.#final = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    // Whoever only iterates learns of the failure there.
    this.#final.catch(() => undefined)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<LlmStreamEvent, undefined>> {
    const event = this.#asked === 0 ? this.#ready.shift() : undefined
    return event === undefined
      ? this.#inTurn(() => this.#advance())
      : Promise.resolve({ value: event, done: false })
  }

  /** The reader leaves: closes the connection and settles what was used. */
  return(): Promise<IteratorResult<LlmStreamEvent, undefined>> {
    if (!this.#over) {
      this.#over = true
      this.#ready.length = 0
      this.#leave()
    }
    return Promise.resolve({ value: undefined, done: true })
  }

  /** The response once the stream is over. Reads it to its end; events that nobody has taken are kept for a reader. */
  async final(): Promise<LlmResponse> {
    while (!this.#over) await this.#inTurn(() => this.#readOn())
    return this.#final
  }

  /** Whoever asks while another waits is served after it, as with a generator. `work` counts itself out. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#asked === 0 ? work() : this.#lastTurn.then(work, work)
    this.#asked++
    this.#lastTurn = turn
    return turn
  }

  async #advance(): Promise<IteratorResult<LlmStreamEvent, undefined>> {
    try {
      for (;;) {
        const event = this.#ready.shift()
        if (event !== undefined) return { value: event, done: false }
        const error = this.#error
        this.#error = undefined
        if (error !== undefined) throw error
        if (this.#over) return { value: undefined, done: true }
        try {
          await this.#step()
        } catch (broken) {
          this.#fail(broken as Error)
        }
      }
    } finally {
      this.#asked--
    }
  }

  async #readOn(): Promise<void> {
    try {
      if (!this.#over) await this.#step()
    } catch (error) {
      this.#fail(error as Error)
    } finally {
      this.#asked--
    }
  }

  /** Begins, or reads on. */
  #step(): Promise<void> {
    return this.#open === undefined ? this.#begin('start') : this.#read(this.#open)
  }

  #leave(): void {
    const gone = { class: 'aborted', message: 'the reader left the stream' } as const
    try {
      const call = this.#source.call()
      call.scope.cancel(gone)
      this.#settle?.reject(call.error(gone))
    } catch (error) {
      // The call could not even begin: the router is closed, or the request is none.
      this.#settle?.reject(error as Error)
    }
    this.#abandon()
    this.#source.abort(undefined)
  }

  async #begin(
    type: 'start' | 'reset' | 'continue',
    broken?: { readonly target: string; readonly prefill: string | undefined },
  ): Promise<void> {
    const opened = await this.#source.open(broken)
    if ('content' in opened) {
      this.#ready.push({ type: 'start', provider: opened.provider, model: opened.model }, ...piecesOf(opened))
      this.#end(opened)
      return
    }
    if (this.#over) {
      discardOpened(opened)
      return
    }
    const { ticket } = opened
    const begin = (): void => {
      if (type !== 'continue') this.#ready.push({ type, provider: ticket.target.name, model: ticket.model })
    }
    if ('answer' in opened) {
      // A whole answer may still be refused by what checks it: then nothing of it is seen.
      const response = await this.#source.complete(opened)
      begin()
      this.#ready.push(...piecesOf(response))
      this.#end(response)
      return
    }
    begin()
    this.#open = opened
    this.#push(opened.pieces)
    if (opened.decoder.done) await this.#finish(opened)
  }

  #push(pieces: readonly StreamPiece[]): void {
    for (const piece of pieces) {
      if (piece.type === 'tool_call_delta') this.#sawToolCall = true
      this.#ready.push(piece)
    }
    if (pieces.length === 0) return
    this.#open?.response.alive()
  }

  async #read(open: OpenedStream): Promise<void> {
    const { response, parser, decoder } = open
    try {
      const read = readPieces(response.readNow() ?? (await response.read()), parser, decoder)
      if (this.#over) return
      if ('failure' in read) {
        this.#push(read.before)
        response.discard()
        await this.#breakOff(open, read.failure)
        return
      }
      this.#push(read.pieces)
      if (read.pieces.length > 0) open.ticket.nextChunk()
      if (read.over || decoder.done) await this.#finish(open)
    } catch (error) {
      if (!(error instanceof TransportError)) throw error
      if (!this.#over) await this.#breakOff(open, error.failure)
    }
  }

  async #finish(open: OpenedStream): Promise<void> {
    const { ticket, metadata, warnings, decoder } = open
    const decoded = decoder.finish()
    const judged = decoded.ok ? judge(this.#source.call(), decoded.answer) : decoded.failure
    if ('class' in judged) {
      open.response.discard()
      await this.#breakOff(open, judged)
      return
    }
    open.response.release()
    this.#open = undefined
    const { request } = this.#source.call()
    const usage = judged.answer.usage ?? estimateUsage(request, judged.answer.content)
    ticket.succeed(judged.answer, usage, requestIdIn(metadata) ?? judged.answer.id)
    const answer = { ...judged.answer, content: this.#before + judged.answer.content }
    this.#end(
      await this.#source.complete({ ticket, answer, object: judged.object, usage, metadata, warnings }),
    )
  }

  #end(response: LlmResponse): void {
    this.#over = true
    this.#ready.push(
      { type: 'usage', usage: response.usage },
      { type: 'finish', finishReason: response.finishReason },
    )
    this.#settle?.resolve(response)
  }

  /** The target died after its first content (S2). */
  async #breakOff(open: OpenedStream, failure: LlmFailure): Promise<void> {
    const call = this.#source.call()
    const { ticket, decoder } = open
    const usage = decoder.usage ?? estimateUsage(call.request, decoder.text)
    this.#open = undefined
    ticket.fail({ ...failure, usage }, Number.POSITIVE_INFINITY, 0)
    const text = this.#before + decoder.text
    if (await this.#takenOver(ticket.target.name, text)) return
    const error = call.error({
      ...failure,
      provider: ticket.target.name,
      model: ticket.model,
      partial: { text, usage },
    })
    this.#ready.push({ type: 'error', error })
    this.#fail(error)
  }

  /** Lets another target begin again, or go on, where the configuration wants that and somebody can. */
  async #takenOver(target: string, text: string): Promise<boolean> {
    const call = this.#source.call()
    const { on_midstream_failure: mode } = call.snapshot.settings.fallback
    if (mode === 'error' || call.scope.reason !== undefined || call.remainingMs() <= 0) return false
    // Half a tool call cannot be gone on from.
    if (mode === 'continue' && (text === '' || this.#sawToolCall)) return false
    const before = this.#before
    try {
      this.#before = mode === 'continue' ? text : ''
      if (mode === 'continue') await this.#begin('continue', { target, prefill: text })
      else await this.#begin('reset', { target, prefill: undefined })
      return true
    } catch {
      // Nobody took over: what is reported is the failure that broke the stream.
      this.#before = before
      return false
    }
  }

  #fail(error: Error): void {
    if (this.#over) return
    this.#over = true
    this.#error = error
    this.#abandon()
    this.#source.abort(error)
    this.#settle?.reject(error)
  }

  /** Nobody will read the rest: what was used so far is estimated. */
  #abandon(): void {
    const open = this.#open
    this.#open = undefined
    if (open === undefined) return
    open.response.discard()
    const told = open.decoder.usage
    const estimated = estimateUsage(this.#source.call().request, open.decoder.text)
    // The figures at the beginning of a stream know the input, not yet the output.
    const outputTokens = Math.max(told?.outputTokens ?? 0, estimated.outputTokens)
    const inputTokens = told?.inputTokens ?? estimated.inputTokens
    open.ticket.abandon({
      ...(told ?? estimated),
      outputTokens,
      totalTokens: inputTokens + outputTokens,
      estimated: true,
    })
  }
}

/** A whole answer as the pieces of a stream, for what was not streamed. */
function piecesOf({ content, toolCalls }: LlmResponse): StreamPiece[] {
  const text: StreamPiece[] = content === '' ? [] : [{ type: 'text', text: content }]
  const calls = toolCalls.map((call, index) => ({
    type: 'tool_call_delta' as const,
    index,
    id: call.id,
    name: call.name,
    arguments: JSON.stringify(call.arguments),
  }))
  return [...text, ...calls]
}
