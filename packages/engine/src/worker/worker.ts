// Worker: claims runs, gives them what has happened, commits what they ask for, and only then lets it out.
//
//   W1. One tick is one transaction: what clients asked for, activations, timers, tasks, claims. All or nothing.
//   W2. Every transaction checks that this worker still exists; one that others have buried forgets all it had.
//   W3. Effects (functions begin, callers are answered) follow the commit that caused them.
//   W4. A run that faults is suspended with a growing pause; what had arrived for it is kept.
//   W5. Recovery is the normal claim: there is no other path to a run.
import type { LogSink, Registration, ServiceDefinition } from '../client/types.ts'
import { Execution, type ContinueAsNewLimits } from '../core/execution.ts'
import { failureOf } from '../core/failure.ts'
import { activate, replay } from '../core/replay.ts'
import { Turns } from '../core/turns.ts'
import { findDivergence, nondeterminism } from '../core/divergence.ts'
import { decodeStepSettings } from '../core/step-settings.ts'
import { EngineError, isEngineError } from '../errors.ts'
import type { RunRow, Storage, TaskRow } from '../storage/port.ts'
import type { Clock } from './clock.ts'
import { Effects, type Dispatch } from './effects.ts'
import { LiveRun } from './live-run.ts'
import { isGone, Liveness, thisProcess } from './liveness.ts'
import { answerEvent, closeRun, eventIdOf } from './operations.ts'
import { queueDeadline, recordActivation, type QueuedInbound, type Recorded } from './recorder.ts'
import { capacity, nextTokenAt, occupy, registrationRows, Registry, type ServiceEntry } from './registry.ts'
import { runDueSchedules } from './schedule-runner.ts'
import { retryDelay, stepFailure, TaskRunner, type Invoke, type Outcome } from './task-runner.ts'
import { Waiters } from './waiters.ts'

export interface WorkerOptions {
  readonly storage: Storage
  readonly clock: Clock
  readonly logger: LogSink
  readonly limits: ContinueAsNewLimits
  /** Nobody else has this database: nothing need be polled. */
  readonly exclusive: boolean
  /** suspend: try again later (W4). fail: end the run, for tests. */
  readonly onFault: 'suspend' | 'fail'
  /** Rebuild runs from their histories after every activation. */
  readonly strictReplay: boolean
  /** Closed runs are removed after this time. */
  readonly retentionMs: number
  readonly published: (dispatch: Dispatch, chunk: unknown) => void
  readonly changed: () => void
  /** Called whenever there is nothing left to do now. */
  readonly idle: () => void
  /** Called at named points; crash tests end the process there. */
  readonly reached: (point: CrashPoint) => void
}

/** Where crash tests may end the process. */
export type CrashPoint = 'before-commit' | 'after-commit' | 'step-begun' | 'step-ended' | 'replaying'

type Write<T> = (effects: Effects, now: number) => T

interface Operation {
  readonly run: Write<unknown>
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
  /** Ours, not a caller's: must be written sooner or later. */
  readonly internal: boolean
}

interface Activated {
  readonly live: LiveRun
  readonly execution: Execution
  readonly inbound: QueuedInbound
}

interface TickResult {
  readonly effects: Effects
  readonly answers: (() => void)[]
  readonly recorded: Map<LiveRun, Recorded>
  readonly lost: Set<LiveRun>
  readonly claimed: RunRow[]
  readonly inboxes: Map<LiveRun | number, ReturnType<Storage['inbox']['ofRun']>>
  readonly timers: { readonly runKey: number; readonly n: number }[]
  readonly occupied: ServiceEntry[]
  polled: boolean
  nextAt: number
  backlog: boolean
  more: boolean
}

/** Raised in a transaction when other processes took this worker for dead. */
class Buried extends Error {}

const batchSize = 512
const pollMs = 10
const beatMs = 3_000
const leaseMs = 10_000
const maintenanceMs = 60_000
const foreignMemoryMs = 1_000
const maxLiveDefault = 1_000
const idleRunMs = 60_000

