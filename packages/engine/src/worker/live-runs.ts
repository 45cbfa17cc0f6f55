// The runs that this process has claimed, and those among them with something to do.
import type { RunRow } from '../storage/port.ts'
import { LiveRun } from './live-run.ts'

/** How far above the limit runs may pile up in memory before some leave: not one by one. */
const evictAbove = 1.2

export class LiveRuns {
  readonly byKey = new Map<number, LiveRun>()
  readonly ready = new Set<LiveRun>()

  get(key: number): LiveRun | undefined {
    return this.byKey.get(key)
  }

  add(row: RunRow, now: number): void {
    this.byKey.set(row.key, new LiveRun(row, now))
  }

  /** Whether code of some run is being brought into memory, or going on. */
  get anyBusy(): boolean {
    for (const { busy } of this.byKey.values()) if (busy) return true
    return false
  }

  /** Forgets a run: what it is doing will not be written. */
  drop(live: LiveRun | undefined): void {
    if (live === undefined) return
    live.dropped = true
    live.execution?.abandon()
    live.execution = undefined
    this.ready.delete(live)
    if (this.byKey.get(live.row.key) === live) this.byKey.delete(live.row.key)
  }

  dropAll(): void {
    for (const live of [...this.byKey.values()]) this.drop(live)
  }

  isAbove(limit: number): boolean {
    return this.byKey.size > limit * evictAbove
  }

  /**
   * Drops runs at rest that were not used since `usedBefore`, and some above `limit`: first those that only an event or
   * a timer brings on, the longest unused first. One that waits for a step would soon be rebuilt for its result.
   */
  evict(limit: number, usedBefore: number): readonly RunRow[] {
    const idle = [...this.byKey.values()]
      .filter((live) => this.#isIdle(live))
      .sort((one, other) => one.usedAt - other.usedAt)
    const waitsForSteps = (live: LiveRun): boolean => live.execution?.waitsForEvents === false
    const order = [...idle.filter((live) => !waitsForSteps(live)), ...idle.filter(waitsForSteps)]
    const surplus = this.byKey.size - limit
    const leaving = order.filter((live, index) => index < surplus || live.usedAt <= usedBefore)
    for (const live of leaving) this.drop(live)
    return leaving.map(({ row }) => row)
  }

  /** What has just arrived for a run is known to memory only: one that is ready must stay. */
  #isIdle(live: LiveRun): boolean {
    const atRest = !live.busy && !this.ready.has(live) && live.execution !== undefined
    return atRest && live.unsaved().length === 0
  }
}
