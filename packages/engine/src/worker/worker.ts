// Worker: claims runs, gives them what has happened, commits what they ask for, and only then lets it out.
//
//   W1. One tick is one transaction: what clients asked for, activations, timers, steps, claims. All or nothing.
//   W2. Every transaction checks that this worker still exists; one that others have buried forgets all it had.
//   W3. Effects (functions begin, callers are answered) follow the commit that caused them.
//   W4. A run that faults is suspended with a growing pause; what had arrived for it is kept.
//   W5. Recovery is the normal claim: there is no other path to a run.
import type { Registration, ServiceDefinition } from '../client/types.ts'
import type { Execution } from '../core/execution.ts'
import { failureOf } from '../core/failure.ts'
import { activate } from '../core/replay.ts'
import { Turns } from '../core/turns.ts'
import { EngineError, isEngineError } from '../errors.ts'
import type { RunRow } from '../storage/port.ts'
import { Claims } from './claims.ts'
import { Effects, type Dispatch } from './effects.ts'
import { faultOf, writeFault } from './faults.ts'
import type { LiveRun } from './live-run.ts'
import { LiveRuns } from './live-runs.ts'
import { Membership } from './membership.ts'
import { answerEvent, eventIdOf } from './operations.ts'
import type { WorkerOptions } from './options.ts'
import { Rebuilder } from './rebuilder.ts'
import { recordActivation, type QueuedInbound, type Surroundings } from './recorder.ts'
import { Registry, type ServiceEntry } from './registry.ts'
import { StateQueries } from './state-queries.ts'
import { StepResults } from './step-results.ts'
import { TaskRunner, type Invoke } from './task-runner.ts'
import { TickResult, type Activated, type Operation, type Write } from './tick.ts'
import { Waiters } from './waiters.ts'

/** Raised in a transaction when other processes took this worker for dead. */
class Buried extends Error {}

const batchSize = 512
const pollMs = 10
const maintenanceMs = 60_000
/** As long as others commit, this worker leaves room between its own commits, or one of them would starve. */
const foreignMemoryMs = 1_000
const fairPauseMs = 1
const maxLiveDefault = 1_000
const pruneBatch = 50
const immediate = setImmediate

export class Worker {
  readonly registry = new Registry()
  readonly waiters = new Waiters()
  readonly #options: WorkerOptions
  readonly #turns = new Turns()
  readonly #runner: TaskRunner
  readonly #results: StepResults
  readonly #claims: Claims
  readonly #rebuilder: Rebuilder
  readonly #membership: Membership
  readonly #live = new LiveRuns()
  readonly #queries: StateQueries
  #operations: Operation[] = []
  #loop: Promise<void> | undefined
  #stopping = false
  /** Where the scan of all inboxes stands; undefined: not scanning. */
  #scanFrom: number | undefined
  #backlog = false
  #wakeAt = Number.POSITIVE_INFINITY
  #signal: (() => void) | undefined
  #version = -1
  #foreignAt = Number.NEGATIVE_INFINITY
  #beatAt = 0
  #maintainAt = 0
  #failures = 0

