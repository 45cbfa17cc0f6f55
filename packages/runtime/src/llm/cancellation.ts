import type { LlmFailure } from './errors.ts'
import type { Cancellation } from './transport/transport.ts'

/**
 * Cancels what runs on behalf of one call. A scope may hang below another: cancelling the call cancels its attempts,
 * and cancelling one attempt (a hedge that lost) leaves the others alone.
 */
export class CancelScope implements Cancellation {
  #reason: LlmFailure | undefined
  readonly #listeners = new Set<(reason: LlmFailure) => void>()
  #leaveParent: (() => void) | undefined

  constructor(parent?: Cancellation) {
    if (parent?.reason !== undefined) this.#reason = parent.reason
    else
      this.#leaveParent = parent?.onCancel((reason) => {
        this.cancel(reason)
      })
  }

  get reason(): LlmFailure | undefined {
    return this.#reason
  }

  cancel(reason: LlmFailure): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    this.dispose()
    const listeners = [...this.#listeners]
    this.#listeners.clear()
    for (const listener of listeners) listener(reason)
  }

  onCancel(listener: (reason: LlmFailure) => void): () => void {
    if (this.#reason !== undefined) {
      listener(this.#reason)
      return () => undefined
    }
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  /** Stops listening to the parent. */
  dispose(): void {
    this.#leaveParent?.()
    this.#leaveParent = undefined
  }
}
