// Lets runs in memory go on: gives each the next thing that has happened to it. What they ask for in return is for the
// tick's transaction (tick-transaction.ts).
import type { Execution } from '../core/execution.ts'
import { failureOf } from '../core/failure.ts'
import { activate } from '../core/replay.ts'
import type { Turns } from '../core/turns.ts'
import { EngineError } from '../errors.ts'
import type { LiveRun } from './live-run.ts'
import type { LiveRuns } from './live-runs.ts'
import { answerEvent, eventIdOf } from './operations.ts'
import type { WorkerOptions } from './options.ts'
import type { PendingWrites } from './pending-writes.ts'
import type { Rebuilder } from './rebuilder.ts'
import type { QueuedInbound } from './recorder.ts'
import type { Suspensions } from './suspensions.ts'
import type { Activated } from './tick.ts'

/** What activations need of the worker. */
export interface ActivationsHost {
  readonly turns: Turns
  readonly live: LiveRuns
  readonly rebuilder: Rebuilder
  readonly writes: PendingWrites
  readonly suspensions: Suspensions
  /** Something is ready for a run in memory. */
  readonly arrived: (live: LiveRun) => void
}

/** Runs that go on in one tick. */
const batchSize = 512

export class Activations {
  readonly #options: WorkerOptions
  readonly #host: ActivationsHost

  constructor(options: WorkerOptions, host: ActivationsHost) {
    this.#options = options
    this.#host = host
  }

  /** Takes runs that can go on, each with what it goes on with; they are busy from here on. */
  take(): readonly Activated[] {
    const activated: Activated[] = []
    const { ready } = this.#host.live
    for (const live of ready) {
      if (activated.length >= batchSize) break
      ready.delete(live)
      if (live.busy || live.dropped) continue
      const execution = live.execution ?? this.#load(live)
      if (execution === undefined) continue
      if (execution.peek().length > 0) {
        live.busy = true
        activated.push({ live, execution, inbound: undefined })
        continue
      }
      const next = live.next()
      if (next === undefined) {
        this.#refuseUnhandled(live, execution)
        continue
      }
      live.busy = true
      activated.push({ live, execution, inbound: complete(next, live, execution) })
    }
    return activated
  }

  /** Lets them go on, until they have nothing to do. */
  async run(activated: readonly Activated[], now: number): Promise<void> {
    const { rebuilder } = this.#host
    await Promise.all(activated.map((each) => this.#activate(each, now)))
    if (this.#options.strictReplay) await Promise.all(activated.map((each) => rebuilder.verifyClosing(each)))
  }

  async #activate({ live, execution, inbound }: Activated, now: number): Promise<void> {
    if (inbound === undefined) return
    // The first event stands in the history with the time of the start: replay sees that one.
    const at = inbound.type === 'Started' ? live.row.startedAt : now
    await activate(this.#host.turns, execution, inbound, at)
  }

  #refuseUnhandled(live: LiveRun, execution: Execution): void {
    for (const inbound of live.unhandled()) {
      live.discard(inbound)
      const names = [...execution.handlers.keys()].join(', ')
      const error = new EngineError(
        'ENGINE_UNKNOWN_EVENT',
        `${live.row.type} has no handler for ${inbound.name ?? ''}; registered: [${names}]`,
      )
      this.#host.writes.post((effects) => {
        const { storage } = this.#options
        if (inbound.inboxId !== undefined) storage.inbox.remove(inbound.inboxId)
        answerEvent(storage, eventIdOf(inbound.meta), 'failed', JSON.stringify(failureOf(error)), effects)
      })
    }
  }

  /** The execution of a run that has not begun; others are rebuilt and arrive later. */
  #load(live: LiveRun): Execution | undefined {
    const { rebuilder, suspensions } = this.#host
    const { row } = live
    let execution: Execution
    try {
      execution = rebuilder.create(row, (error) => suspensions.faulted(live, error))
    } catch (error) {
      suspensions.suspend(live, error)
      return undefined
    }
    if (row.nextSeq === 0) {
      live.execution = execution
      live.startData = this.#options.storage.history.at(row.key, 0)?.data ?? null
      return execution
    }
    live.busy = true
    rebuilder.rebuild(execution, row).then(
      () => {
        live.busy = false
        if (live.dropped) return
        live.execution = execution
        if (live.fault === undefined) this.#host.arrived(live)
        else suspensions.suspend(live, live.fault)
      },
      (error: unknown) => suspensions.suspend(live, error),
    )
    return undefined
  }
}

/** What only the run knows of an event: the input of the first, the number of one that is received. */
function complete(inbound: QueuedInbound, live: LiveRun, execution: Execution): QueuedInbound {
  if (inbound.type === 'Started') return { ...inbound, data: live.startData }
  return inbound.type === 'EventReceived' ? { ...inbound, n: execution.meter.received + 1 } : inbound
}
