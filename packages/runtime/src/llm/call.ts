import { CancelScope } from './cancellation.ts'
import type { Clock } from './clock.ts'
import { LlmError } from './errors.ts'
import type { LlmErrorDetails } from './errors.ts'
import { roundUsd } from './cost.ts'
import type { LlmAttempt, LlmCallOptions, LlmRequest, LlmUsage } from './messages.ts'
import type { Snapshot } from './snapshot.ts'
import type { AnswerCheck } from './structured.ts'

/** One call of the router, over all of its attempts. */
export class Call {
  readonly scope = new CancelScope()
  readonly snapshot: Snapshot
  readonly options: LlmCallOptions
  readonly tags: Readonly<Record<string, string>>
  readonly streaming: boolean
  /** Present when the answer must have a shape. */
  readonly check: AnswerCheck | undefined
  readonly startedAt: number
  readonly deadlineAt: number
  /** Every request that was sent for it, in order. */
  readonly attempts: LlmAttempt[] = []
  /** All billed attempts together; null once one of them has no known price. */
  billedUsd: number | null = 0
  billedTokens = 0
  /** Part of what was billed rests on figures of ours, because the provider gave none. */
  costEstimated = false
  /** How many requests were sent. */
  sent = 0
  /** What is sent; settled before the first attempt. */
  request: LlmRequest
  /** What was changed of the request before it was encoded. */
  readonly warnings: string[] = []
  readonly #clock: Clock
  readonly #signal: AbortSignal | undefined
  #onEnd: (() => void) | undefined
  readonly #onAbort = (): void => {
    this.scope.cancel({ class: 'aborted', message: 'the caller gave up' })
  }

  constructor(
    request: LlmRequest,
    options: LlmCallOptions,
    how: { snapshot: Snapshot; clock: Clock; streaming: boolean; check: AnswerCheck | undefined },
  ) {
    this.request = request
    this.options = options
    this.snapshot = how.snapshot
    this.streaming = how.streaming
    this.check = how.check
    this.#clock = how.clock
    this.tags = options.tags ?? {}
    this.startedAt = how.clock.now()
    this.deadlineAt =
      this.startedAt + (options.deadlineMs ?? how.snapshot.settings.router.timeouts.total * 1000)
    this.#signal = options.signal
    if (this.#signal?.aborted === true) this.#onAbort()
    else this.#signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  remainingMs(): number {
    return this.deadlineAt - this.#clock.now()
  }

  elapsedMs(): number {
    return this.#clock.now() - this.startedAt
  }

  /** Adds what an attempt cost, answered or not. */
  bill(usd: number | null, { totalTokens, estimated }: LlmUsage): void {
    this.billedTokens += totalTokens
    this.billedUsd = usd === null || this.billedUsd === null ? null : roundUsd(this.billedUsd + usd)
    if (estimated) this.costEstimated = true
  }

  error(details: LlmErrorDetails): LlmError {
    return new LlmError({ attempts: [...this.attempts], ...details }, this.snapshot.redact)
  }

  throwIfCancelled(): void {
    const { reason } = this.scope
    if (reason !== undefined) throw this.error({ ...reason, retryable: reason.class === 'closed' })
  }

  /**
   * Waits on the router's clock; ends early, without throwing, when the call is cancelled.
   *
   * @param watch may end the wait early, too: gets a function that does, and returns how to stop watching.
   */
  sleep(ms: number, watch: (wake: () => void) => () => void = () => () => undefined): Promise<void> {
    if (this.scope.reason !== undefined) return Promise.resolve()
    return new Promise((resolve) => {
      const wake = (): void => {
        stopTimer()
        stopListening()
        stopWatching()
        resolve()
      }
      const stopTimer = this.#clock.setTimer(ms, wake)
      const stopListening = this.scope.onCancel(wake)
      const stopWatching = watch(wake)
    })
  }

  /** Runs work under a signal that ends when the call is cancelled or its deadline passes. */
  async underSignal<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController()
    const abort = (): void => controller.abort()
    const stopListening = this.scope.onCancel(abort)
    const stopTimer = this.#clock.setTimer(this.remainingMs(), abort)
    try {
      return await work(controller.signal)
    } finally {
      stopListening()
      stopTimer()
    }
  }

  /** Resolves when the call is over. */
  whenEnded(): Promise<void> {
    return new Promise((resolve) => {
      this.#onEnd = resolve
    })
  }

  /** Stops listening to the caller's signal. */
  end(): void {
    this.#signal?.removeEventListener('abort', this.#onAbort)
    this.#onEnd?.()
  }
}
