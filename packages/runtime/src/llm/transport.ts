// Transport: sends one HTTP request and hands back the answer's bytes, with one limit for each phase.
// Leaves to others: what the bytes mean (adapters/), whether to try again (attempts.ts).
//
//   T1. A request that is cancelled or over a limit closes its socket; the promise rejects at once.
//   T2. A keep-alive socket that the server closed just before reuse is replaced, once, unseen by anybody.
//   T3. A slow reader stops the socket: never more than HIGH_WATER bytes wait in memory.

import { Client, Pool } from 'undici'
import type { Dispatcher } from 'undici'
import type { Clock } from './clock.ts'
import type { LlmFailure } from './errors.ts'

export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>

/** What an adapter made of a request: everything but the connection. */
export interface WireRequest {
  readonly origin: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Limits in milliseconds. `firstByteMs` runs until the headers, `totalMs` over everything. */
export interface PhaseLimits {
  readonly connectMs: number
  readonly firstByteMs: number
  readonly idleMs: number
  /** What restarts the idle clock: any byte, or {@link WireResponse.alive}. */
  readonly idleCounts: 'bytes' | 'content'
  readonly totalMs: number
}

export interface WireResponse {
  readonly status: number
  readonly headers: ResponseHeaders
  /** The whole body. Rejects with a {@link TransportError}. */
  text(): Promise<string>
  /** The next bytes, or undefined at the end. */
  read(): Promise<Uint8Array | undefined>
  /** The same without waiting: null when nothing has arrived yet. */
  readNow(): Uint8Array | undefined | null
  /** From here on this limit holds in place of `totalMs` (an accepted stream may run longer than an attempt). */
  extend(totalMs: number): void
  /** Content has arrived: restarts the idle clock where bytes alone do not. */
  alive(): void
  /** Nobody wants the rest: closes the socket. */
  discard(): void
  /** The answer is complete: lets the body end by itself, so that the socket can serve again, but not for long. */
  release(): void
}

/** A call's cancellation, cheaper than an AbortSignal for each attempt. */
export interface Cancellation {
  /** Why it was cancelled; undefined while it was not. */
  readonly reason: LlmFailure | undefined
  /** Calls back when cancelled. Returns the way to stop listening. */
  onCancel(listener: (reason: LlmFailure) => void): () => void
}

/** The router's way to a provider. Injectable, so that a test needs no socket. */
export interface Transport {
  send(request: WireRequest, limits: PhaseLimits, cancellation: Cancellation): Promise<WireResponse>
  /** Waits for what is in flight (`drain`), or breaks it off (`abort`). */
  close(mode: 'drain' | 'abort'): Promise<void>
}

/** A failure below HTTP, or a limit that ran out, already classified. */
export class TransportError extends Error {
  readonly failure: LlmFailure

