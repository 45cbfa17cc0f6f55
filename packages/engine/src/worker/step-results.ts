// What becomes of an attempt that has ended: a result for its run, or another attempt.
import { queueDeadline, type QueuedInbound } from './recorder.ts'
import type { Dispatch, Effects } from './effects.ts'
import type { LiveRun } from './live-run.ts'
import type { WorkerOptions } from './options.ts'
import { retryDelay, stepFailure } from './retry.ts'
import type { Outcome } from './task-runner.ts'
import type { Write } from './tick.ts'

/** What results need of the worker. */
export interface ResultsHost {
  /** Key of the worker in the database. */
  readonly owner: () => number
  readonly live: ReadonlyMap<number, LiveRun>
  /** Something is ready for a run in memory. */
  readonly arrived: (live: LiveRun) => void
  /** Writes in a later tick. */
  readonly write: (write: Write<void>) => void
}

/** At most one heartbeat a step and second is written: the last details are what counts. */
const heartbeatPauseMs = 1_000

export class StepResults {
  readonly #options: WorkerOptions
  readonly #host: ResultsHost
  readonly #heartbeats = new Map<string, string | null>()

  constructor(options: WorkerOptions, host: ResultsHost) {
    this.#options = options
    this.#host = host
  }

  ended(dispatch: Dispatch, outcome: Outcome): void {
    const { n, name, attempt } = dispatch
    const meta = attempt === 1 ? null : JSON.stringify({ attempt })
    if (outcome.kind === 'completed') {
      this.#deliver(dispatch, { type: 'StepCompleted', n, name, data: outcome.data, meta, attempt })
      return
    }
    const delay = retryDelay(dispatch, outcome.failure, this.#options.clock.now())
    if (delay === undefined) {
      const data = JSON.stringify(stepFailure(dispatch, outcome.failure))
      this.#deliver(dispatch, { type: 'StepFailed', n, name, data, meta, attempt })
      return
    }
    const details = this.#takeDetails(dispatch)
    this.#host.write((effects, now) => {
      this.#retry(dispatch, JSON.stringify(outcome.failure), details, now + delay, effects)
    })
  }

  heartbeat(dispatch: Dispatch, details: string | null): void {
    const key = keyOf(dispatch)
    const scheduled = this.#heartbeats.has(key)
    this.#heartbeats.set(key, details)
    if (scheduled) return
    this.#options.clock.after(heartbeatPauseMs, () => {
      const last = this.#takeDetails(dispatch)
      if (last === undefined) return
      const { runKey, n } = dispatch
      this.#host.write(() => this.#options.storage.tasks.heartbeat(runKey, n, this.#host.owner(), last))
    })
  }

  /** Puts a result into the inbox of its run, unless the attempt is stale. */
  save(runKey: number, inbound: QueuedInbound, effects: Effects): void {
    const { storage, logger } = this.#options
    const { type, n, name, data, meta, attempt } = inbound
    if (n === null || attempt === undefined) return
    if (!storage.tasks.finish(runKey, n, this.#host.owner(), attempt)) {
      logger.log('info', `A late result of step ${name ?? ''} was dropped`, { step: name, attempt })
      return
    }
    if (storage.runs.get(runKey)?.closedAt !== null) return
    storage.inbox.add({ runKey, type, n, name, data, meta })
    effects.touched.add(runKey)
  }

  #retry(
    { runKey, n, attempt, scheduledAt, settings }: Dispatch,
    failure: string,
    details: string | null | undefined,
    due: number,
    effects: Effects,
  ): void {
    const { storage } = this.#options
    const owner = this.#host.owner()
    const task = storage.tasks.get(runKey, n)
    if (task?.owner !== owner || task.attempt !== attempt) return
    if (details !== undefined) storage.tasks.heartbeat(runKey, n, owner, details)
    const expires = queueDeadline(scheduledAt, due, settings)
    storage.tasks.retry({ runKey, n, attempt: attempt + 1, owner: null, due, expires, failure })
    effects.wake(due)
  }

  /** To the run's memory if it is here, else to its inbox. */
  #deliver(dispatch: Dispatch, inbound: QueuedInbound): void {
    const { runKey } = dispatch
    this.#takeDetails(dispatch)
    const live = this.#host.live.get(runKey)
    if (live === undefined) {
      this.#host.write((effects) => this.save(runKey, inbound, effects))
      return
    }
    live.add(inbound)
    this.#host.arrived(live)
  }

  #takeDetails(dispatch: Dispatch): string | null | undefined {
    const key = keyOf(dispatch)
    const details = this.#heartbeats.get(key)
    this.#heartbeats.delete(key)
    return details
  }
}

function keyOf({ runKey, n }: Dispatch): string {
  return `${runKey}:${n}`
}
