// The transaction of a tick: all that clients asked for, runs did and the database holds for this worker.
//
//   W1. One tick is one transaction: what clients asked for, activations, timers, steps, claims. All or nothing.
//   W2. Every transaction checks that this worker still exists; one that others have buried forgets all it had.
import type { Agenda } from './agenda.ts'
import type { Claims } from './claims.ts'
import type { LiveRuns } from './live-runs.ts'
import type { Membership } from './membership.ts'
import type { WorkerOptions } from './options.ts'
import { perform } from './pending-writes.ts'
import { recordActivation, type Surroundings } from './recorder.ts'
import type { Registry } from './registry.ts'
import type { Suspensions } from './suspensions.ts'
import { TickResult, type Activated, type Operation } from './tick.ts'

/** Raised in a transaction when other processes took this worker for dead. */
export class Buried extends Error {}

/** What a transaction needs of the worker. */
export interface TransactionHost {
  readonly registry: Registry
  readonly membership: Membership
  readonly claims: Claims
  readonly live: LiveRuns
  readonly agenda: Agenda
  readonly suspensions: Suspensions
  /** Whether the worker ends: steps are left to others. */
  readonly stopping: () => boolean
}

export class TickTransaction {
  readonly #options: WorkerOptions
  readonly #host: TransactionHost

  constructor(options: WorkerOptions, host: TransactionHost) {
    this.#options = options
    this.#host = host
  }

  /** Writes everything, or nothing. @throws {Buried} when this worker is not one any more */
  run(activated: readonly Activated[], operations: readonly Operation[]): TickResult {
    const { storage, clock } = this.#options
    return storage.transaction(() => this.#write(activated, operations, clock.now()))
  }

  #write(activated: readonly Activated[], operations: readonly Operation[], now: number): TickResult {
    const { membership, claims, live, agenda } = this.#host
    if (!membership.isMember()) throw new Buried()
    const result = new TickResult(agenda.backlog)
    for (const operation of operations) perform(operation, now, result)
    for (const activation of activated) this.#record(activation, now, result)
    if (agenda.isDue(now) || result.effects.touched.size > 0) {
      claims.poll({ owner: membership.key, live: live.byKey, scanFrom: agenda.scanFrom, now }, result)
    }
    return result
  }

  #record(activated: Activated, now: number, result: TickResult): void {
    const { registry, membership, claims, suspensions, stopping } = this.#host
    const { live, execution, inbound } = activated
    if (live.dropped) return
    const fault = execution.fault ?? live.fault
    if (fault !== undefined) {
      suspensions.write(activated, fault, result.effects, now)
      result.lost.add(live)
      return
    }
    const activation = {
      run: live.row,
      owner: membership.key,
      inbound,
      commands: execution.take(),
      ts: execution.time,
    }
    const surroundings: Surroundings = {
      reserve: (queue, name) => (stopping() ? 'queue' : claims.reserve(queue, name, now, result)),
      kindOf: (type) => registry.kind(type),
    }
    const recorded = recordActivation(this.#options.storage, activation, surroundings, now, result.effects)
    if (recorded === undefined) result.lost.add(live)
    else result.recorded.set(live, recorded)
  }
}
