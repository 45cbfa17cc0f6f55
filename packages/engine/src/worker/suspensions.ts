// Runs that leave memory before they could go on: those at fault, and those whose transaction did not happen.
//
//   W4. A run that faults is suspended with a growing pause; what had arrived for it is kept: what only memory knows of
//       goes to its inbox.
import type { EngineError } from '../errors.ts'
import type { Effects } from './effects.ts'
import { faultOf, writeFault } from './faults.ts'
import type { LiveRun } from './live-run.ts'
import type { LiveRuns } from './live-runs.ts'
import type { WorkerOptions } from './options.ts'
import type { PendingWrites } from './pending-writes.ts'
import type { QueuedInbound } from './recorder.ts'
import type { StepResults } from './step-results.ts'
import type { Activated } from './tick.ts'

export class Suspensions {
  readonly #options: WorkerOptions
  readonly #live: LiveRuns
  readonly #results: StepResults
  readonly #writes: PendingWrites

  constructor(options: WorkerOptions, live: LiveRuns, results: StepResults, writes: PendingWrites) {
    this.#options = options
    this.#live = live
    this.#results = results
    this.#writes = writes
  }

  /** Suspends a run in the next tick. */
  suspend(live: LiveRun, cause: unknown): void {
    if (live.dropped) return
    const fault = faultOf(cause)
    const unsaved = live.unsaved()
    this.#live.drop(live)
    this.#writes.post((effects, now) => this.#write(live, fault, unsaved, effects, now))
  }

  /** Code went on between activations: nobody else will notice. */
  faulted(live: LiveRun, error: EngineError): void {
    if (live.busy) live.fault ??= error
    else this.suspend(live, error)
  }

  /** Inside a transaction: suspends a run that came to fault at an activation. */
  write(activated: Activated, fault: EngineError, effects: Effects, now: number): void {
    this.#write(activated.live, fault, unsavedOf(activated), effects, now)
  }

  /** Forgets a run whose activation was not committed; step results that exist in memory only are written later. */
  undo(activated: Activated): void {
    const { live } = activated
    const { key } = live.row
    const unsaved = unsavedOf(activated)
    this.#live.drop(live)
    for (const inbound of unsaved) {
      if (inbound.attempt === undefined) continue
      this.#writes.post((effects) => this.#results.save(key, inbound, effects))
    }
  }

  #write(
    { row }: LiveRun,
    fault: EngineError,
    unsaved: readonly QueuedInbound[],
    effects: Effects,
    now: number,
  ): void {
    for (const inbound of unsaved) this.#results.save(row.key, inbound, effects)
    writeFault(this.#options, row, fault, effects, now)
  }
}

/** Step results that exist in memory only, with the one that was being applied. */
function unsavedOf({ live, inbound }: Activated): readonly QueuedInbound[] {
  return inbound === undefined ? live.unsaved() : [inbound, ...live.unsaved()]
}
