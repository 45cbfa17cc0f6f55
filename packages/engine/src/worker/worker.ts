// Worker: claims runs, gives them what has happened, commits what they ask for, and only then lets it out. Here are its
// life and its loop; what the loop does lies in activations.ts, tick-transaction.ts (W1, W2), settlement.ts (W3),
// suspensions.ts (W4) and upkeep.ts.
//
//   W5. Recovery is the normal claim: there is no other path to a run.
import type { Registration, ServiceDefinition } from '../client/types.ts'
import { Turns } from '../core/turns.ts'
import { EngineError, isEngineError } from '../errors.ts'
import type { RunRow } from '../storage/port.ts'
import { Activations } from './activations.ts'
import { Agenda } from './agenda.ts'
import { Claims } from './claims.ts'
import { Dispatcher } from './dispatcher.ts'
import { Effects } from './effects.ts'
import { ForeignCommits } from './foreign-commits.ts'
import type { LiveRun } from './live-run.ts'
import { LiveRuns } from './live-runs.ts'
import { Membership } from './membership.ts'
import type { WorkerOptions } from './options.ts'
import { PendingWrites, perform } from './pending-writes.ts'
import { Rebuilder } from './rebuilder.ts'
import { Registry, type ServiceEntry } from './registry.ts'
import { Settlement } from './settlement.ts'
import { StateQueries } from './state-queries.ts'
import { StepResults } from './step-results.ts'
import { Suspensions } from './suspensions.ts'
import type { Threads } from './threads.ts'
import { Buried, TickTransaction } from './tick-transaction.ts'
import { TickResult, type Activated, type Operation, type Write } from './tick.ts'
import { Upkeep } from './upkeep.ts'
import { Waiters } from './waiters.ts'

const stopPollMs = 10
const fairPauseMs = 1
const firstRetryMs = 50
const longestRetryMs = 2_000
const immediate = setImmediate

export class Worker {
  readonly registry = new Registry()
  readonly waiters = new Waiters()
  readonly #options: WorkerOptions
  readonly #live = new LiveRuns()
  readonly #agenda: Agenda
  readonly #writes: PendingWrites
  readonly #membership: Membership
  readonly #rebuilder: Rebuilder
  readonly #queries: StateQueries
  readonly #dispatcher: Dispatcher
  readonly #foreign: ForeignCommits
  readonly #upkeep: Upkeep
  readonly #suspensions: Suspensions
  readonly #activations: Activations
  readonly #transaction: TickTransaction
  readonly #settlement: Settlement
  #loop: Promise<void> | undefined
  #stopping = false
  /** Transactions in a row that did not happen. */
  #failures = 0

