// Circuit breaker: stops sending to a target that keeps failing, and lets one probe through after a pause.
// Leaves to others: what counts as the provider's fault (decisions.ts), and being asked to wait (parking.ts).
//
//   B1. Opens on enough failures in the rolling window, a high enough share of them, and enough calls.
//   B2. Half-open lets one probe through; the others are refused, so that they go on to the next target.
//   B3. A probe that never reports back loses its turn after a lease, so a lost one cannot block the target.
//   B4. A failed probe doubles the pause up to a cap; a success closes and forgets everything.
//   B5. Only calls that began in the present state count: one that began before the circuit opened, and ends while
//       the probe is in flight, is not taken for the probe.

import type { FallbackSettings } from './config.ts'

/** Figures in milliseconds. */
export interface BreakerSettings {
  readonly enabled: boolean
  readonly failureThreshold: number
  readonly windowMs: number
  readonly minVolume: number
  readonly failureRate: number
  readonly cooldownMs: number
  readonly maxCooldownMs: number
}

/** Calls and failures that ended in one slice of the window. */
interface Bucket {
  readonly startedAt: number
  readonly calls: number
  readonly failures: number
}

export type CircuitState =
  | { readonly kind: 'closed'; readonly buckets: readonly Bucket[] }
  | { readonly kind: 'open'; readonly until: number; readonly cooldownMs: number }
  /** `probeUntil`: when the probe in flight loses its turn; undefined when none is in flight. */
  | { readonly kind: 'half-open'; readonly probeUntil: number | undefined; readonly cooldownMs: number }

/**
 * `call`: may one be sent? `success`, `failure`: how it ended. `abandon`: it ended without saying anything about the
 * target (the caller gave up, or the failure was not the provider's fault).
 */
export type CircuitEvent = 'call' | 'success' | 'failure' | 'abandon'

export const CLOSED: CircuitState = { kind: 'closed', buckets: [] }

const BUCKETS = 10

/** How long a probe may be in flight before another is let through. */
const PROBE_LEASE_MS = 120_000

export function breakerSettings(config: FallbackSettings['circuit_breaker']): BreakerSettings {
  return {
    enabled: config.enabled,
    failureThreshold: config.failure_threshold,
    windowMs: config.window_seconds * 1000,
    minVolume: config.min_volume ?? Math.min(5, config.failure_threshold),
    failureRate: config.failure_rate,
    cooldownMs: config.cooldown_seconds * 1000,
    maxCooldownMs: Math.max(config.max_cooldown_seconds, config.cooldown_seconds) * 1000,
  }
}

/** Whether a call may be sent in this state. `now` is a monotonic clock in milliseconds. */
export function isAdmitted(state: CircuitState, now: number): boolean {
  if (state.kind === 'closed') return true
  if (state.kind === 'open') return now >= state.until
  return state.probeUntil === undefined || now >= state.probeUntil
}

/** `now` is a monotonic clock in milliseconds: a jump of the wall clock must not close a circuit. */
export function nextState(
  state: CircuitState,
  event: CircuitEvent,
  now: number,
  settings: BreakerSettings,
): CircuitState {
  switch (state.kind) {
    case 'closed':
      return event === 'success' || event === 'failure' ? count(state.buckets, event, now, settings) : state
    case 'open':
      // A call that began before the circuit opened says nothing new.
      if (event !== 'call' || now < state.until) return state
      return { kind: 'half-open', probeUntil: now + PROBE_LEASE_MS, cooldownMs: state.cooldownMs }
    case 'half-open':
      if (event === 'call')
        return isAdmitted(state, now) ? { ...state, probeUntil: now + PROBE_LEASE_MS } : state
      if (event === 'success') return CLOSED
      if (event === 'abandon') return { ...state, probeUntil: undefined }
      return open(now, Math.min(state.cooldownMs * 2, settings.maxCooldownMs))
  }
}

function count(
  buckets: readonly Bucket[],
  event: 'success' | 'failure',
  now: number,
  settings: BreakerSettings,
): CircuitState {
  const width = settings.windowMs / BUCKETS
  const startedAt = Math.floor(now / width) * width
  // A slice counts until its last moment is out of the window.
  const recent = buckets.filter((bucket) => bucket.startedAt + width > now - settings.windowMs)
  const current = recent.at(-1)
  const same = current?.startedAt === startedAt
  const before = same ? current : { startedAt, calls: 0, failures: 0 }
  const after = {
    startedAt,
    calls: before.calls + 1,
    failures: before.failures + (event === 'failure' ? 1 : 0),
  }
  const next = [...(same ? recent.slice(0, -1) : recent), after]
  if (event === 'failure') {
    const calls = sum(next, 'calls')
    const failures = sum(next, 'failures')
    if (
      failures >= settings.failureThreshold &&
      calls >= settings.minVolume &&
      failures / calls >= settings.failureRate
    )
      return open(now, settings.cooldownMs)
  }
  return { kind: 'closed', buckets: next }
}

function sum(buckets: readonly Bucket[], key: 'calls' | 'failures'): number {
  return buckets.reduce((total, bucket) => total + bucket[key], 0)
}

function open(now: number, cooldownMs: number): CircuitState {
  return { kind: 'open', until: now + cooldownMs, cooldownMs }
}

/** Leave for one call, to be handed back with how it ended. Void once the circuit has changed (B5). */
export type Turn = number

/** One circuit. Holds the state; the rule is {@link nextState}. */
export class CircuitBreaker {
  #state: CircuitState = CLOSED
  #turn: Turn = 0
  #settings: BreakerSettings
  readonly #onChange: (state: CircuitState) => void

  constructor(settings: BreakerSettings, onChange: (state: CircuitState) => void = () => undefined) {
    this.#settings = settings
    this.#onChange = onChange
  }

  get state(): CircuitState {
    return this.#state
  }

  set settings(settings: BreakerSettings) {
    this.#settings = settings
  }

  /** Asks for leave to send one call; where it is given, {@link report} must follow. */
  tryCall(now: number): Turn | undefined {
    if (this.#settings.enabled && this.#state.kind !== 'closed') {
      if (!isAdmitted(this.#state, now)) return undefined
      this.#turn++
      this.#move('call', now)
    }
    return this.#turn
  }

  /** How long until a call may be let through; 0 when one may at once. */
  waitMs(now: number): number {
    const state = this.#state
    if (!this.#settings.enabled || isAdmitted(state, now)) return 0
    return (
      (state.kind === 'open' ? state.until : state.kind === 'half-open' ? (state.probeUntil ?? now) : now) -
      now
    )
  }

  report(event: 'success' | 'failure' | 'abandon', turn: Turn, now: number): void {
    if (this.#settings.enabled && turn === this.#turn) this.#move(event, now)
  }

  /** Another process found the target broken: open here too, for as long. */
  openUntil(until: number, now: number): void {
    if (!this.#settings.enabled || until <= now) return
    if (this.#state.kind === 'open' && this.#state.until >= until) return
    this.#set({ kind: 'open', until, cooldownMs: this.#settings.cooldownMs })
  }

  #move(event: CircuitEvent, now: number): void {
    this.#set(nextState(this.#state, event, now, this.#settings))
  }

  #set(state: CircuitState): void {
    const before = this.#state.kind
    this.#state = state
    if (state.kind === before) return
    // The call that leads to half-open has its turn already.
    if (state.kind !== 'half-open') this.#turn++
    this.#onChange(state)
  }
}
