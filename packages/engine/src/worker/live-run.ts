import type { EngineError } from '../errors.ts'
import type { Execution } from '../core/execution.ts'
import type { InboxRow, RunRow } from '../storage/port.ts'
import type { InboundType } from '../core/history.ts'
import type { QueuedInbound } from './recorder.ts'

/** A run that this process has claimed. */
export class LiveRun {
  row: RunRow
  execution: Execution | undefined
  /** Loading or at an activation: nothing may be given to it. */
  busy = false
  /** Forgotten while it was busy: what it was doing must not be written. */
  dropped = false
  usedAt: number
  /** Up to where strict replay has checked the history. */
  replayedTo = 0
  /** What went wrong while it was busy. */
  fault: EngineError | undefined
  /** Input of a run that has not begun. */
  startData: string | null = null
  readonly #queue: QueuedInbound[] = []
  readonly #inboxIds = new Set<number>()
  readonly #timers = new Set<number>()

  constructor(row: RunRow, usedAt: number) {
    this.row = row
    this.usedAt = usedAt
  }

  get waiting(): number {
    return this.#queue.length
  }

  /** What arrived in the database; rows that are queued already are left out. */
  addInbox(rows: readonly InboxRow[]): void {
    for (const { id, type, n, name, data, meta } of rows) {
      if (this.#inboxIds.has(id)) continue
      this.#inboxIds.add(id)
      this.#queue.push({ type: type as InboundType, n, name, data, meta, inboxId: id })
    }
  }

  addTimer(n: number): void {
    if (this.#timers.has(n)) return
    this.#timers.add(n)
    this.#queue.push({ type: 'TimerFired', n, name: null, data: null, meta: null, timer: true })
  }

  add(inbound: QueuedInbound): void {
    this.#queue.push(inbound)
  }

  /** The first that can be applied: events wait until someone handles them, all else in order of arrival. */
  next(): QueuedInbound | undefined {
    const execution = this.execution
    // The first event of a run goes first, wherever it stands: a continued run has older events in its inbox.
    const first = this.row.nextSeq === 0
    const index = this.#queue.findIndex((inbound) => {
      if (first) return inbound.type === 'Started'
      if (inbound.type !== 'EventReceived') return true
      return (
        execution !== undefined &&
        execution.continuing === undefined &&
        execution.handlers.has(inbound.name ?? '')
      )
    })
    return index < 0 ? undefined : this.#queue.splice(index, 1)[0]
  }

  /** Events that nobody handles, once nothing but another event could change that. */
  unhandled(): readonly QueuedInbound[] {
    const { execution } = this
    if (execution === undefined || this.row.nextSeq === 0 || execution.continuing !== undefined) return []
    if (execution.handlers.size === 0 || !execution.waitsForEvents) return []
    return this.#queue.filter(
      ({ type, name }) => type === 'EventReceived' && !execution.handlers.has(name ?? ''),
    )
  }

  /** Takes back what has been answered otherwise. */
  discard(inbound: QueuedInbound): void {
    const index = this.#queue.indexOf(inbound)
    if (index >= 0) this.#queue.splice(index, 1)
    this.applied(inbound)
  }

  /** Its row in the database is gone. */
  applied(inbound: QueuedInbound): void {
    if (inbound.inboxId !== undefined) this.#inboxIds.delete(inbound.inboxId)
    if (inbound.timer === true && inbound.n !== null) this.#timers.delete(inbound.n)
  }

  /** Step results that exist in memory only. */
  unsaved(): readonly QueuedInbound[] {
    return this.#queue.filter(({ attempt }) => attempt !== undefined)
  }
}
