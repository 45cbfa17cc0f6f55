// The router's way to a provider: one HTTP request, and its answer as bytes.

import type { LlmFailure } from '../errors.ts'

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
  /** The whole body; of an error's, as much as is worth reading. Rejects with a {@link TransportError}. */
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