  constructor(options: WorkerOptions) {
    const { registry, waiters } = this
    const { storage, clock, logger, exclusive } = options
    const live = this.#live
    const turns = new Turns()
    const agenda = new Agenda(clock, exclusive)
    const writes = new PendingWrites(logger, () => agenda.wake())
    const membership = new Membership(options, registry)
    const claims = new Claims(options, registry)
    const rebuilder = new Rebuilder(options, registry, turns)
    const arrived = (run: LiveRun): void => {
      live.ready.add(run)
      agenda.wake()
    }
    const write = (run: Write<void>): void => writes.post(run)
    const results = new StepResults(options, {
      owner: () => membership.key,
      live: live.byKey,
      arrived,
      write,
    })
    const suspensions = new Suspensions(options, live, results, writes)
    const dispatcher = new Dispatcher(options, registry, results, () => agenda.slotFreed())
    const stopping = (): boolean => this.#stopping
    this.#options = options
    this.#agenda = agenda
    this.#writes = writes
    this.#membership = membership
    this.#rebuilder = rebuilder
    this.#suspensions = suspensions
    this.#dispatcher = dispatcher
    this.#foreign = new ForeignCommits(storage, clock)
    this.#queries = new StateQueries(options, registry, (run, name) => this.readState(run, name), write)
    this.#upkeep = new Upkeep(options, { registry, membership, live, writes, agenda })
    this.#activations = new Activations(options, { turns, live, rebuilder, writes, suspensions, arrived })
    this.#transaction = new TickTransaction(options, {
      registry,
      membership,
      claims,
      live,
      agenda,
      suspensions,
      stopping,
    })
    this.#settlement = new Settlement(options, { live, agenda, dispatcher, waiters })
  }

  /** Whether a loop is running here. */
  get active(): boolean {
    return this.#loop !== undefined
  }

  /** Functions under way. */
  get running(): number {
    return this.#dispatcher.running
  }

  /** Whether every function under way waits for time to pass. */
  get allAsleep(): boolean {
    return this.#dispatcher.allAsleep
  }

  /** Runs in memory. */
  get liveRuns(): number {
    return this.#live.byKey.size
  }

  /** Whether the loop has nothing to do and waits. */
  get resting(): boolean {
    return this.#agenda.resting
  }

  /** Writes in the next transaction of the loop, or at once when there is no loop here. */
  async write<T>(run: Write<T>): Promise<T> {
    if (this.active && !this.#stopping) return this.#writes.add(run)
    const effects = new Effects()
    const { storage, clock } = this.#options
    const result = withStorageErrors(() => storage.transaction(() => run(effects, clock.now())))
    this.#settlement.release(effects)
    return result
  }

  /** Registers a service and starts the loop. Returns what {@link Worker.withdraw} takes. */
  async serve(definition: ServiceDefinition, threads?: Threads): Promise<ServiceEntry> {
    const entry = this.registry.add(definition, threads, this.#options.clock.now())
    if (this.#loop === undefined) {
      this.#begin()
    } else {
      await this.#writes.addInternal(() => this.#membership.register(entry))
      this.#agenda.rescan()
      this.wake()
    }
    return entry
  }

  /** Takes a service back; with the last one the loop ends, after functions had `graceMs` to end. */
  async withdraw(entry: ServiceEntry, graceMs: number): Promise<void> {
    this.registry.remove(entry)
    if (this.registry.size > 0 || this.#loop === undefined) return
    const { clock } = this.#options
    const deadline = clock.monotonic() + graceMs
    while (this.running > 0 && clock.monotonic() < deadline) await this.#pause(stopPollMs)
    await this.halt()
  }

  /** Ends the loop and frees what this worker has. */
  async halt(): Promise<void> {
    if (this.#loop === undefined) return
    await this.#end(new EngineError('ENGINE_CLOSED', 'The service stopped'))
    const left = this.#writes.take()
    const { storage, clock } = this.#options
    storage.transaction(() => {
      const result = new TickResult(false)
      for (const operation of left) perform(operation, clock.now(), result)
      this.#membership.resign()
      for (const answer of result.answers) answer()
    })
  }

  /** Drops all memory without a word to the database, as the death of a process does. For tests. */
  async crash(): Promise<void> {
    await this.#end(new EngineError('ENGINE_CLOSED', 'The process is gone'))
    this.#writes.take()
  }

  /** Begins again after {@link Worker.crash}, as another process would. */
  async revive(): Promise<void> {
    this.#options.storage.transaction(() => this.#membership.resign())
    this.#begin()
  }

  wake(): void {
    this.#agenda.wake()
  }

  /** Does now what is done from time to time: idle runs leave memory, old ones the database. */
  async tidy(): Promise<void> {
    await this.#upkeep.tidy()
  }

  registrations(): readonly Registration[] {
    return this.#membership.registrations()
  }

  /** Reads a state of a run: from memory if it is there and at rest, else from its history. */
  async readState(run: RunRow, name: string): Promise<string | null> {
    const live = this.#live.get(run.key)
    if (live?.execution !== undefined && !live.busy) return live.execution.readState(name)
    return this.#rebuilder.readState(run, name)
  }

  #begin(): void {
    this.#stopping = false
    this.#options.storage.transaction(() => {
      this.#membership.beat()
      this.#membership.enlist()
    })
    this.#agenda.rescan()
    this.#agenda.lookSoon()
    this.#loop = this.#run()
  }

  async #end(reason: EngineError): Promise<void> {
    this.#stopping = true
    this.wake()
    await this.#loop
    this.#loop = undefined
    this.#dispatcher.abortAll(reason)
    this.#live.dropAll()
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      this.#lookAtOthers()
      this.#upkeep.keepUp()
      if (this.#hasWork()) await this.#tick()
      else await this.#agenda.rest(() => this.#atRest())
    }
  }

  #hasWork(): boolean {
    const due = this.#agenda.isDue(this.#options.clock.now())
    return this.#live.ready.size > 0 || this.#writes.size > 0 || due
  }

  #atRest(): void {
    if (!this.#live.anyBusy) this.#options.idle()
  }

  /** When another connection has committed, something may have arrived for us, or for those who wait here. */
  #lookAtOthers(): void {
    if (this.#options.exclusive || !this.#foreign.look()) return
    this.#agenda.rescan()
    this.waiters.notifyAll()
    this.#queries.answer()
    this.#options.changed()
  }

  async #tick(): Promise<void> {
    const { clock, reached } = this.#options
    const activated = this.#activations.take()
    const now = clock.now()
    if (activated.length > 0) await this.#activations.run(activated, now)
    // Others must get their turn even if there is always something to look for.
    else await new Promise<void>((next) => immediate(next))
    const operations = this.#writes.take()
    if (activated.length === 0 && operations.length === 0 && !this.#agenda.isDue(now)) return
    reached('before-commit', activated)
    let result: TickResult
    try {
      result = this.#transaction.run(activated, operations)
      this.#failures = 0
    } catch (error) {
      if (error instanceof Buried) this.#beginAnew(operations)
      else await this.#recover(storageError(error), activated, operations)
      return
    }
    reached('after-commit', activated)
    this.#settlement.settle(activated, result)
    this.#upkeep.limitLiveRuns()
    if (this.#foreign.areRecent) await this.#pause(fairPauseMs)
  }

  /** W2: what this worker meant to write about its steps and runs is void, since others have them. */
  #beginAnew(operations: readonly Operation[]): void {
    const { logger, storage } = this.#options
    logger.log('warn', 'Other processes took this worker for dead: it begins anew', {})
    this.#dispatcher.abortAll(new EngineError('ENGINE_WORKER_LOST', 'The worker lost its lease'))
    this.#live.dropAll()
    this.#writes.keepCallers(operations)
    storage.transaction(() => this.#membership.enlist())
    this.#agenda.rescan()
  }

  /** The transaction did not happen: nothing in memory may be ahead of the database. */
  async #recover(
    failure: EngineError,
    activated: readonly Activated[],
    operations: readonly Operation[],
  ): Promise<void> {
    for (const activation of activated) this.#suspensions.undo(activation)
    this.#failures += 1
    this.#options.logger.log('error', failure.message, { failures: this.#failures })
    this.#writes.retry(operations, failure)
    this.#agenda.rescan()
    await this.#pause(Math.min(firstRetryMs * 2 ** Math.min(this.#failures, 10), longestRetryMs))
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((done) => this.#options.clock.after(milliseconds, done))
  }
}

function withStorageErrors<T>(body: () => T): T {
  try {
    return body()
  } catch (error) {
    throw isEngineError(error) ? error : storageError(error)
  }
}

function storageError(cause: unknown): EngineError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new EngineError('ENGINE_DATABASE', `The engine could not commit: ${reason}`, {
    hint: 'Check that the disk is not full and the file can be written.',
    cause,
  })
}
