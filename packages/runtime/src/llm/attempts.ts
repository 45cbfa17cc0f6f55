// The attempt loop: one target after the other, each again where that may help, until one answers.
// Leaves to others: what one attempt is (exchange.ts), in which order (select.ts), what a failure means
// (decisions.ts). The loop knows no provider and no wire.
//
//   L1. Nothing is sent after the deadline, and no wait goes beyond it.
//   L2. While others are left, no target gets more than its share of what remains of the deadline.
//   L3. A target whose circuit is open or that asked to be left alone is passed over, and waited for only when
//       nobody else is left.

import type { Call } from './call.ts'
import type { Clock } from './clock.ts'
import { decide, retryDelayMs } from './decisions.ts'
import { exhaustedError, nobodyReadyError } from './exhausted.ts'
import type { Failed, Skipped } from './exhausted.ts'
import type { LlmError, LlmFailure } from './errors.ts'
import type { Permit, RouterState } from './state.ts'
import type { Target } from './targets.ts'

export type AttemptResult<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: LlmFailure }

/** Sends one request. `shareMs` is what the attempt may take at most; `others` are next in line, for a hedge. */
export type Attempt<T> = (
  permit: Permit,
  shareMs: number,
  others: readonly Target[],
) => Promise<AttemptResult<T>>

export interface LoopHost {
  readonly clock: Clock
  readonly random: () => number
  readonly state: RouterState
  /** Called before each request is sent; may throw to end the call. */
  readonly beforeAttempt: () => void
}

/** Runs the loop. Resolves with the first success; rejects with an {@link LlmError}. */
export function runAttempts<T>(
  host: LoopHost,
  call: Call,
  candidates: readonly Target[],
  attempt: Attempt<T>,
): Promise<T> {
  return new AttemptLoop(host, call, candidates, attempt).run()
}

class AttemptLoop<T> {
  readonly #host: LoopHost
  readonly #call: Call
  readonly #attempt: Attempt<T>
  #queue: Target[]
  #skipped: Skipped[] = []
  readonly #failed: Failed[] = []

  constructor(host: LoopHost, call: Call, candidates: readonly Target[], attempt: Attempt<T>) {
    this.#host = host
    this.#call = call
    this.#queue = [...candidates]
    this.#attempt = attempt
  }

  async run(): Promise<T> {
    for (;;) {
      this.#checkTime()
      const target = this.#nextReady()
      if (target === undefined) {
        await this.#waitForSkipped()
        continue
      }
      const result = await this.#tryTarget(target)
      if (result !== undefined) return result.value
    }
  }

  #checkTime(): void {
    this.#call.throwIfCancelled()
    if (this.#call.remainingMs() > 0) return
    const message =
      this.#failed.length === 0 ? 'the deadline passed before anything was sent' : 'the deadline has passed'
    throw this.#exhausted({ class: 'timeout', message })
  }

