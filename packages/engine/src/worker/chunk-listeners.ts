import type { Chunk, RunReference } from '../client/types.ts'

interface Subscription {
  readonly target: RunReference
  readonly listener: (chunk: Chunk) => void
}

/** Who listens to what functions of this process publish. Nothing is kept for who comes later. */
export class ChunkListeners {
  readonly #subscriptions = new Set<Subscription>()

  /** Calls back with the chunks of a run until the returned function is called. */
  add(target: RunReference, listener: (chunk: Chunk) => void): () => void {
    const subscription = { target, listener }
    this.#subscriptions.add(subscription)
    return () => this.#subscriptions.delete(subscription)
  }

  publish(chunk: Chunk): void {
    for (const { target, listener } of this.#subscriptions) {
      if (target.id === chunk.id && (target.runId === undefined || target.runId === chunk.runId))
        listener(chunk)
    }
  }
}
