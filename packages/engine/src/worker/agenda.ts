// Agenda: when the loop must look into the database, and its rest until then.
import type { Clock } from './clock.ts'
import type { TickResult } from './tick.ts'

/** Other processes write without telling: their commits are looked for this often. */
const pollMs = 10

export class Agenda {
  readonly #clock: Clock
  readonly #exclusive: boolean
  #scanFrom: number | undefined
  #backlog = false
  #wakeAt = Number.POSITIVE_INFINITY
  #signal: (() => void) | undefined

  constructor(clock: Clock, exclusive: boolean) {
    this.#clock = clock
    this.#exclusive = exclusive
  }

  /** Where the scan of all inboxes stands; undefined: not scanning. */
  get scanFrom(): number | undefined {
    return this.#scanFrom
  }

  /** Whether steps wait for a free slot. */
  get backlog(): boolean {
    return this.#backlog
  }

  /** Whether the loop has nothing to do and waits. */
  get resting(): boolean {
    return this.#signal !== undefined
  }

  /** Whether there may be something in the database that this worker has not seen. */
  isDue(now: number): boolean {
    return this.#scanFrom !== undefined || now >= this.#wakeAt
  }

  /** All inboxes may hold something new. */
  rescan(): void {
    this.#scanFrom = 0
  }

  /** Has the loop look at the next opportunity. */
  lookSoon(): void {
    this.#wakeAt = 0
  }

  /** A step that waited for a slot may begin. */
  slotFreed(): void {
    if (!this.#backlog) return
    this.lookSoon()
    this.wake()
  }

  /** Takes over what a committed tick found out about the next. */
  settle({ polled, scanFrom, more, nextAt, backlog, effects }: TickResult): void {
    if (polled) {
      this.#scanFrom = scanFrom
      this.#wakeAt = more ? 0 : nextAt
    }
    this.#wakeAt = Math.min(this.#wakeAt, nextAt, effects.wakeAt)
    this.#backlog = backlog
  }

  /** Ends the rest of the loop. */
  wake(): void {
    const signal = this.#signal
    this.#signal = undefined
    signal?.()
  }

  /** Waits until woken, until something is due, or for others' commits. Calls `resting` once a wake would be heard. */
  async rest(resting: () => void): Promise<void> {
    let cancel = (): void => undefined
    const rested = new Promise<void>((wake) => {
      this.#signal = wake
      const wait = this.#wakeAt - this.#clock.now()
      if (this.#exclusive && wait === Number.POSITIVE_INFINITY) return
      cancel = this.#clock.after(this.#exclusive ? wait : Math.min(wait, pollMs), wake)
    })
    resting()
    await rested
    cancel()
    this.#signal = undefined
  }
}
