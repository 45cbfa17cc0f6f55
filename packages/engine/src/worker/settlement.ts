// What follows a commit: memory takes over what was written, then its effects leave the process.
//
//   W3. Effects (functions begin, callers are answered) follow the commit that caused them.
import type { Agenda } from './agenda.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { Effects } from './effects.ts'
import type { LiveRun } from './live-run.ts'
import type { LiveRuns } from './live-runs.ts'
import type { WorkerOptions } from './options.ts'
import type { Activated, TickResult } from './tick.ts'
import type { Waiters } from './waiters.ts'

/** What a settlement needs of the worker. */
export interface SettlementHost {
  readonly live: LiveRuns
  readonly agenda: Agenda
  readonly dispatcher: Dispatcher
  readonly waiters: Waiters
}

export class Settlement {
  readonly #options: WorkerOptions
  readonly #host: SettlementHost

  constructor(options: WorkerOptions, host: SettlementHost) {
    this.#options = options
    this.#host = host
  }

  /** After the commit of a tick. */
  settle(activated: readonly Activated[], result: TickResult): void {
    const { live, agenda } = this.#host
    const { closedKeys } = result.effects
    for (const activation of activated) this.#settleActivation(activation, result)
    for (const key of closedKeys) live.drop(live.get(key))
    agenda.settle(result)
    for (const [key, row] of result.claimed) {
      if (!closedKeys.has(key)) live.add(row, this.#options.clock.monotonic())
    }
    this.#arrive(result)
    this.release(result.effects, result.answers)
  }

  /** Lets out what is committed. */
  release(effects: Effects, answers: readonly (() => void)[] = []): void {
    const { dispatcher, waiters } = this.#host
    dispatcher.apply(effects)
    for (const answer of answers) answer()
    waiters.notify(effects.closed)
    waiters.notify(effects.answered)
    this.#options.committed()
    this.#options.changed()
  }

  #settleActivation({ live, execution, inbound }: Activated, result: TickResult): void {
    live.busy = false
    live.usedAt = this.#options.clock.monotonic()
    if (live.dropped) return
    if (result.lost.has(live) || execution.closed) {
      this.#host.live.drop(live)
      return
    }
    if (inbound !== undefined) live.applied(inbound)
    const recorded = result.recorded.get(live)
    if (recorded !== undefined) live.row = { ...live.row, ...recorded, faults: 0 }
    if (this.#options.strictReplay && isStrictTurn(live)) {
      execution.abandon()
      live.execution = undefined
      live.replayedTo = live.row.nextSeq
    }
    if (live.waiting > 0) this.#host.live.ready.add(live)
  }

  /** What the tick found for runs that are here. */
  #arrive({ inboxes, timers }: TickResult): void {
    const { live: runs } = this.#host
    for (const [key, rows] of inboxes) {
      const live = runs.get(key)
      if (live === undefined) continue
      live.addInbox(rows)
      runs.ready.add(live)
    }
    for (const { runKey, n } of timers) {
      const live = runs.get(runKey)
      if (live === undefined) continue
      live.addTimer(n)
      runs.ready.add(live)
    }
  }
}

/** Rows up to which a history is rebuilt after every activation. */
const shortHistory = 200
/** A longer one is rebuilt whenever it has grown by this part: that costs as much as a few replays, however long it is. */
const growth = 1 / 8

function isStrictTurn({ row: { nextSeq }, replayedTo }: LiveRun): boolean {
  return nextSeq - replayedTo >= (nextSeq - shortHistory) * growth
}
