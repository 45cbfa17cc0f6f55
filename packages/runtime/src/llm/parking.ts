/** Why a target is left alone although it is not broken. */
export type ParkReason = 'rate_limit' | 'quota'

export interface Parked {
  readonly until: number
  readonly reason: ParkReason
}

/**
 * Targets that asked to be left alone. A later wish extends an earlier one and never shortens it: the second 429
 * of two may carry the longer hint.
 */
export class Parking {
  readonly #parked = new Map<string, Parked>()

  /** `until` is monotonic milliseconds. */
  park(key: string, until: number, reason: ParkReason): void {
    const known = this.#parked.get(key)
    if (known === undefined || until > known.until) this.#parked.set(key, { until, reason })
  }

  get(key: string, now: number): Parked | undefined {
    const parked = this.#parked.get(key)
    if (parked === undefined) return undefined
    if (parked.until > now) return parked
    this.#parked.delete(key)
    return undefined
  }

  entries(): IterableIterator<[string, Parked]> {
    return this.#parked.entries()
  }
}
