import type { Storage } from '../storage/port.ts'
import type { Clock } from './clock.ts'

/** As long as others commit, this worker leaves room between its own commits, or one of them would starve. */
const foreignMemoryMs = 1_000

/** Notices what other connections commit to the file. */
export class ForeignCommits {
  readonly #storage: Storage
  readonly #clock: Clock
  #version: number | undefined
  #lastAt = Number.NEGATIVE_INFINITY

  constructor(storage: Storage, clock: Clock) {
    this.#storage = storage
    this.#clock = clock
  }

  /** Whether others may have committed since this was asked last. */
  look(): boolean {
    const version = this.#storage.version()
    if (version === this.#version) return false
    if (this.#version !== undefined) this.#lastAt = this.#clock.monotonic()
    this.#version = version
    return true
  }

  /** Whether others write these days. */
  get areRecent(): boolean {
    return this.#clock.monotonic() - this.#lastAt < foreignMemoryMs
  }
}