  constructor(failure: LlmFailure) {
    super(failure.message)
    this.name = 'TransportError'
    this.failure = failure
  }
}

/** How long a server may take to end a body after the provider's own end mark. */
const RELEASE_MS = 250

/** Bytes that may wait for a slow reader before the socket is stopped. */
const HIGH_WATER = 256 * 1024

type ExchangeOptions = Dispatcher.DispatchOptions & { readonly exchange?: Exchange }

/** Tells the exchange whether the socket that it is about to use has served before (T2). */
class ReuseAwareClient extends Client {
  override dispatch(options: ExchangeOptions, handler: Dispatcher.DispatchHandler): boolean {
    if (options.exchange !== undefined) options.exchange.reusedSocket = this.stats.connected
    return super.dispatch(options, handler)
  }
}

/** HTTP over undici: one pool of keep-alive connections for each origin. */
export class UndiciTransport implements Transport {
  readonly #pools = new Map<string, Pool>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async send(request: WireRequest, limits: PhaseLimits, cancellation: Cancellation): Promise<WireResponse> {
    const pool = this.#pool(request.origin, limits.connectMs)
    const endsAt = this.#clock.now() + limits.totalMs
    try {
      return await new Exchange(this.#clock, limits, cancellation).start(pool, request)
    } catch (error) {
      if (!(error instanceof StaleSocketError)) throw error
      // A client of its own: another socket of the pool may be as stale as this one.
      const fresh = new Client(request.origin, poolOptions(limits.connectMs))
      const left = { ...limits, totalMs: endsAt - this.#clock.now() }
      try {
        return await new Exchange(this.#clock, left, cancellation).start(fresh, request)
      } finally {
        void fresh.close()
      }
    }
  }

  async close(mode: 'drain' | 'abort'): Promise<void> {
    const pools = [...this.#pools.values()]
    this.#pools.clear()
    await Promise.all(pools.map((pool) => (mode === 'drain' ? pool.close() : pool.destroy())))
  }

  #pool(origin: string, connectMs: number): Pool {
    let pool = this.#pools.get(origin)
    if (pool === undefined) {
      pool = new Pool(origin, {
        ...poolOptions(connectMs),
        factory: (base, options) => new ReuseAwareClient(base, options),
      })
      this.#pools.set(origin, pool)
    }
    return pool
  }
}

function poolOptions(connectMs: number): Client.Options {
  return {
    // The router's own clock limits each phase; this one only frees sockets that never connected.
    connect: { timeout: Math.max(connectMs * 2, 1000) },
    headersTimeout: 0,
    bodyTimeout: 0,
  }
}

/** The server had closed the kept connection before it saw the request. */
class StaleSocketError extends Error {}

type Phase = 'connect' | 'headers' | 'body' | 'done'

/** One request and its answer, as undici's handler. */
class Exchange implements Dispatcher.DispatchHandler, WireResponse {
  status = 0
  headers: ResponseHeaders = {}
  readonly #clock: Clock
  readonly #limits: PhaseLimits
  readonly #cancellation: Cancellation
  /** Set by the client just before it sends. */
  reusedSocket = false
  #phase: Phase = 'connect'
  #controller: Dispatcher.DispatchController | undefined
  #started: { resolve: (response: WireResponse) => void; reject: (error: Error) => void } | undefined
  #waiting: { resolve: (chunk: Uint8Array | undefined) => void; reject: (error: Error) => void } | undefined
  readonly #chunks: Uint8Array[] = []
  #buffered = 0
  #whole = false
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

  start(dispatcher: Dispatcher, request: WireRequest): Promise<WireResponse> {
    return new Promise((resolve, reject) => {
      this.#started = { resolve, reject }
      this.#stopListening = this.#cancellation.onCancel((reason) => this.#fail(new TransportError(reason)))
      this.extend(this.#limits.totalMs)
      this.#limitPhase('connect', this.#limits.connectMs)
      const options: ExchangeOptions = {
        origin: request.origin,
        path: request.path,
        method: 'POST',
        headers: request.headers,
        body: request.body,
        exchange: this,
      }
      dispatcher.dispatch(options, this)
    })
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#failure !== undefined) {
      controller.abort(this.#failure)
      return
    }
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
    this.#started?.resolve(this)
    this.#started = undefined
  }

  onResponseData(_controller: unknown, chunk: Buffer): void {
    if (this.#released) return
    if (this.#limits.idleCounts === 'bytes') this.alive()
    if (this.#waiting !== undefined && !this.#whole) {
      const { resolve } = this.#waiting
      this.#waiting = undefined
      resolve(chunk)
      return
    }
    this.#chunks.push(chunk)
    this.#buffered += chunk.length
    if (this.#buffered > HIGH_WATER && !this.#whole) this.#controller?.pause()
  }

  onResponseEnd(): void {
    this.#settle()
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.resolve(undefined)
  }

  onResponseError(_controller: unknown, error: Error): void {
    if (
      this.#failure === undefined &&
      this.#phase === 'headers' &&
      this.reusedSocket &&
      isSocketClosed(error)
    )
      this.#fail(new StaleSocketError(error.message))
    else this.#fail(new TransportError(classifyTransport(error, this.#phase)))
  }

  async text(): Promise<string> {
    this.#whole = true
    if (this.#controller?.paused === true) this.#controller.resume()
    if (this.#phase === 'body' && this.#failure === undefined)
      await new Promise<Uint8Array | undefined>((resolve, reject) => {
        this.#waiting = { resolve, reject }
      })
    if (this.#failure !== undefined) throw this.#failure
    const [only] = this.#chunks
    const bytes = this.#chunks.length === 1 && only !== undefined ? only : Buffer.concat(this.#chunks)
    this.#chunks.length = 0
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  }

  readNow(): Uint8Array | undefined | null {
    const chunk = this.#chunks.shift()
    if (chunk !== undefined) {
      this.#buffered -= chunk.length
      if (this.#buffered <= HIGH_WATER / 2 && this.#controller?.paused === true) {
        // While the reader was slow the server could not send: its silence was ours.
        this.#lastByteAt = this.#clock.now()
        this.#controller.resume()
      }
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
      this.#fail(new TransportError({ class: 'timeout', message: `no complete answer after ${ms(totalMs)}` }))
    })
  }

  alive(): void {
    this.#lastByteAt = this.#clock.now()
  }

  discard(): void {
    this.#fail(new TransportError({ class: 'aborted', message: 'the rest of the answer was not wanted' }))
  }

  release(): void {
    if (this.#phase === 'done') return
    this.#released = true
    this.#chunks.length = 0
    if (this.#controller?.paused === true) this.#controller.resume()
    this.#stopPhaseTimer?.()
    this.#stopPhaseTimer = this.#clock.setTimer(RELEASE_MS, () => {
      this.discard()
    })
  }

  #limitPhase(phase: 'connect' | 'headers', limitMs: number): void {
    this.#stopPhaseTimer?.()
    this.#stopPhaseTimer = undefined
    // A limit that ends after the total one would only cost a timer.
    if (this.#clock.now() + limitMs >= this.#totalEndsAt) return
    this.#stopPhaseTimer = this.#clock.setTimer(limitMs, () => {
      this.#fail(new TransportError(phaseTimeout(phase, limitMs)))
    })
  }

  /** Not restarted for every chunk: when it fires, it looks at when the last one came. */
  #watchIdle(delayMs: number): void {
    this.#stopPhaseTimer?.()
    this.#stopPhaseTimer = undefined
    const limitMs = this.#limits.idleMs
    this.#stopPhaseTimer = this.#clock.setTimer(delayMs, () => {
      // While the reader holds the socket back, the silence is ours.
      const quietMs = this.#controller?.paused === true ? 0 : this.#clock.now() - this.#lastByteAt
      if (quietMs >= limitMs - 1) this.#fail(new TransportError(phaseTimeout('idle', limitMs)))
      else this.#watchIdle(limitMs - quietMs)
    })
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined || this.#phase === 'done') return
    this.#failure = error
    this.#settle()
    this.#controller?.abort(error)
    const started = this.#started
    const waiting = this.#waiting
    this.#started = undefined
    this.#waiting = undefined
    started?.reject(error)
    waiting?.reject(error)
  }

  #settle(): void {
    this.#phase = 'done'
    this.#stopPhaseTimer?.()
    this.#stopTotalTimer?.()
    this.#stopListening?.()
  }
}

function phaseTimeout(phase: 'connect' | 'headers' | 'idle', limitMs: number): LlmFailure {
  if (phase === 'connect') return { class: 'connect', message: `no connection after ${ms(limitMs)}` }
  if (phase === 'headers') return { class: 'timeout', message: `no first token after ${ms(limitMs)}` }
  return { class: 'timeout', message: `the answer stalled for ${ms(limitMs)}` }
}

function ms(value: number): string {
  return `${Math.round(value)} ms`
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

function codeOf(error: Error): string {
  const { code } = error as { code?: unknown }
  if (typeof code === 'string') return code
  // Node tries several addresses of a name and reports all of their failures together.
  const [first] = (error as { errors?: unknown[] }).errors ?? []
  return first instanceof Error ? codeOf(first) : ''
}

function isSocketClosed(error: Error): boolean {
  return SOCKET_CLOSED_CODES.has(codeOf(error))
}

function classifyTransport(error: Error, phase: Phase): LlmFailure {
  const code = codeOf(error)
  const what = code === '' ? error.name : code
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
