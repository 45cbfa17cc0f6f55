import { createHash } from 'node:crypto'
import type { LlmRequest, LlmResponse } from './messages.ts'

interface Entry {
  readonly response: LlmResponse & { readonly object?: unknown }
  readonly until: number
}

/** Answers to requests that are the same to the last letter. The least recently used one is dropped first. */
export class ExactCache {
  readonly #entries = new Map<string, Entry>()
  readonly #ttlMs: number
  readonly #maxEntries: number

  constructor(ttlMs: number, maxEntries: number) {
    this.#ttlMs = ttlMs
    this.#maxEntries = maxEntries
  }

  /** `now` is monotonic milliseconds. */
  get(request: LlmRequest, now: number): Entry['response'] | undefined {
    const key = keyOf(request)
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#entries.delete(key)
    if (entry.until <= now) return undefined
    this.#entries.set(key, entry)
    return entry.response
  }

  set(request: LlmRequest, response: Entry['response'], now: number): void {
    const key = keyOf(request)
    this.#entries.delete(key)
    this.#entries.set(key, { response, until: now + this.#ttlMs })
    const [oldest] = this.#entries.keys()
    if (this.#entries.size > this.#maxEntries && oldest !== undefined) this.#entries.delete(oldest)
  }
}

/** The order of keys does not change what a request means. */
function keyOf(request: LlmRequest): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(request)))
    .digest('base64')
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, item]) => item !== undefined)
  return Object.fromEntries(
    entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sorted(item)]),
  )
}
