/** What a waiter looks for: undefined as long as it is not there. Throws to reject. */
export type Check<T> = () => { readonly value: T } | undefined

interface Waiter {
  readonly check: Check<unknown>
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/** Callers that wait for rows to change. */
export class Waiters {
  readonly #byKey = new Map<string, Set<Waiter>>()

  get size(): number {
    return this.#byKey.size
  }

  /** Resolves once `check` finds something; it is tried now, and whenever `key` is notified. */
  wait<T>(key: string, check: Check<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const waiter: Waiter = { check, resolve: resolve as (value: unknown) => void, reject }
      if (isDone(waiter)) return
      const waiting = this.#byKey.get(key) ?? new Set()
      waiting.add(waiter)
      this.#byKey.set(key, waiting)
    })
  }

  notify(keys: Iterable<string>): void {
    for (const key of keys) {
      const waiting = this.#byKey.get(key)
      if (waiting === undefined) continue
      for (const waiter of waiting) if (isDone(waiter)) waiting.delete(waiter)
      if (waiting.size === 0) this.#byKey.delete(key)
    }
  }

  notifyAll(): void {
    this.notify([...this.#byKey.keys()])
  }

  rejectAll(error: Error): void {
    for (const waiting of this.#byKey.values()) for (const { reject } of waiting) reject(error)
    this.#byKey.clear()
  }
}

function isDone({ check, resolve, reject }: Waiter): boolean {
  try {
    const found = check()
    if (found === undefined) return false
    resolve(found.value)
  } catch (error) {
    reject(error)
  }
  return true
}