export class Worker {
  readonly registry = new Registry()
  readonly waiters = new Waiters()
  readonly #options: WorkerOptions
  readonly #turns = new Turns()
  readonly #runner: TaskRunner
  readonly #live = new Map<number, LiveRun>()
  readonly #ready = new Set<LiveRun>()
  readonly #hints = new Set<number>()
  readonly #self = thisProcess()
  readonly #liveness = new Liveness(this.#self, leaseMs)
  readonly #heartbeats = new Map<string, { readonly dispatch: Dispatch; readonly details: string | null }>()
  readonly #warned = new Set<string>()
  readonly #answering = new Set<string>()
  #operations: Operation[] = []
  #key: number | undefined
  #loop: Promise<void> | undefined
  #stopping = false
  #rescan = false
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
    this.#runner = new TaskRunner({
      clock: options.clock,
      logger: options.logger,
      ended: (dispatch, outcome) => this.#ended(dispatch, outcome),
      beat: (dispatch, details) => this.#heartbeat(dispatch, details),
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
    return this.#live.size
  }

  /** Writes in the next transaction of the loop, or at once when there is no loop here. */
  write<T>(run: Write<T>): Promise<T> {
    if (this.active && !this.#stopping) return this.#enqueue(run, false)
    return new Promise((resolve) => {
      const effects = new Effects()
      const { storage, clock } = this.#options
      const result = storage.transaction(() => run(effects, clock.now()))
      this.#answer(effects)
      resolve(result)
    })
  }

  /** Registers a service and starts the loop. Returns how to take it back. */
  async serve(
    definition: ServiceDefinition,
    invoke: Invoke | undefined,
    threaded: readonly string[],
  ): Promise<ServiceEntry> {
    const entry = this.registry.add(definition, invoke, threaded, this.#options.clock.now())
    const rows = registrationRows(definition, threaded)
    if (this.#loop === undefined) {
      this.#stopping = false
      this.#options.storage.transaction(() => {
        this.#buryDead()
        this.#enlist()
      })
      this.#rescan = true
      this.#loop = this.#run()
    } else {
      await this.#enqueue(() => {
        for (const row of rows) this.#options.storage.workers.register(this.#key ?? 0, row)
      }, true)
      this.#rescan = true
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
    this.#stopping = true
    this.wake()
    await this.#loop
    this.#loop = undefined
    this.#runner.abortAll(new EngineError('ENGINE_CLOSED', 'The service stopped'))
    this.#forgetAll()
    const key = this.#key
    this.#key = undefined
    if (key === undefined) return
    const { storage, clock } = this.#options
    storage.transaction(() => storage.workers.bury(key, clock.now()))
  }

  /** Drops all memory without a word to the database, as the death of a process does. For tests. */
  async crash(): Promise<void> {
    this.#stopping = true
    this.wake()
    await this.#loop
    this.#loop = undefined
    this.#runner.abortAll(new EngineError('ENGINE_CLOSED', 'The process is gone'))
    this.#operations = []
    this.#forgetAll()
  }

  /** Begins again after {@link Worker.crash}, as another process would. */
  async revive(): Promise<void> {
    const { storage, clock } = this.#options
    const dead = this.#key
    storage.transaction(() => {
      if (dead !== undefined) storage.workers.bury(dead, clock.now())
      this.#enlist()
    })
    for (const entry of this.registry.services) entry.running = 0
    this.#stopping = false
    this.#rescan = true
    this.#loop = this.#run()
  }

  /** Whether the loop has nothing to do and waits. */
  get resting(): boolean {
    return this.#signal !== undefined
  }

  wake(): void {
    const signal = this.#signal
    this.#signal = undefined
    signal?.()
  }

  /** What services of this database have registered; those of processes that are gone are not live. */
  registrations(): readonly Registration[] {
    const { storage } = this.#options
    const gone = storage.workers
      .all()
      .filter((worker) => worker.key !== this.#key && isGone(worker, this.#self))
    if (gone.length > 0) storage.transaction(() => this.#buryDead())
    return storage.workers
      .registrations()
      .map(({ name, kind, queue, description, mcp, inputSchema, live }) => ({
        name,
        kind,
        taskQueue: queue,
        live: live === 1,
        ...(description === null ? {} : { description }),
        ...(mcp === 1 ? { mcp: true } : {}),
        ...(inputSchema === null ? {} : { inputSchema: JSON.parse(inputSchema) as unknown }),
      }))
  }

  /** Reads a state of a run: from memory if it is there and at rest, else from its history. */
  async readState(run: RunRow, name: string): Promise<string | null> {
    const live = this.#live.get(run.key)
    if (live?.execution !== undefined && !live.busy) return live.execution.readState(name)
    const execution = this.#createExecution(run, () => undefined)
    const { storage } = this.#options
    const rows = storage.history.read(run.key)
    const current = storage.runs.get(run.key) ?? run
    try {
      await replay(
        this.#turns,
        execution,
        rows.filter(({ seq }) => seq < current.nextSeq),
        { strict: false },
      )
      return execution.readState(name)
    } finally {
      execution.abandon()
    }
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
    if (this.#ready.size > 0 || this.#operations.length > 0 || this.#rescan || this.#hints.size > 0)
      return true
    return this.#options.clock.now() >= this.#wakeAt
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
    if (![...this.#live.values()].some(({ busy }) => busy)) this.#options.idle()
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
    this.#rescan = true
    this.waiters.notifyAll()
    this.#answerQueries()
    this.#options.changed()
  }

  /** Other processes ask for states of runs whose code is here. */
  #answerQueries(): void {
    const { storage } = this.#options
    for (const { queryId, runKey, name } of storage.queries.asked(this.registry.types)) {
      if (this.#answering.has(queryId)) continue
      this.#answering.add(queryId)
      void this.#answerQuery(runKey, name).then((answer) => {
        this.#internal(() => storage.queries.answer(queryId, answer.state, answer.data))
        this.#answering.delete(queryId)
      })
    }
  }

  async #answerQuery(
    runKey: number,
    name: string,
  ): Promise<{ state: 'answered' | 'failed'; data: string | null }> {
    try {
      const run = this.#options.storage.runs.get(runKey)
      if (run === undefined) throw new EngineError('ENGINE_RUN_NOT_FOUND', 'The run has been removed')
      return { state: 'answered', data: await this.readState(run, name) }
    } catch (error) {
      return { state: 'failed', data: JSON.stringify(failureOf(error)) }
    }
  }

  /** Says that this worker lives, looks whether others do, and cleans up, each from time to time. */
  #keepUp(): void {
    const now = this.#options.clock.monotonic()
    if (now >= this.#beatAt && !this.#options.exclusive) {
      this.#beatAt = now + beatMs
      this.#internal(() => {
        this.#options.storage.workers.beat(this.#key ?? 0)
        this.#buryDead()
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
    if (!Number.isFinite(retentionMs)) return
    this.#internal((_effects, now) => {
      const expired = storage.runs.expired(now - retentionMs, 50)
      for (const key of expired) storage.runs.remove(key)
      // Small batches: the next one in a tick of its own.
      if (expired.length === 50) this.#maintainAt = 0
    })
  }

  #buryDead(): void {
    const { storage, clock } = this.#options
    const others = storage.workers.all().filter(({ key }) => key !== this.#key)
    for (const key of this.#liveness.dead(others, clock.monotonic())) {
      storage.workers.bury(key, clock.now())
      this.#rescan = true
    }
  }

  #enlist(): void {
    const { storage } = this.#options
    this.#key = storage.workers.add(this.#self)
    for (const { definition, threaded } of this.registry.services) {
      for (const row of registrationRows(definition, [...threaded])) storage.workers.register(this.#key, row)
    }
  }

  #enqueue<T>(run: Write<T>, internal: boolean): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#operations.push({ run, resolve: resolve as (value: unknown) => void, reject, internal })
      this.wake()
    })
  }

  #internal(run: Write<void>): void {
    void this.#enqueue(run, true).catch((error: unknown) => {
      this.#options.logger.log('error', 'The engine could not write', { error: failureOf(error) })
    })
  }

  async #tick(): Promise<void> {
    const activated = this.#takeReady()
    const { clock, storage, reached } = this.#options
    const now = clock.now()
    await Promise.all(
      activated.map(({ execution, inbound }) => activate(this.#turns, execution, inbound, now)),
    )
    if (this.#options.strictReplay) await this.#verifyClosing(activated, now)
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
    if (clock.monotonic() - this.#foreignAt < foreignMemoryMs) await this.#pause(1)
  }

  #mustPoll(now: number): boolean {
    return this.#rescan || this.#hints.size > 0 || now >= this.#wakeAt
  }

  #takeReady(): readonly Activated[] {
    const activated: Activated[] = []
    for (const live of this.#ready) {
      if (activated.length >= batchSize) break
      this.#ready.delete(live)
      if (live.busy || live.dropped) continue
      if (live.execution === undefined) {
        this.#load(live)
        if (live.busy) continue
      }
      const execution = live.execution
      if (execution === undefined) continue
      const next = live.next()
      const inbound = next === undefined ? undefined : complete(next, live, execution)
      if (inbound === undefined) {
        this.#refuseUnhandled(live, execution)
        continue
      }
      live.busy = true
      activated.push({ live, execution, inbound })
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

  #load(live: LiveRun): void {
    const { storage } = this.#options
    let execution: Execution
    try {
      execution = this.#createExecution(live.row, (error) => this.#faulted(live, execution, error))
    } catch (error) {
      this.#suspend(live, error)
      return
    }
    if (live.row.nextSeq === 0) {
      live.execution = execution
      const [started] = storage.history.read(live.row.key)
      live.startData = started?.data ?? null
      return
    }
    live.busy = true
    const rows = storage.history.read(live.row.key).filter(({ seq }) => seq < live.row.nextSeq)
    this.#options.reached('replaying')
    replay(this.#turns, execution, rows, { strict: this.#options.strictReplay }).then(
      () => {
        if (live.dropped) return
        live.busy = false
        live.execution = execution
        this.#ready.add(live)
        this.wake()
      },
      (error: unknown) => this.#suspend(live, error),
    )
  }

  #createExecution(row: RunRow, fault: (error: EngineError) => void): Execution {
    const { storage, logger, limits } = this.#options
    const body = this.registry.run(row.queue, row.type)
    if (body === undefined) {
      throw new EngineError('ENGINE_NOT_REGISTERED', `No service here runs ${row.type}`, {
        hint: 'Start a service that registers it.',
      })
    }
    const parent = row.parentKey === null ? undefined : storage.runs.get(row.parentKey)
    const identity = {
      id: row.id,
      runId: row.runId,
      type: row.type,
      kind: row.kind,
      taskQueue: row.queue,
      seed: row.seed,
      startedAt: row.startedAt,
      firstRunId: row.firstRunId,
      previousRunId: row.previousRunId ?? undefined,
      parent: parent === undefined ? undefined : { id: parent.id, runId: parent.runId },
      memo: row.memo === null ? undefined : (JSON.parse(row.memo) as Record<string, unknown>),
    }
    return new Execution(identity, body, limits, {
      log: (level, message, fields) => logger.log(level, message, fields),
      fault,
    })
  }

  /** Code went on between activations: nobody else will notice. */
  #faulted(live: LiveRun, execution: Execution, error: EngineError): void {
    if (!live.busy && live.execution === execution) this.#suspend(live, error)
  }

  /** In strict mode the last activation of a run is run once more from the beginning: nothing later would. */
  async #verifyClosing(activated: readonly Activated[], now: number): Promise<void> {
    for (const { live, execution, inbound } of activated) {
      if (!execution.closed || execution.fault !== undefined) continue
      const again = this.#createExecution(live.row, () => undefined)
      const rows = this.#options.storage.history
        .read(live.row.key)
        .filter(({ seq }) => seq < live.row.nextSeq)
      try {
        await replay(this.#turns, again, rows, { strict: true })
        again.replaying = true
        await activate(this.#turns, again, inbound, now)
      } catch (error) {
        if (isEngineError(error)) execution.fault = error
        continue
      }
      const first = execution.peek()
      const base = live.row.nextSeq + 1
      const recorded = first.map((command, index) => ({ ...command, seq: base + index }))
      const divergence = findDivergence(recorded, again.take(), base - 1, true)
      again.abandon()
      if (divergence !== undefined)
        execution.fault = nondeterminism(`${live.row.type} ${live.row.id}`, divergence)
    }
  }

  #write(activated: readonly Activated[], operations: readonly Operation[], now: number): TickResult {
    const { storage } = this.#options
    if (this.#key === undefined || !storage.workers.exists(this.#key)) throw new Buried()
    const result: TickResult = {
      effects: new Effects(),
      answers: [],
      recorded: new Map(),
      lost: new Set(),
      claimed: [],
      inboxes: new Map(),
      timers: [],
      occupied: [],
      polled: false,
      nextAt: Number.POSITIVE_INFINITY,
      backlog: this.#backlog,
      more: false,
    }
    for (const operation of operations) this.#perform(operation, now, result)
    for (const activation of activated) this.#record(activation, now, result)
    if (this.#mustPoll(now) || result.effects.touched.size > 0) this.#poll(now, result)
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
    if (execution.fault !== undefined) {
      this.#writeFault(live, execution.fault, [inbound, ...live.unsaved()], result.effects, now)
      result.lost.add(live)
      return
    }
    const recorded = recordActivation(
      storage,
      { run: live.row, owner: this.#key ?? 0, inbound, commands: execution.take(), ts: execution.time },
      (queue, name) => this.#reserve(queue, name, now, result),
      now,
      result.effects,
    )
    if (recorded === undefined) result.lost.add(live)
    else result.recorded.set(live, recorded)
  }

  #reserve(queue: string, name: string, now: number, result: TickResult): boolean {
    const found = this.registry.function(queue, name)
    if (found === undefined) {
      this.#warnUnregistered(queue, name)
      return false
    }
    if (this.#stopping || capacity(found.entry, now) < 1) {
      result.backlog = true
      result.nextAt = Math.min(result.nextAt, nextTokenAt(found.entry, now))
      return false
    }
    occupy(found.entry)
    result.occupied.push(found.entry)
    return true
  }

  #warnUnregistered(queue: string, name: string): void {
    const names = this.registry.functionsOn(queue)
    const key = `${queue}/${name}`
    if (names.length === 0 || this.#warned.has(key)) return
    this.#warned.add(key)
    this.#options.logger.log(
      'warn',
      `No function ${name} on queue ${queue} in this process; its step waits`,
      {
        registered: names,
      },
    )
  }

  #poll(now: number, result: TickResult): void {
    const { storage } = this.#options
    const owner = this.#key ?? 0
    const { effects } = result
    result.polled = true
    result.backlog = false
    if (this.#rescan) {
      const runs = storage.runs.claimable(owner, this.registry.types, now, batchSize)
      result.more ||= runs.length >= batchSize
      for (const row of runs) this.#claim(row.key, now, result)
    } else if (now >= this.#wakeAt) {
      for (const row of storage.runs.claimable(owner, this.registry.types, now, batchSize)) {
        if (row.retryAt !== null) this.#claim(row.key, now, result)
      }
    }
    runDueSchedules(storage, now, effects, this.#options.logger)
    this.#expireTasks(now, result)
    this.#claimTasks(now, result)
    for (const key of new Set([...this.#hints, ...effects.touched])) this.#claim(key, now, result)
    const due = storage.timers.due(owner, this.registry.types, now, batchSize)
    result.more ||= due.length >= batchSize
    for (const timer of due) {
      if (!this.#live.has(timer.runKey)) this.#claim(timer.runKey, now, result)
      result.timers.push(timer)
    }
    for (const at of [
      storage.timers.nextAt(now),
      storage.tasks.nextAt(now),
      storage.schedules.nextAt(),
      storage.runs.nextRetryAt(now),
    ]) {
      if (at !== null) result.nextAt = Math.min(result.nextAt, at)
    }
  }

  /** Takes a run if it is free and its code is here, and reads what waits for it. */
  #claim(key: number, now: number, result: TickResult): void {
    const { storage } = this.#options
    const live = this.#live.get(key)
    if (live !== undefined && !live.dropped && !result.lost.has(live)) {
      result.inboxes.set(live, storage.inbox.ofRun(key))
      return
    }
    if (result.inboxes.has(key)) {
      result.inboxes.set(key, storage.inbox.ofRun(key))
      return
    }
    const row = storage.runs.get(key)
    if (row?.closedAt !== null || (row.retryAt !== null && row.retryAt > now)) return
    if (this.registry.run(row.queue, row.type) === undefined) return
    const claimed = storage.runs.claim(key, this.#key ?? 0)
    if (claimed === undefined) return
    result.claimed.push(claimed)
    result.inboxes.set(key, storage.inbox.ofRun(key))
  }

  #expireTasks(now: number, { effects }: TickResult): void {
    const { storage } = this.#options
    for (const task of storage.tasks.expired(now, batchSize)) {
      const settings = decodeStepSettings(storage.history.at(task.runKey, task.seq)?.meta ?? null)
      const { scheduleToCloseMs = Infinity, scheduleToStartMs } = settings
      const whole = now >= task.scheduledAt + scheduleToCloseMs
      const type = whole ? 'scheduleToCloseTimeout' : 'scheduleToStartTimeout'
      const limit = whole ? scheduleToCloseMs : (scheduleToStartMs ?? 0)
      const error = new EngineError('ENGINE_STEP_TIMEOUT', `Step ${task.name}: ${type} of ${limit} ms passed`)
      const last =
        task.failure === null ? {} : { cause: JSON.parse(task.failure) as ReturnType<typeof failureOf> }
      this.#failTask(task, { ...failureOf(error), type, ...last }, effects)
    }
  }

  #failTask(task: TaskRow, cause: ReturnType<typeof failureOf>, effects: Effects): void {
    const { storage } = this.#options
    storage.tasks.remove(task.runKey, task.n)
    if (storage.runs.get(task.runKey)?.closedAt !== null) return
    const data = JSON.stringify(stepFailure(task, cause))
    storage.inbox.add({
      runKey: task.runKey,
      type: 'StepFailed',
      n: task.n,
      name: task.name,
      data,
      meta: null,
    })
    effects.touched.add(task.runKey)
  }

  #claimTasks(now: number, result: TickResult): void {
    const { storage } = this.#options
    for (const entry of this.registry.services) {
      const free = capacity(entry, now)
      if (free < 1) {
        result.backlog = true
        result.nextAt = Math.min(result.nextAt, nextTokenAt(entry, now))
        continue
      }
      const limit = Math.min(free, batchSize)
      const tasks = storage.tasks.queued(entry.definition.taskQueue, entry.names, now, limit)
      if (tasks.length >= limit) {
        result.backlog = true
        result.more ||= limit === batchSize
      }
      for (const task of tasks) this.#claimTask(task, entry, result)
      if (result.backlog) result.nextAt = Math.min(result.nextAt, nextTokenAt(entry, now))
    }
  }

  #claimTask(task: TaskRow, entry: ServiceEntry, result: TickResult): void {
    const { storage } = this.#options
    const scheduled = storage.history.at(task.runKey, task.seq)
    const run = storage.runs.get(task.runKey)
    if (scheduled === undefined || run === undefined) {
      storage.tasks.remove(task.runKey, task.n)
      return
    }
    const settings = decodeStepSettings(scheduled.meta)
    const { maximumAttempts } = settings.retry
    if (maximumAttempts > 0 && task.attempt > maximumAttempts) {
      const lost =
        task.failure === null
          ? failureOf(undefined)
          : (JSON.parse(task.failure) as ReturnType<typeof failureOf>)
      this.#failTask({ ...task, attempt: maximumAttempts }, lost, result.effects)
      return
    }
    if (!storage.tasks.claim(task.runKey, task.n, this.#key ?? 0)) return
    occupy(entry)
    result.occupied.push(entry)
    const { runKey, n, queue, name, attempt, scheduledAt, details } = task
    result.effects.dispatches.push({
      runKey,
      n,
      queue,
      name,
      attempt,
      input: scheduled.data,
      settings,
      scheduledAt,
      details,
      run: { id: run.id, runId: run.runId, type: run.type },
    })
  }

  #settle(activated: readonly Activated[], result: TickResult): void {
    const { effects } = result
    for (const activation of activated) this.#settleActivation(activation, result)
    for (const key of effects.closedKeys) this.#drop(this.#live.get(key))
    if (result.polled) {
      this.#rescan = result.more
      this.#hints.clear()
      this.#wakeAt = result.nextAt
    } else {
      this.#wakeAt = Math.min(this.#wakeAt, result.nextAt)
    }
    this.#wakeAt = Math.min(this.#wakeAt, effects.wakeAt)
    this.#backlog = result.backlog
    for (const row of result.claimed) {
      if (effects.closedKeys.has(row.key)) continue
      this.#live.set(row.key, new LiveRun(row))
    }
    for (const [where, rows] of result.inboxes) {
      const live = typeof where === 'number' ? this.#live.get(where) : where
      if (live === undefined || live.dropped) continue
      live.addInbox(rows)
      this.#ready.add(live)
    }
    for (const { runKey, n } of result.timers) {
      const live = this.#live.get(runKey)
      if (live === undefined) continue
      live.addTimer(n)
      this.#ready.add(live)
    }
    this.#answer(effects, result.answers)
  }

  #settleActivation({ live, execution, inbound }: Activated, result: TickResult): void {
    live.busy = false
    live.usedAt = this.#options.clock.monotonic()
    if (live.dropped) return
    if (result.lost.has(live)) {
      this.#drop(live)
      return
    }
    live.applied(inbound)
    const recorded = result.recorded.get(live)
    if (recorded !== undefined) live.row = { ...live.row, ...recorded, faults: 0 }
    if (execution.closed) {
      this.#drop(live)
      return
    }
    if (this.#options.strictReplay && isStrictTurn(live.row.nextSeq)) {
      execution.abandon()
      live.execution = undefined
    }
    if (live.waiting > 0) this.#ready.add(live)
  }

  /** What may leave the process once it is committed. */
  #answer(effects: Effects, answers: readonly (() => void)[] = []): void {
    for (const { runKey, n } of effects.aborted) {
      this.#free(this.#runner.abort(runKey, n, new EngineError('ENGINE_CANCELLED', 'The step was cancelled')))
    }
    for (const dispatch of effects.dispatches) this.#dispatch(dispatch)
    for (const answer of answers) answer()
    this.waiters.notify(effects.closed)
    this.waiters.notify(effects.answered)
    if (!this.active) return
    for (const key of effects.touched) if (!this.#live.has(key)) this.#hints.add(key)
    this.#options.changed()
  }

  #dispatch(dispatch: Dispatch): void {
    const found = this.registry.function(dispatch.queue, dispatch.name)
    const body = found?.body ?? ((): undefined => undefined)
    const threaded = found?.entry.threaded.has(dispatch.name) === true
    this.#runner.run(dispatch, body, threaded ? found.entry.invoke : undefined)
    this.#options.reached('step-begun')
  }

  #free(dispatch: Dispatch | undefined): void {
    if (dispatch === undefined) return
    const found = this.registry.function(dispatch.queue, dispatch.name)
    if (found !== undefined) found.entry.running -= 1
    if (!this.#backlog) return
    this.#wakeAt = 0
    this.wake()
  }

  #ended(dispatch: Dispatch, outcome: Outcome): void {
    this.#options.reached('step-ended')
    this.#free(dispatch)
    const { n, name, attempt } = dispatch
    const meta = attempt === 1 ? null : JSON.stringify({ attempt })
    if (outcome.kind === 'completed') {
      this.#deliver(dispatch, { type: 'StepCompleted', n, name, data: outcome.data, meta, attempt })
      return
    }
    const { clock, storage } = this.#options
    const delay = retryDelay(dispatch, outcome.failure, clock.now())
    if (delay === undefined) {
      const data = JSON.stringify(stepFailure(dispatch, outcome.failure))
      this.#deliver(dispatch, { type: 'StepFailed', n, name, data, meta, attempt })
      return
    }
    const details = this.#heartbeats.get(`${dispatch.runKey}:${n}`)?.details
    this.#heartbeats.delete(`${dispatch.runKey}:${n}`)
    this.#internal((effects, now) => {
      const task = storage.tasks.get(dispatch.runKey, n)
      if (task?.owner !== this.#key || task?.attempt !== attempt) return
      if (details !== undefined) storage.tasks.heartbeat(dispatch.runKey, n, this.#key ?? 0, details)
      const due = now + delay
      const expires = queueDeadline(dispatch.scheduledAt, due, dispatch.settings)
      const failure = JSON.stringify(outcome.failure)
      storage.tasks.retry({
        runKey: dispatch.runKey,
        n,
        attempt: attempt + 1,
        owner: null,
        due,
        expires,
        failure,
      })
      effects.wake(due)
    })
  }

  /** To the run's memory if it is here, else to its inbox. */
  #deliver({ runKey, n }: Dispatch, inbound: QueuedInbound): void {
    const live = this.#live.get(runKey)
    this.#heartbeats.delete(`${runKey}:${n}`)
    if (live === undefined || live.dropped) {
      this.#internal((effects) => this.#saveResult(runKey, inbound, effects))
      return
    }
    live.add(inbound)
    this.#ready.add(live)
    this.wake()
  }

  /** Puts a step's result into the inbox, unless the attempt is stale. */
  #saveResult(runKey: number, inbound: QueuedInbound, effects: Effects): void {
    const { storage } = this.#options
    const { type, n, name, data, meta, attempt } = inbound
    if (n === null || attempt === undefined || !storage.tasks.finish(runKey, n, this.#key ?? 0, attempt))
      return
    if (storage.runs.get(runKey)?.closedAt !== null) return
    storage.inbox.add({ runKey, type, n, name, data, meta })
    effects.touched.add(runKey)
  }

  #heartbeat(dispatch: Dispatch, details: string | null): void {
    const key = `${dispatch.runKey}:${dispatch.n}`
    const known = this.#heartbeats.has(key)
    this.#heartbeats.set(key, { dispatch, details })
    // One write a second at most: the last details are what counts.
    if (known) return
    this.#options.clock.after(1_000, () => {
      const last = this.#heartbeats.get(key)
      this.#heartbeats.delete(key)
      if (last === undefined || this.#key === undefined) return
      const owner = this.#key
      this.#internal(() =>
        this.#options.storage.tasks.heartbeat(dispatch.runKey, dispatch.n, owner, last.details),
      )
    })
  }

  /** W4: the run leaves memory; what only memory knows of goes to its inbox. */
  #suspend(live: LiveRun, cause: unknown): void {
    if (live.dropped) return
    const fault = isEngineError(cause)
      ? cause
      : new EngineError('ENGINE_NONDETERMINISM', 'The run could not be rebuilt', { cause })
    const unsaved = live.unsaved()
    this.#drop(live)
    this.#internal((effects, now) => this.#writeFault(live, fault, unsaved, effects, now))
  }

  #writeFault(
    live: LiveRun,
    fault: EngineError,
    unsaved: readonly QueuedInbound[],
    effects: Effects,
    now: number,
  ): void {
    const { storage, logger, onFault } = this.#options
    const { row } = live
    const failure = failureOf(fault)
    logger.log('error', `${row.type} ${row.id} is at fault: ${fault.message}`, {
      workflowId: row.id,
      runId: row.runId,
      workflowType: row.type,
      code: fault.code,
      ...(fault.hint === undefined ? {} : { hint: fault.hint }),
    })
    for (const inbound of unsaved) this.#saveResult(row.key, inbound, effects)
    if (onFault === 'fail') {
      closeRun(storage, row, 'failed', JSON.stringify(failure), now, effects)
      return
    }
    const pauseMs = Math.min(1_000 * 2 ** Math.min(row.faults, 10), 60_000)
    storage.runs.suspend(row.key, row.fence, JSON.stringify(failure), now + pauseMs)
    effects.wake(now + pauseMs)
    effects.touched.delete(row.key)
  }

  /** The transaction did not happen: nothing in memory may be ahead of the database. */
  async #recover(
    error: unknown,
    activated: readonly Activated[],
    operations: readonly Operation[],
  ): Promise<void> {
    const { logger, storage } = this.#options
    for (const { live, inbound } of activated) this.#undo(live, [inbound, ...live.unsaved()])
    this.#operations = [...operations.filter(({ internal }) => internal), ...this.#operations]
    const callers = operations.filter(({ internal }) => !internal)
    if (error instanceof Buried) {
      logger.log('warn', 'Other processes took this worker for dead: it begins anew', {})
      this.#runner.abortAll(new EngineError('ENGINE_WORKER_LOST', 'The worker lost its lease'))
      for (const entry of this.registry.services) entry.running = 0
      this.#forgetAll()
      this.#operations = [...callers, ...this.#operations]
      storage.transaction(() => this.#enlist())
      this.#rescan = true
      return
    }
    const message = error instanceof Error ? error.message : String(error)
    this.#failures += 1
    logger.log('error', `The engine could not commit: ${message}`, { failures: this.#failures })
    const failure = new EngineError('ENGINE_DATABASE', `The engine could not commit: ${message}`, {
      hint: 'Check that the disk is not full and the file can be written.',
      cause: error,
    })
    for (const { reject } of callers) reject(failure)
    this.#rescan = true
    await this.#pause(Math.min(50 * 2 ** Math.min(this.#failures, 10), 2_000))
  }

  /** Forgets a run; step results that exist in memory only are written later. */
  #undo(live: LiveRun, inbounds: readonly QueuedInbound[]): void {
    const { key } = live.row
    this.#drop(live)
    for (const inbound of inbounds) {
      if (inbound.attempt !== undefined) this.#internal((effects) => this.#saveResult(key, inbound, effects))
    }
  }

  #drop(live: LiveRun | undefined): void {
    if (live === undefined) return
    live.dropped = true
    live.execution?.abandon()
    live.execution = undefined
    this.#ready.delete(live)
    if (this.#live.get(live.row.key) === live) this.#live.delete(live.row.key)
  }

  #forgetAll(): void {
    for (const live of [...this.#live.values()]) this.#drop(live)
    this.#hints.clear()
    this.#heartbeats.clear()
  }

  /** Idle runs leave memory: those not used for a while, and the longest unused above a number. */
  #evict(): void {
    const now = this.#options.clock.monotonic()
    let limit = 0
    for (const { options } of this.registry.services)
      limit += options.maxConcurrentWorkflowRuns ?? maxLiveDefault
    const idle = [...this.#live.values()]
      .filter((live) => !live.busy && live.waiting === 0 && live.execution !== undefined)
      .sort((one, other) => one.usedAt - other.usedAt)
    let surplus = this.#live.size - limit
    for (const live of idle) {
      if (surplus <= 0 && now - live.usedAt < idleRunMs) break
      surplus -= 1
      const { key, fence } = live.row
      this.#drop(live)
      this.#internal(() => this.#options.storage.runs.release(key, fence))
    }
  }
}

/** What only the run knows of an event: the input of the first, the number of one that is received. */
function complete(inbound: QueuedInbound, live: LiveRun, execution: Execution): QueuedInbound {
  if (inbound.type === 'Started') return { ...inbound, data: live.startData }
  return inbound.type === 'EventReceived' ? { ...inbound, n: execution.received + 1 } : inbound
}

/** Every activation of a short history is rebuilt; in long ones a sample, or tests would take quadratic time. */
function isStrictTurn(nextSeq: number): boolean {
  return nextSeq < 600 || nextSeq % 50 < 2
}
