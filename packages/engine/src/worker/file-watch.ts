// Tells callers of this process that the database has changed. A worker's loop notices by itself; where none runs,
// this looks, but only as long as somebody waits or listens.
import type { Storage } from '../storage/port.ts'
import type { Clock } from './clock.ts'
import type { Check, Waiters } from './waiters.ts'

/** The worker of this process, as far as callers that wait depend on it. */
export interface WatchedWorker {
  /** Whether its loop runs, and so looks at the file. */
  readonly active: boolean
  readonly waiters: Waiters
  wake(): void
}

const pollMs = 10

export class FileWatch {
  readonly #storage: Storage
  readonly #clock: Clock
  readonly #worker: WatchedWorker
  readonly #listeners = new Set<() => void>()
  #cancelPoll: (() => void) | undefined
  #version = -1
  #closed = false

  constructor(storage: Storage, clock: Clock, worker: WatchedWorker) {
    this.#storage = storage
    this.#clock = clock
    this.#worker = worker
  }

  /** Resolves once `check` finds something; it is tried whenever `key` is notified, or another process has written. */
  wait<T>(key: string, check: Check<T>): Promise<T> {
    const found = this.#worker.waiters.wait(key, check)
    this.#poll()
    return found
  }

  /** Calls back when runs may have changed, until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    this.#poll()
    return () => this.#listeners.delete(listener)
  }

  /** Tells listeners that runs may have changed. */
  changed(): void {
    for (const listener of this.#listeners) listener()
  }

  /** Another engine of this process has written to the file. */
  nudge(): void {
    if (this.#worker.active) this.#worker.wake()
    else this.#look()
  }

  /** The worker's loop may have ended: those who wait here need somebody who looks. */
  lookAgain(): void {
    this.#poll()
  }

  /** Looks no more. */
  close(): void {
    this.#closed = true
    this.#cancelPoll?.()
  }

  #poll(): void {
    if (this.#cancelPoll !== undefined || this.#worker.active || this.#closed) return
    if (this.#worker.waiters.size === 0 && this.#listeners.size === 0) return
    this.#cancelPoll = this.#clock.after(pollMs, () => {
      this.#cancelPoll = undefined
      this.#look()
      this.#poll()
    })
  }

  #look(): void {
    if (this.#closed) return
    const version = this.#storage.version()
    if (version === this.#version) return
    this.#version = version
    this.#worker.waiters.notifyAll()
    this.changed()
  }
}
