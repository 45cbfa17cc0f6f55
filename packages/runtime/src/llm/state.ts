// What the router knows beyond one call: circuits, parking, places in flight, speeds. Survives a config reload:
// a target that keeps its address and model keeps its state.

import { CircuitBreaker } from './breaker.ts'
import type { BreakerSettings, Turn } from './breaker.ts'
import { Parking } from './parking.ts'
import type { Target } from './targets.ts'

/** Weight of the newest sample. */
const SMOOTHING = 0.3

/** Remembered conversations for `sticky`, the oldest dropped first. */
const MAX_CONVERSATIONS = 10_000

interface TargetStats {
  latencyMs: number | undefined
  inFlight: number
  /** Tokens lately used, halved every minute. */
  tokens: number
  tokensAt: number
  readonly waiting: (() => void)[]
}

type Outcome = 'success' | 'failure' | 'abandon'

/** Leave to send one call to a target. How it ended must be reported once, for its host and for itself. */
export class Permit {
  readonly target: Target
  readonly #host: readonly [CircuitBreaker, Turn]
  readonly #own: readonly [CircuitBreaker, Turn]

  constructor(target: Target, host: readonly [CircuitBreaker, Turn], own: readonly [CircuitBreaker, Turn]) {
    this.target = target
    this.#host = host
    this.#own = own
  }

  report(host: Outcome, own: Outcome, now: number): void {
    this.#host[0].report(host, this.#host[1], now)
    this.#own[0].report(own, this.#own[1], now)
  }
}

export class RouterState {
  readonly parking = new Parking()
  readonly #breakers = new Map<string, CircuitBreaker>()
  readonly #stats = new Map<string, TargetStats>()
  readonly #conversations = new Map<string, string>()
  #settings: BreakerSettings
  readonly #onCircuitChange: (key: string) => void

  constructor(settings: BreakerSettings, onCircuitChange: (key: string) => void) {
    this.#settings = settings
    this.#onCircuitChange = onCircuitChange
  }

  set breakerSettings(settings: BreakerSettings) {
    this.#settings = settings
    for (const breaker of this.#breakers.values()) breaker.settings = settings
  }

  /** `key` is a target's key or a host's. */
  breaker(key: string): CircuitBreaker {
    let breaker = this.#breakers.get(key)
    if (breaker === undefined) {
      breaker = new CircuitBreaker(this.#settings, () => this.#onCircuitChange(key))
      this.#breakers.set(key, breaker)
    }
    return breaker
  }

  breakers(): IterableIterator<[string, CircuitBreaker]> {
    return this.#breakers.entries()
  }

  /** Asks both circuits for leave; a refusal of the second gives the first its turn back. */
  tryCall(target: Target, now: number): Permit | undefined {
    const host = this.breaker(target.hostKey)
    const hostTurn = host.tryCall(now)
    if (hostTurn === undefined) return undefined
    const own = this.breaker(target.key)
    const ownTurn = own.tryCall(now)
    if (ownTurn !== undefined) return new Permit(target, [host, hostTurn], [own, ownTurn])
    host.report('abandon', hostTurn, now)
    return undefined
  }

  circuitWaitMs(target: Target, now: number): number {
    return Math.max(this.breaker(target.hostKey).waitMs(now), this.breaker(target.key).waitMs(now))
  }

  hasPlace(target: Target): boolean {
    return this.#statsOf(target).inFlight < target.maxConcurrency
  }

  enter(target: Target): void {
    this.#statsOf(target).inFlight++
  }

  leave(target: Target): void {
    const stats = this.#statsOf(target)
    stats.inFlight--
    stats.waiting.shift()?.()
  }

  /** Calls back when a place at the target may have become free. Returns the way to stop waiting. */
  onPlace(target: Target, callback: () => void): () => void {
    const { waiting } = this.#statsOf(target)
    waiting.push(callback)
    return () => {
      const index = waiting.indexOf(callback)
      if (index !== -1) waiting.splice(index, 1)
    }
  }

  recordLatency(target: Target, ms: number): void {
    const stats = this.#statsOf(target)
    stats.latencyMs =
      stats.latencyMs === undefined ? ms : stats.latencyMs + SMOOTHING * (ms - stats.latencyMs)
  }

  recordTokens(target: Target, tokens: number, now: number): void {
    const stats = this.#statsOf(target)
    stats.tokens = decayed(stats, now) + tokens
    stats.tokensAt = now
  }

  /** Undefined until the target has answered once: an unknown speed is worth finding out. */
  latencyMs(target: Target): number | undefined {
    return this.#statsOf(target).latencyMs
  }

  recentTokens(target: Target, now: number): number {
    return decayed(this.#statsOf(target), now)
  }

  remember(conversation: string, target: Target): void {
    this.#conversations.delete(conversation)
    this.#conversations.set(conversation, target.name)
    const [oldest] = this.#conversations.keys()
    if (this.#conversations.size > MAX_CONVERSATIONS && oldest !== undefined)
      this.#conversations.delete(oldest)
  }

  remembered(conversation: string): string | undefined {
    return this.#conversations.get(conversation)
  }

  #statsOf(target: Target): TargetStats {
    let stats = this.#stats.get(target.key)
    if (stats === undefined) {
      stats = { latencyMs: undefined, inFlight: 0, tokens: 0, tokensAt: 0, waiting: [] }
      this.#stats.set(target.key, stats)
    }
    return stats
  }
}

function decayed({ tokens, tokensAt }: TargetStats, now: number): number {
  return tokens === 0 ? 0 : tokens * 0.5 ** ((now - tokensAt) / 60_000)
}
