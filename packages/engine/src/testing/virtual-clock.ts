import type { Clock } from '../worker/clock.ts'

interface Alarm {
  readonly at: number
  readonly callback: () => void
}

/** Time that passes only when it is told to. */
export class VirtualClock implements Clock {
  readonly #alarms = new Set<Alarm>()
  #now: number

  constructor(startAt: number) {
    this.#now = startAt
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#now
  }

  after(milliseconds: number, callback: () => void): () => void {
    const alarm = { at: this.#now + Math.max(0, milliseconds), callback }
    this.#alarms.add(alarm)
    return () => this.#alarms.delete(alarm)
  }

  /** When the next alarm rings. */
  nextAt(): number | undefined {
    const next = Math.min(...[...this.#alarms].map(({ at }) => at))
    return Number.isFinite(next) ? next : undefined
  }

  /** Moves time forward and rings what is due, in order. */
  moveTo(moment: number): void {
    this.#now = Math.max(this.#now, moment)
    const due = [...this.#alarms].filter(({ at }) => at <= this.#now).sort((one, other) => one.at - other.at)
    for (const alarm of due) {
      if (this.#alarms.delete(alarm)) alarm.callback()
    }
  }
}
