// One request and its answer, with one limit for each phase.
// Leaves to others: what the bytes mean (adapters/), whether to try again (attempts.ts).
//
//   T1. A request that is cancelled or over a limit closes its socket; the promise rejects at once.
//   T2. A kept socket that the server closed just before reuse is told apart, so that the request can be sent again.
//   T3. A slow reader stops the socket: never more than HIGH_WATER bytes wait in memory.
//   T4. A body that is read whole has a size that memory can bear.

import type { Transform } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { Clock } from '../clock.ts'
import type { LlmFailure } from '../errors.ts'
import type { Loan } from './connections.ts'
import { contentDecoder } from './content-decoding.ts'
import { classifyTransport, isSocketClosed, phaseTimeout } from './failure.ts'
import type { Phase } from './failure.ts'
import { TransportError } from './transport.ts'
import type { Cancellation, PhaseLimits, ResponseHeaders, WireRequest, WireResponse } from './transport.ts'

/** How long a server may take to end a body after the provider's own end mark. */
const RELEASE_MS = 250

/** Bytes that may wait for a slow reader before the socket is stopped. */
const HIGH_WATER = 256 * 1024

/** The longest answers of today have some hundred kilobytes. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024

/** Of an error's body only the beginning says anything. */
const MAX_ERROR_BYTES = 256 * 1024

/** The server had closed the kept connection before it saw the request. */
export class StaleSocketError extends Error {}

/** Resolves and rejects a promise from outside. */
interface Waiter<T> {
  readonly resolve: (value: T) => void
  readonly reject: (error: Error) => void
}

/** undici's handler of the request, and what the router reads the answer from. */
export class HttpExchange implements Dispatcher.DispatchHandler, WireResponse {
  status = 0
  headers: ResponseHeaders = {}
  readonly #clock: Clock
  readonly #limits: PhaseLimits
  readonly #cancellation: Cancellation
  #loan: Loan | undefined
  #phase: Phase = 'connect'
  #controller: Dispatcher.DispatchController | undefined
  #decoder: Transform | undefined
  #started: Waiter<WireResponse> | undefined
  #waiting: Waiter<Uint8Array | undefined> | undefined
  readonly #chunks: Uint8Array[] = []
  #buffered = 0
  /** A slow reader holds the socket back. */
  #held = false
  /** The body is read by `text()`. */
  #whole = false
  /** An error's body was long enough. */
  #enough = false
  #released = false
  #failure: Error | undefined
  #lastByteAt = 0
  #totalEndsAt = 0
  #stopPhaseTimer: (() => void) | undefined
  #stopTotalTimer: (() => void) | undefined
  #stopListening: (() => void) | undefined

  constructor(clock: Clock, limits: PhaseLimits, cancellation: Cancellation) {
    this.#clock = clock
    this.#limits = limits
    this.#cancellation = cancellation
  }

