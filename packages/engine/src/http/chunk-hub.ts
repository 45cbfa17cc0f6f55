import type { Restack } from '../client/restack.ts'
import type { RunReference } from '../client/types.ts'

type Listener = (chunk: unknown) => void

/**
 * What functions stream for a run, from this process (`publish`) and from others (the producer's WebSocket), for
 * whoever watches. Nothing is kept: who comes late has missed what went by.
 */
export class ChunkHub {
  readonly #restack: Restack
  readonly #listeners = new Map<string, Set<Listener>>()

  constructor(restack: Restack) {
    this.#restack = restack
  }

  /** Hands on a chunk that came from outside of this process. */
  publish(id: string, chunk: unknown): void {
    for (const listener of this.#listeners.get(id) ?? []) listener(chunk)
  }

  /** Calls back with the chunks of a run until the returned function is called. */
  watch(target: RunReference, listener: Listener): () => void {
    const listeners = this.#listeners.get(target.id) ?? new Set()
    this.#listeners.set(target.id, listeners.add(listener))
    const stop = this.#restack.onChunk(target, ({ chunk }) => listener(chunk))
    return () => {
      stop()
      listeners.delete(listener)
      if (listeners.size === 0) this.#listeners.delete(target.id)
    }
  }
}
