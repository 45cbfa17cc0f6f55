// Limiter: how many tokens and calls may leave in a sliding window.
//
//   L1. Reserve before sending, settle after: what is in flight counts.
//   L2. The window slides: a slice is forgotten only when its last moment is a window ago, so two bursts around a
//       minute's edge never fit into one minute.
//   L3. A settlement corrects the slice in which the reservation was made, and nothing once that is forgotten.

import type { RouterSettings } from './config.ts'

export interface LimiterSettings {
  readonly windowMs: number
  readonly tokenLimit: number
  readonly requestLimit: number
}

const WINDOWS = { second: 1000, minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const

export function limiterSettings(config: RouterSettings['features']['ai_rate_limiting']): LimiterSettings {
  return {
    windowMs: typeof config.window === 'number' ? config.window * 1000 : WINDOWS[config.window],
    tokenLimit: config.token_limit ?? Number.POSITIVE_INFINITY,
    requestLimit: config.request_limit ?? Number.POSITIVE_INFINITY,
  }
}

interface Slice {
  readonly index: number
  tokens: number
  requests: number
}

/** What a call holds until it is settled. */
export interface Reservation {
  readonly index: number
  readonly tokens: number
  settled: boolean
}

/** The answer to "may this be sent?". `never`: it is larger than the limit itself. */
export type Admission =
  | { readonly kind: 'admitted'; readonly reservation: Reservation }
  | { readonly kind: 'wait'; readonly waitMs: number }
  | { readonly kind: 'never' }

const SLICES = 60

export class SlidingLimiter {
  readonly #settings: LimiterSettings
  readonly #slices: Slice[] = []
  /** What other processes of this host used in the same window. */
  #foreign = { tokens: 0, requests: 0 }

  constructor(settings: LimiterSettings) {
    this.#settings = settings
  }

  /** `now` is monotonic milliseconds. */
  reserve(tokens: number, now: number): Admission {
    const { tokenLimit, requestLimit } = this.#settings
    if (tokens > tokenLimit) return { kind: 'never' }
    const used = this.usage(now)
    if (
      used.tokens + this.#foreign.tokens + tokens > tokenLimit ||
      used.requests + this.#foreign.requests + 1 > requestLimit
    )
      return { kind: 'wait', waitMs: this.#waitMs(tokens, now) }
    return { kind: 'admitted', reservation: this.force(tokens, now) }
  }

  /** Counts without asking (enforcement `log`). */
  force(tokens: number, now: number): Reservation {
    const index = Math.floor(now / this.#width)
    let slice = this.#slices.at(-1)
    if (slice?.index !== index) {
      slice = { index, tokens: 0, requests: 0 }
      this.#slices.push(slice)
    }
    slice.tokens += tokens
    slice.requests += 1
    return { index, tokens, settled: false }
  }

  /** Replaces what was reserved by what was used. A call that was never sent gives its place back as well. */
  settle(reservation: Reservation, usedTokens: number, sent: boolean): void {
    if (reservation.settled) return
    reservation.settled = true
    const slice = this.#slices.find(({ index }) => index === reservation.index)
    if (slice === undefined) return
    slice.tokens = Math.max(0, slice.tokens + usedTokens - reservation.tokens)
    if (!sent) slice.requests -= 1
  }

  usage(now: number): { tokens: number; requests: number } {
    while (this.#slices[0] !== undefined && this.#endsAt(this.#slices[0].index) <= now) this.#slices.shift()
    let tokens = 0
    let requests = 0
    for (const slice of this.#slices) {
      tokens += slice.tokens
      requests += slice.requests
    }
    return { tokens, requests }
  }

  set foreignUsage(usage: { tokens: number; requests: number }) {
    this.#foreign = usage
  }

  get #width(): number {
    return this.#settings.windowMs / SLICES
  }

  /** When the slice with the given index is out of every window. */
  #endsAt(index: number): number {
    return (index + 1) * this.#width + this.#settings.windowMs
  }

  /** Until enough of the oldest slices are forgotten; a whole window when others hold the limit. */
  #waitMs(tokens: number, now: number): number {
    let freeTokens = this.#settings.tokenLimit - tokens - this.#foreign.tokens
    let freeRequests = this.#settings.requestLimit - 1 - this.#foreign.requests
    for (const slice of this.#slices) {
      freeTokens -= slice.tokens
      freeRequests -= slice.requests
    }
    for (const slice of this.#slices) {
      freeTokens += slice.tokens
      freeRequests += slice.requests
      if (freeTokens >= 0 && freeRequests >= 0) return Math.max(1, this.#endsAt(slice.index) - now)
    }
    return this.#settings.windowMs
  }
}