  start(loan: Loan, { origin, path, headers, body }: WireRequest): Promise<WireResponse> {
    this.#loan = loan
    return new Promise((resolve, reject) => {
      this.#started = { resolve, reject }
      this.#stopListening = this.#cancellation.onCancel((reason) => this.#fail(new TransportError(reason)))
      if (this.#failure !== undefined) return
      this.extend(this.#limits.totalMs)
      this.#limitPhase('connect', this.#limits.connectMs)
      loan.client.dispatch({ origin, path, method: 'POST', headers, body }, this)
    })
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    this.#phase = 'headers'
    this.#limitPhase('headers', this.#limits.firstByteMs)
  }

  onResponseStart(_controller: unknown, statusCode: number, headers: ResponseHeaders): void {
    if (statusCode < 200) return
    this.status = statusCode
    this.headers = headers
    this.#phase = 'body'
    this.#lastByteAt = this.#clock.now()
    this.#watchIdle(this.#limits.idleMs)
    this.#decode(headers['content-encoding'])
    this.#started?.resolve(this)
    this.#started = undefined
  }

  onResponseData(_controller: unknown, chunk: Buffer): void {
    if (this.#failure !== undefined) return
    if (this.#limits.idleCounts === 'bytes') this.alive()
    if (this.#decoder === undefined) this.#take(chunk)
    else if (!this.#decoder.write(chunk)) this.#controller?.pause()
  }

  onResponseEnd(): void {
    this.#loan?.giveBack()
    this.#loan = undefined
    if (this.#decoder === undefined) this.#end()
    else this.#decoder.end()
  }

  onResponseError(_controller: unknown, error: Error): void {
    const stale = this.#phase === 'headers' && this.#loan?.reused === true && isSocketClosed(error)
    this.#fail(
      stale ? new StaleSocketError(error.message) : new TransportError(classifyTransport(error, this.#phase)),
    )
  }

  async text(): Promise<string> {
    this.#whole = true
    this.#resume()
    this.#checkSize()
    if (this.#phase === 'body' && this.#failure === undefined)
      await new Promise<Uint8Array | undefined>((resolve, reject) => {
        this.#waiting = { resolve, reject }
      })
    if (this.#failure !== undefined && !this.#enough) throw this.#failure
    const [only] = this.#chunks
    const bytes = this.#chunks.length === 1 && only !== undefined ? only : Buffer.concat(this.#chunks)
    this.#chunks.length = 0
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  }

  readNow(): Uint8Array | undefined | null {
    const chunk = this.#chunks.shift()
    if (chunk !== undefined) {
      this.#buffered -= chunk.length
      if (this.#buffered <= HIGH_WATER / 2) this.#resume()
      return chunk
    }
    if (this.#failure !== undefined) throw this.#failure
    return this.#phase === 'done' ? undefined : null
  }

  async read(): Promise<Uint8Array | undefined> {
    const ready = this.readNow()
    if (ready !== null) return ready
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
    })
  }

  extend(totalMs: number): void {
    this.#stopTotalTimer?.()
    this.#totalEndsAt = this.#clock.now() + totalMs
    this.#stopTotalTimer = undefined
    if (this.#phase === 'done') return
    this.#stopTotalTimer = this.#clock.setTimer(totalMs, () => {
      this.#failAs(phaseTimeout('total', totalMs))
    })
  }

  alive(): void {
    this.#lastByteAt = this.#clock.now()
  }

  discard(): void {
    this.#failAs({ class: 'aborted', message: 'the rest of the answer was not wanted' })
  }

  release(): void {
    if (this.#phase === 'done') return
    this.#released = true
    this.#chunks.length = 0
    this.#resume()
    this.#stopPhaseTimer?.()
    this.#stopPhaseTimer = this.#clock.setTimer(RELEASE_MS, () => {
      this.discard()
    })
  }

  /** Puts a decoder between the socket and the reader where the body is compressed. */
  #decode(encoding: string | string[] | undefined): void {
    const decoder = contentDecoder(Array.isArray(encoding) ? encoding.join(', ') : encoding)
    if (decoder === undefined) return
    if (decoder === null) {
      this.#failAs({ class: 'malformed_response', message: 'the answer has an unknown content-encoding' })
      return
    }
    this.#decoder = decoder
    decoder.on('data', (chunk: Buffer) => this.#take(chunk))
    decoder.on('drain', () => this.#controller?.resume())
    decoder.on('end', () => this.#end())
    decoder.on('error', (cause) => {
      const message = 'the compressed answer is broken'
      this.#failAs({ class: 'malformed_response', message, cause })
    })
  }

  #take(chunk: Uint8Array): void {
    if (this.#released) return
    if (this.#waiting !== undefined && !this.#whole) {
      const { resolve } = this.#waiting
      this.#waiting = undefined
      resolve(chunk)
      return
    }
    this.#chunks.push(chunk)
    this.#buffered += chunk.length
    if (this.#whole) this.#checkSize()
    else if (this.#buffered > HIGH_WATER) this.#hold()
  }

  #checkSize(): void {
    const good = this.status < 300
    if (this.#buffered <= (good ? MAX_ANSWER_BYTES : MAX_ERROR_BYTES)) return
    if (good) {
      this.#failAs({ class: 'malformed_response', message: `the answer is over ${MAX_ANSWER_BYTES} bytes` })
      return
    }
    this.#enough = true
    this.#waiting?.resolve(undefined)
    this.#waiting = undefined
    this.discard()
  }

  #hold(): void {
    this.#held = true
    if (this.#decoder === undefined) this.#controller?.pause()
    else this.#decoder.pause()
  }

  #resume(): void {
    if (!this.#held) return
    this.#held = false
    // While the reader was slow the server could not send: its silence was ours.
    this.#lastByteAt = this.#clock.now()
    if (this.#decoder === undefined) this.#controller?.resume()
    else this.#decoder.resume()
  }

  #limitPhase(phase: 'connect' | 'headers', limitMs: number): void {
    this.#stopPhaseTimer?.()
    this.#stopPhaseTimer = undefined
    // A limit that ends after the total one would only cost a timer.
    if (this.#clock.now() + limitMs >= this.#totalEndsAt) return
    this.#stopPhaseTimer = this.#clock.setTimer(limitMs, () => {
      this.#failAs(phaseTimeout(phase, limitMs))
    })
  }

  /** Not restarted for every chunk: when it fires, it looks at when the last one came. */
  #watchIdle(delayMs: number): void {
    this.#stopPhaseTimer?.()
    this.#stopPhaseTimer = undefined
    const limitMs = this.#limits.idleMs
    this.#stopPhaseTimer = this.#clock.setTimer(delayMs, () => {
      // While the reader holds the socket back, the silence is ours.
      const quietMs = this.#held ? 0 : this.#clock.now() - this.#lastByteAt
      if (quietMs >= limitMs - 1) this.#failAs(phaseTimeout('idle', limitMs))
      else this.#watchIdle(limitMs - quietMs)
    })
  }

  #end(): void {
    if (this.#phase === 'done') return
    this.#settle()
    this.#waiting?.resolve(undefined)
    this.#waiting = undefined
  }

  #failAs(failure: LlmFailure): void {
    this.#fail(new TransportError(failure))
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined || this.#phase === 'done') return
    this.#failure = error
    this.#settle()
    this.#decoder?.destroy()
    this.#loan?.drop()
    this.#started?.reject(error)
    this.#waiting?.reject(error)
    this.#started = undefined
    this.#waiting = undefined
  }

  #settle(): void {
    this.#phase = 'done'
    this.#stopPhaseTimer?.()
    this.#stopTotalTimer?.()
    this.#stopListening?.()
  }
}