  /** The first in line that may be asked now; those before it are put aside. */
  #nextReady(): Target | undefined {
    for (let target = this.#queue.shift(); target !== undefined; target = this.#queue.shift()) {
      const skipped = this.#whyNot(target)
      if (skipped === undefined) return target
      this.#skipped.push(skipped)
    }
    return undefined
  }

  #whyNot(target: Target): Skipped | undefined {
    const { clock, state } = this.#host
    const now = clock.now()
    const parked = state.parking.get(target.key, now)
    if (parked !== undefined) return { target, why: parked.reason, waitMs: parked.until - now }
    const circuitMs = state.circuitWaitMs(target, now)
    if (circuitMs > 0) return { target, why: 'open', waitMs: circuitMs }
    return state.hasPlace(target) ? undefined : { target, why: 'busy', waitMs: Number.POSITIVE_INFINITY }
  }

  /** Asks one target, again where that may help. Undefined: go on to the next. */
  async #tryTarget(target: Target): Promise<{ readonly value: T } | undefined> {
    const { clock, state } = this.#host
    const { max_attempts } = this.#call.snapshot.settings.router
    for (let retries = 0; ; retries++) {
      this.#checkTime()
      if (this.#call.sent >= max_attempts) throw this.#exhausted(undefined)
      this.#host.beforeAttempt()
      const permit = state.tryCall(target, clock.now())
      if (permit === undefined) {
        this.#skipped.push({
          target,
          why: 'open',
          waitMs: Math.max(1, state.circuitWaitMs(target, clock.now())),
        })
        return undefined
      }
      const ready = this.#readyOthers()
      this.#call.sent++
      const result = await this.#attempt(permit, this.#call.remainingMs() / (ready.length + 1), ready)
      if (result.ok) return result
      this.#failed.push({ target, failure: result.failure })
      this.#call.throwIfCancelled()
      if (!(await this.#again(target, result.failure, retries))) return undefined
    }
  }

  /** Decides after a failure, and waits before a retry. False: go on to the next target. */
  async #again(target: Target, failure: LlmFailure, retries: number): Promise<boolean> {
    const { fallback } = this.#call.snapshot.settings
    if (failure.class === 'context_length') this.#keepLarger(target)
    const delayMs = retryDelayMs(retries, failure.retryAfterMs, fallback.backoff, this.#host.random)
    const move = decide(failure, {
      retries,
      maxRetries: fallback.max_retries_per_provider,
      delayMs,
      remainingMs: this.#call.remainingMs(),
      othersReady: this.#readyOthers().length > 0,
      othersLeft: this.#queue.length + this.#skipped.length > 0,
      failoverAfterMs: fallback.failover_after_ms,
      conditions: this.#call.snapshot.conditions,
    })
    if (move === 'stop') throw this.#exhausted(failure)
    if (move === 'next') return false
    await this.#call.sleep(delayMs)
    if (this.#whyNot(target)?.why !== 'open') return true
    this.#queue.unshift(target)
    return false
  }

  #readyOthers(): Target[] {
    return this.#queue.filter((target) => this.#whyNot(target) === undefined)
  }

  /** Too long here: only a larger window can help. */
  #keepLarger({ capabilities }: Target): void {
    const larger = (target: Target): boolean =>
      (target.capabilities.contextWindow ?? 0) > (capabilities.contextWindow ?? 0)
    this.#queue = this.#queue.filter(larger)
    this.#skipped = this.#skipped.filter(({ target }) => larger(target))
  }

  /** Nobody may be asked now. Waits for the first who may be, where the configuration and the deadline allow it. */
  async #waitForSkipped(): Promise<void> {
    const { when_all_open } = this.#call.snapshot.settings.fallback
    const worthWaiting = this.#skipped.filter(({ why }) => why !== 'open' || when_all_open === 'wait')
    const waitMs = Math.min(...worthWaiting.map((skipped) => skipped.waitMs))
    const busy = worthWaiting.filter(({ why }) => why === 'busy')
    if (busy.length === 0 && !(waitMs < this.#call.remainingMs())) throw this.#exhausted(undefined)
    await this.#sleepUntilPlace(Math.min(waitMs, this.#call.remainingMs()), busy)
    this.#queue = this.#skipped.map(({ target }) => target)
    this.#skipped = []
  }

  #sleepUntilPlace(ms: number, busy: readonly Skipped[]): Promise<void> {
    return this.#call.sleep(ms, (wake) => {
      const stops = busy.map(({ target }) => this.#host.state.onPlace(target, wake))
      return () => {
        for (const stop of stops) stop()
      }
    })
  }

  /** The error of a call that nobody answered. `last` is what ended it; undefined: nobody else could be asked. */
  #exhausted(last: LlmFailure | undefined): LlmError {
    const failure = last ?? this.#failed.at(-1)?.failure
    const known = { failed: this.#failed, skipped: this.#skipped, retryAfterMs: this.#earliestRetryMs() }
    return failure === undefined
      ? nobodyReadyError(this.#call, known)
      : exhaustedError(this.#call, failure, known)
  }

  /** The minimum over the targets of what is known of each. */
  #earliestRetryMs(): number | undefined {
    const { clock, state } = this.#host
    const now = clock.now()
    const known = new Map<Target, number>()
    for (const { target, failure } of this.#failed) {
      const parkedMs = (state.parking.get(target.key, now)?.until ?? now) - now
      const waitMs = Math.max(failure.retryAfterMs ?? 0, parkedMs, state.circuitWaitMs(target, now))
      if (waitMs > 0) known.set(target, waitMs)
      else known.delete(target)
    }
    for (const { target, waitMs } of this.#skipped) if (Number.isFinite(waitMs)) known.set(target, waitMs)
    return known.size === 0 ? undefined : Math.min(...known.values())
  }
}
