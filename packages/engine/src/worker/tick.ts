import type { Execution } from '../core/execution.ts'
import type { InboxRow, RunRow } from '../storage/port.ts'
import { Effects } from './effects.ts'
import type { LiveRun } from './live-run.ts'
import type { QueuedInbound, Recorded } from './recorder.ts'

/** A write that shares the transaction of a tick with others. */
export type Write<T> = (effects: Effects, now: number) => T

/** A write that waits for the next tick. */
export interface Operation {
  readonly run: Write<unknown>
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
  /** Ours, not a caller's: must be written sooner or later. */
  readonly internal: boolean
}

/** A run whose code is going on, or has just gone on, in memory. */
export interface Activated {
  readonly live: LiveRun
  readonly execution: Execution
  /** Absent when a mended run goes on where it was stuck. */
  readonly inbound: QueuedInbound | undefined
}

/** What a transaction did, to be taken over into memory once it is committed. */
export class TickResult {
  readonly effects = new Effects()
  readonly answers: (() => void)[] = []
  readonly recorded = new Map<LiveRun, Recorded>()
  /** Runs that are not ours any more. */
  readonly lost = new Set<LiveRun>()
  readonly claimed = new Map<number, RunRow>()
  /** Inboxes that were read, by the key of the run. */
  readonly inboxes = new Map<number, readonly InboxRow[]>()
  readonly timers: { readonly runKey: number; readonly n: number }[] = []
  polled = false
  /** When there may be something to do next. */
  nextAt = Number.POSITIVE_INFINITY
  /** Steps wait for a free slot. */
  backlog: boolean
  /** There was more than one tick takes. */
  more = false
  /** Where the scan of inboxes goes on; undefined when it is at its end. */
  scanFrom: number | undefined

  constructor(backlog: boolean) {
    this.backlog = backlog
  }

  wake(at: number | null): void {
    if (at !== null && at < this.nextAt) this.nextAt = at
  }
}
