// What a worker does from time to time: it says that it lives, looks whether others do, lets idle runs leave memory,
// and removes old ones from the database.
import type { Agenda } from './agenda.ts'
import type { LiveRuns } from './live-runs.ts'
import type { Membership } from './membership.ts'
import type { WorkerOptions } from './options.ts'
import type { PendingWrites } from './pending-writes.ts'
import type { Registry } from './registry.ts'

/** What upkeep needs of the worker. */
export interface UpkeepHost {
  readonly registry: Registry
  readonly membership: Membership
  readonly live: LiveRuns
  readonly writes: PendingWrites
  readonly agenda: Agenda
}

/** The part of a lease after which it is renewed. */
const beatShare = 0.3
const maintenanceMs = 60_000
const maxLiveDefault = 4_000
const pruneBatch = 50

export class Upkeep {
  readonly #options: WorkerOptions
  readonly #host: UpkeepHost
  #beatAt = 0
  #maintainAt = 0

  constructor(options: WorkerOptions, host: UpkeepHost) {
    this.#options = options
    this.#host = host
  }

  /** Does what is due. */
  keepUp(): void {
    const { clock, exclusive, leaseMs } = this.#options
    const { membership, writes, agenda } = this.#host
    const now = clock.monotonic()
    if (now >= this.#beatAt && !exclusive) {
      this.#beatAt = now + leaseMs * beatShare
      writes.post(() => {
        if (membership.beat()) agenda.rescan()
      })
    }
    if (now >= this.#maintainAt) {
      this.#maintainAt = now + maintenanceMs
      this.#evict()
      this.#prune()
    }
  }

  /** Does now what is done from time to time, all of it. */
  async tidy(): Promise<void> {
    const { writes } = this.#host
    this.#evict()
    this.#prune()
    while (writes.hasInternal || this.#maintainAt === 0) await writes.addInternal(() => undefined)
  }

  /** Lets runs leave memory when there are too many. */
  limitLiveRuns(): void {
    if (this.#host.live.isAbove(this.#liveLimit())) this.#evict()
  }

  /** Idle runs leave memory: those not used for a while, and the longest unused above a number. */
  #evict(): void {
    const { clock, storage, idleRunMs } = this.#options
    const { live, writes } = this.#host
    for (const { key, fence } of live.evict(this.#liveLimit(), clock.monotonic() - idleRunMs)) {
      writes.post(() => storage.runs.release(key, fence))
    }
  }

  #prune(): void {
    const { storage, retentionMs } = this.#options
    this.#host.writes.post((_effects, now) => {
      const expired = storage.runs.expired(now - retentionMs, pruneBatch)
      for (const key of expired) storage.runs.remove(key)
      // Small batches, so that nothing waits for a large one: the next in a tick of its own.
      if (expired.length === pruneBatch) this.#maintainAt = 0
    })
  }

  #liveLimit(): number {
    let limit = 0
    for (const { options } of this.#host.registry.services) {
      limit += options.maxConcurrentWorkflowRuns ?? maxLiveDefault
    }
    return limit
  }
}