  constructor(options: WorkerOptions) {
    this.#options = options
    this.#membership = new Membership(options, this.registry)
    this.#claims = new Claims(options, this.registry)
    this.#rebuilder = new Rebuilder(options, this.registry, this.#turns)
    this.#queries = new StateQueries(
      options,
      this.registry,
      (run, name) => this.readState(run, name),
      (write) => this.#internal(write),
    )
    this.#results = new StepResults(options, {
      owner: () => this.#membership.key,
      live: this.#live.byKey,
      arrived: (live) => this.#arrived(live),
      write: (write) => this.#internal(write),
    })
    this.#runner = new TaskRunner({
      clock: options.clock,
      logger: options.logger,
      ended: (dispatch, outcome) => {
        options.reached('step-ended')
        this.#free(dispatch)
        this.#results.ended(dispatch, outcome)
      },
      beat: (dispatch, details) => this.#results.heartbeat(dispatch, details),
      published: options.published,
    })
  }

  /** Whether a loop is running here. */
  get active(): boolean {
    return this.#loop !== undefined
  }

  /** Functions under way. */
  get running(): number {
    return this.#runner.size
  }

  /** Whether every function under way waits for time to pass. */
  get allAsleep(): boolean {
    return this.#runner.allAsleep
  }

  /** Runs in memory. */
  get liveRuns(): number {
    return this.#live.byKey.size
  }

  /** Whether the loop has nothing to do and waits. */
  get resting(): boolean {
    return this.#signal !== undefined
  }

  /** Writes in the next transaction of the loop, or at once when there is no loop here. */
  async write<T>(run: Write<T>): Promise<T> {
    if (this.active && !this.#stopping) return this.#enqueue(run, false)
    const effects = new Effects()
    const { storage, clock } = this.#options
    const result = this.#storageErrors(() => storage.transaction(() => run(effects, clock.now())))
    this.#answer(effects)
    return result
  }

  /** Registers a service and starts the loop. Returns what {@link Worker.withdraw} takes. */
  async serve(
    definition: ServiceDefinition,
    invoke: Invoke | undefined,
    threaded: readonly string[],
  ): Promise<ServiceEntry> {
    const entry = this.registry.add(definition, invoke, threaded, this.#options.clock.now())
    if (this.#loop === undefined) {
      this.#begin()
    } else {
      await this.#enqueue(() => this.#membership.register(entry), true)
      this.#rescan()
      this.wake()
    }
    return entry
  }

  /** Takes a service back; with the last one the loop ends, after functions had `graceMs` to end. */
  async withdraw(entry: ServiceEntry, graceMs: number): Promise<void> {
    this.registry.remove(entry)
    if (this.registry.size > 0 || this.#loop === undefined) return
    const deadline = this.#options.clock.monotonic() + graceMs
    while (this.#runner.size > 0 && this.#options.clock.monotonic() < deadline) await this.#pause(pollMs)
    await this.halt()
  }

  /** Ends the loop and frees what this worker has. */
  async halt(): Promise<void> {
    if (this.#loop === undefined) return
    await this.#end(new EngineError('ENGINE_CLOSED', 'The service stopped'))
    const left = this.#operations
    this.#operations = []
    const { storage, clock } = this.#options
    storage.transaction(() => {
      const result = new TickResult(false)
      for (const operation of left) this.#perform(operation, clock.now(), result)
      this.#membership.resign()
      for (const answer of result.answers) answer()
    })
  }

  /** Drops all memory without a word to the database, as the death of a process does. For tests. */
  async crash(): Promise<void> {
    await this.#end(new EngineError('ENGINE_CLOSED', 'The process is gone'))
    this.#operations = []
  }

  /** Begins again after {@link Worker.crash}, as another process would. */
  async revive(): Promise<void> {
    this.#options.storage.transaction(() => this.#membership.resign())
    for (const entry of this.registry.services) entry.running = 0
    this.#begin()
  }

  wake(): void {
    const signal = this.#signal
    this.#signal = undefined
    signal?.()
  }

  /** Does now what is done from time to time: idle runs leave memory, old ones the database. */
  async tidy(): Promise<void> {
    this.#evict()
    this.#prune()
    while (this.#operations.some(({ internal }) => internal) || this.#maintainAt === 0) {
      await this.#enqueue(() => undefined, true)
    }
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
    this.#rescan()
    this.#wakeAt = 0
    this.#loop = this.#run()
  }

  async #end(reason: EngineError): Promise<void> {
    this.#stopping = true
    this.wake()
    await this.#loop
    this.#loop = undefined
    this.#runner.abortAll(reason)
    this.#live.dropAll()
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      this.#checkVersion()
      this.#keepUp()
      if (this.#hasWork()) await this.#tick()
      else await this.#rest()
    }
  }

  #hasWork(): boolean {
    return (
      this.#live.ready.size > 0 || this.#operations.length > 0 || this.#mustPoll(this.#options.clock.now())
    )
  }

  #mustPoll(now: number): boolean {
    return this.#scanFrom !== undefined || now >= this.#wakeAt
  }

  #rescan(): void {
    this.#scanFrom = 0
  }

  async #rest(): Promise<void> {
    const { clock, exclusive } = this.#options
    let cancel = (): void => undefined
    const rested = new Promise<void>((wake) => {
      this.#signal = wake
      const wait = this.#wakeAt - clock.now()
      if (exclusive && wait === Number.POSITIVE_INFINITY) return
      cancel = clock.after(exclusive ? wait : Math.min(wait, pollMs), wake)
    })
    if (!this.#live.anyBusy) this.#options.idle()
    await rested
    cancel()
    this.#signal = undefined
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((done) => this.#options.clock.after(milliseconds, done))
  }

  /** Another connection has committed: something may have arrived for us, or for those who wait here. */
  #checkVersion(): void {
    if (this.#options.exclusive) return
    const version = this.#options.storage.version()
    if (version === this.#version) return
    if (this.#version !== -1) this.#foreignAt = this.#options.clock.monotonic()
    this.#version = version
    this.#rescan()
    this.waiters.notifyAll()
    this.#queries.answer()
    this.#options.changed()
  }

  /** Says that this worker lives, looks whether others do, and cleans up, each from time to time. */
  #keepUp(): void {
    const { clock, exclusive, leaseMs } = this.#options
    const now = clock.monotonic()
    if (now >= this.#beatAt && !exclusive) {
      this.#beatAt = now + leaseMs * 0.3
      this.#internal(() => {
        if (this.#membership.beat()) this.#rescan()
      })
    }
    if (now >= this.#maintainAt) {
      this.#maintainAt = now + maintenanceMs
      this.#evict()
      this.#prune()
    }
  }

  #prune(): void {
    const { storage, retentionMs } = this.#options
    this.#internal((_effects, now) => {
      const expired = storage.runs.expired(now - retentionMs, pruneBatch)
      for (const key of expired) storage.runs.remove(key)
      // Small batches, so that nothing waits for a large one: the next in a tick of its own.
      if (expired.length === pruneBatch) this.#maintainAt = 0
    })
  }

  #enqueue<T>(run: Write<T>, internal: boolean): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#operations.push({ run, resolve: resolve as (value: unknown) => void, reject, internal })
      this.wake()
    })
  }

  #internal(run: Write<void>): void {
    this.#enqueue(run, true).catch((error: unknown) => {
      this.#options.logger.log('error', 'The engine could not write', { error: failureOf(error) })
    })
  }

  #arrived(live: LiveRun): void {
    this.#live.ready.add(live)
    this.wake()
  }

  async #tick(): Promise<void> {
    const { clock, storage, reached, strictReplay } = this.#options
    const activated = this.#takeReady()
    const now = clock.now()
    if (activated.length === 0) {
      // Others must get their turn even if there is always something to look for.
      await new Promise<void>((next) => immediate(next))
    } else {
      await Promise.all(activated.map((each) => this.#activate(each, now)))
    }
    if (strictReplay) await Promise.all(activated.map((each) => this.#rebuilder.verifyClosing(each)))
    const operations = this.#operations
    this.#operations = []
    if (activated.length === 0 && operations.length === 0 && !this.#mustPoll(now)) return
    reached('before-commit')
    let result: TickResult
    try {
      result = storage.transaction(() => this.#write(activated, operations, clock.now()))
      this.#failures = 0
    } catch (error) {
      await this.#recover(error, activated, operations)
      return
    }
    reached('after-commit')
    this.#settle(activated, result)
    if (clock.monotonic() - this.#foreignAt < foreignMemoryMs) await this.#pause(fairPauseMs)
  }

  async #activate({ live, execution, inbound }: Activated, now: number): Promise<void> {
    if (inbound === undefined) return
    // The first event stands in the history with the time of the start: replay sees that one.
    const at = inbound.type === 'Started' ? live.row.startedAt : now
    await activate(this.#turns, execution, inbound, at)
  }

  #takeReady(): readonly Activated[] {
    const activated: Activated[] = []
    for (const live of this.#live.ready) {
      if (activated.length >= batchSize) break
      this.#live.ready.delete(live)
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

  #refuseUnhandled(live: LiveRun, execution: Execution): void {
    for (const inbound of live.unhandled()) {
      live.discard(inbound)
      const names = [...execution.handlers.keys()].join(', ')
      const error = new EngineError(
        'ENGINE_UNKNOWN_EVENT',
        `${live.row.type} has no handler for ${inbound.name ?? ''}; registered: [${names}]`,
      )
      this.#internal((effects) => {
        const { storage } = this.#options
        if (inbound.inboxId !== undefined) storage.inbox.remove(inbound.inboxId)
        answerEvent(storage, eventIdOf(inbound.meta), 'failed', JSON.stringify(failureOf(error)), effects)
      })
    }
  }

  /** The execution of a run that has not begun; others are rebuilt and arrive later. */
  #load(live: LiveRun): Execution | undefined {
    const { storage } = this.#options
    const { row } = live
    let execution: Execution
    try {
      execution = this.#rebuilder.create(row, (error) => this.#faulted(live, error))
    } catch (error) {
      this.#suspend(live, error)
      return undefined
    }
    if (row.nextSeq === 0) {
      live.execution = execution
      live.startData = storage.history.at(row.key, 0)?.data ?? null
      return execution
    }
    live.busy = true
    this.#rebuilder.rebuild(execution, row).then(
      () => {
        live.busy = false
        if (live.dropped) return
        live.execution = execution
        if (live.fault === undefined) this.#arrived(live)
        else this.#suspend(live, live.fault)
      },
      (error: unknown) => this.#suspend(live, error),
    )
    return undefined
  }

  /** Code went on between activations: nobody else will notice. */
  #faulted(live: LiveRun, error: EngineError): void {
    if (live.busy) live.fault ??= error
    else this.#suspend(live, error)
  }

  #write(activated: readonly Activated[], operations: readonly Operation[], now: number): TickResult {
    if (!this.#membership.isMember()) throw new Buried()
    const result = new TickResult(this.#backlog)
    for (const operation of operations) this.#perform(operation, now, result)
    for (const activation of activated) this.#record(activation, now, result)
    if (this.#mustPoll(now) || result.effects.touched.size > 0) {
      this.#claims.poll(
        { owner: this.#membership.key, live: this.#live.byKey, scanFrom: this.#scanFrom, now },
        result,
      )
    }
    return result
  }

  #perform({ run, resolve, reject }: Operation, now: number, { effects, answers }: TickResult): void {
    try {
      const value = run(effects, now)
      answers.push(() => resolve(value))
    } catch (error) {
      // What an operation refuses concerns its caller; anything else undoes the whole transaction.
      if (!isEngineError(error)) throw error
      answers.push(() => reject(error))
    }
  }

  #record({ live, execution, inbound }: Activated, now: number, result: TickResult): void {
    const { storage } = this.#options
    if (live.dropped) return
    const fault = execution.fault ?? live.fault
    if (fault !== undefined) {
      this.#writeFault(live.row, fault, unsavedOf(live, inbound), result.effects, now)
      result.lost.add(live)
      return
    }
    const { row: run } = live
    const activation = {
      run,
      owner: this.#membership.key,
      inbound,
      commands: execution.take(),
      ts: execution.time,
    }
    const surroundings: Surroundings = {
      reserve: (queue, name) => (this.#stopping ? 'queue' : this.#claims.reserve(queue, name, now, result)),
      kindOf: (type) => this.registry.kind(type),
    }
    const recorded = recordActivation(storage, activation, surroundings, now, result.effects)
    if (recorded === undefined) result.lost.add(live)
    else result.recorded.set(live, recorded)
  }

  #settle(activated: readonly Activated[], result: TickResult): void {
    const { effects } = result
    for (const activation of activated) this.#settleActivation(activation, result)
    for (const key of effects.closedKeys) this.#live.drop(this.#live.get(key))
    if (result.polled) {
      this.#scanFrom = result.scanFrom
      this.#wakeAt = result.more ? 0 : result.nextAt
    }
    this.#wakeAt = Math.min(this.#wakeAt, result.nextAt, effects.wakeAt)
    this.#backlog = result.backlog
    for (const [key, row] of result.claimed) {
      if (!effects.closedKeys.has(key)) this.#live.add(row, this.#options.clock.monotonic())
    }
    for (const [key, rows] of result.inboxes) {
      const live = this.#live.get(key)
      if (live === undefined) continue
      live.addInbox(rows)
      this.#live.ready.add(live)
    }
    for (const { runKey, n } of result.timers) {
      const live = this.#live.get(runKey)
      if (live === undefined) continue
      live.addTimer(n)
      this.#live.ready.add(live)
    }
    this.#answer(effects, result.answers)
    if (this.#live.isAbove(this.#liveLimit())) this.#evict()
  }

  #settleActivation({ live, execution, inbound }: Activated, result: TickResult): void {
    live.busy = false
    live.usedAt = this.#options.clock.monotonic()
    if (live.dropped) return
    if (result.lost.has(live) || execution.closed) {
      this.#live.drop(live)
      return
    }
    if (inbound !== undefined) live.applied(inbound)
    const recorded = result.recorded.get(live)
    if (recorded !== undefined) live.row = { ...live.row, ...recorded, faults: 0 }
    if (this.#options.strictReplay && isStrictTurn(live.row.nextSeq)) {
      execution.abandon()
      live.execution = undefined
    }
    if (live.waiting > 0) this.#live.ready.add(live)
  }

  /** What may leave the process once it is committed. */
  #answer(effects: Effects, answers: readonly (() => void)[] = []): void {
    for (const { runKey, n } of effects.aborted) {
      const aborted = this.#runner.abort(runKey, n, 'The step was cancelled')
      if (aborted !== undefined) this.#free(aborted)
    }
    for (const dispatch of effects.dispatches) this.#dispatch(dispatch)
    for (const answer of answers) answer()
    this.waiters.notify(effects.closed)
    this.waiters.notify(effects.answered)
    this.#options.committed()
    this.#options.changed()
  }

  #dispatch(dispatch: Dispatch): void {
    const found = this.registry.function(dispatch.queue, dispatch.name)
    const body = found?.body ?? ((): undefined => undefined)
    const threaded = found?.entry.threaded.has(dispatch.name) === true
    this.#runner.run(dispatch, body, threaded ? found.entry.invoke : undefined)
    this.#options.reached('step-begun')
  }

  #free({ queue, name }: Dispatch): void {
    const found = this.registry.function(queue, name)
    if (found !== undefined) found.entry.running -= 1
    if (!this.#backlog) return
    this.#wakeAt = 0
    this.wake()
  }

  /** W4: the run leaves memory; what only memory knows of goes to its inbox. */
  #suspend(live: LiveRun, cause: unknown): void {
    if (live.dropped) return
    const fault = faultOf(cause)
    const unsaved = live.unsaved()
    this.#live.drop(live)
    this.#internal((effects, now) => this.#writeFault(live.row, fault, unsaved, effects, now))
  }

  #writeFault(
    row: RunRow,
    fault: EngineError,
    unsaved: readonly QueuedInbound[],
    effects: Effects,
    now: number,
  ): void {
    for (const inbound of unsaved) this.#results.save(row.key, inbound, effects)
    writeFault(this.#options, row, fault, effects, now)
  }

  /** The transaction did not happen: nothing in memory may be ahead of the database. */
  async #recover(
    error: unknown,
    activated: readonly Activated[],
    operations: readonly Operation[],
  ): Promise<void> {
    const { logger, storage } = this.#options
    const callers = operations.filter(({ internal }) => !internal)
    if (error instanceof Buried) {
      logger.log('warn', 'Other processes took this worker for dead: it begins anew', {})
      this.#runner.abortAll(new EngineError('ENGINE_WORKER_LOST', 'The worker lost its lease'))
      for (const entry of this.registry.services) entry.running = 0
      this.#live.dropAll()
      // What this worker meant to write about its steps and runs is void: others have them.
      this.#operations = [...callers, ...this.#operations.filter(({ internal }) => !internal)]
      storage.transaction(() => this.#membership.enlist())
      this.#rescan()
      return
    }
    for (const { live, inbound } of activated) this.#undo(live, unsavedOf(live, inbound))
    this.#operations = [...operations.filter(({ internal }) => internal), ...this.#operations]
    this.#failures += 1
    const failure = storageError(error)
    logger.log('error', failure.message, { failures: this.#failures })
    for (const { reject } of callers) reject(failure)
    this.#rescan()
    await this.#pause(Math.min(50 * 2 ** Math.min(this.#failures, 10), 2_000))
  }

  /** Forgets a run; step results that exist in memory only are written later. */
  #undo(live: LiveRun, inbounds: readonly QueuedInbound[]): void {
    const { key } = live.row
    this.#live.drop(live)
    for (const inbound of inbounds) {
      if (inbound.attempt !== undefined) {
        this.#internal((effects) => this.#results.save(key, inbound, effects))
      }
    }
  }

  #liveLimit(): number {
    let limit = 0
    for (const { options } of this.registry.services) {
      limit += options.maxConcurrentWorkflowRuns ?? maxLiveDefault
    }
    return limit
  }

  /** Idle runs leave memory: those not used for a while, and the longest unused above a number. */
  #evict(): void {
    const { clock, storage, idleRunMs } = this.#options
    for (const { key, fence } of this.#live.evict(this.#liveLimit(), clock.monotonic() - idleRunMs)) {
      this.#internal(() => storage.runs.release(key, fence))
    }
  }

  #storageErrors<T>(body: () => T): T {
    try {
      return body()
    } catch (error) {
      throw isEngineError(error) ? error : storageError(error)
    }
  }
}

function storageError(cause: unknown): EngineError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new EngineError('ENGINE_DATABASE', `The engine could not commit: ${reason}`, {
    hint: 'Check that the disk is not full and the file can be written.',
    cause,
  })
}

/** Step results that exist in memory only, with the one that was being applied. */
function unsavedOf(live: LiveRun, inbound: QueuedInbound | undefined): readonly QueuedInbound[] {
  return inbound === undefined ? live.unsaved() : [inbound, ...live.unsaved()]
}

/** What only the run knows of an event: the input of the first, the number of one that is received. */
function complete(inbound: QueuedInbound, live: LiveRun, execution: Execution): QueuedInbound {
  if (inbound.type === 'Started') return { ...inbound, data: live.startData }
  return inbound.type === 'EventReceived' ? { ...inbound, n: execution.meter.received + 1 } : inbound
}

/** Every activation of a short history is rebuilt; in long ones a sample, or tests would take quadratic time. */
function isStrictTurn(nextSeq: number): boolean {
  return nextSeq < 600 || nextSeq % 50 < 2
}
