// The embedded engine behind the port of the client: one SQLite file, and a worker once a service starts.
import { randomUUID } from 'node:crypto'
import { parseDuration } from '../api/duration.ts'
import { formatIssues } from '../api/schema.ts'
import type { EngineDriver } from '../client/driver.ts'
import type {
  Chunk,
  ListFilter,
  LogSink,
  Registration,
  RunDescription,
  RunHistory,
  RunReference,
  RunSummary,
  ScheduleDescription,
  ScheduleRequest,
  ScheduleSpec,
  SendRequest,
  Service,
  ServiceDefinition,
  StartRequest,
} from '../client/types.ts'
import { errorOf, type FailureData } from '../core/failure.ts'
import { installRunHost } from '../core/context.ts'
import type { ContinueAsNewLimits } from '../core/execution.ts'
import { decodePayload, encodePayload } from '../core/payload.ts'
import { EngineError } from '../errors.ts'
import type { RunRow } from '../storage/port.ts'
import { SqliteStorage } from '../storage/sqlite/sqlite-storage.ts'
import { systemClock, type Clock } from './clock.ts'
import { describeRun, historyOf, summaryOf } from './descriptions.ts'
import { forkRun } from './fork.ts'
import {
  acceptEvent,
  findOpenRun,
  findRun,
  requestCancel,
  runFailure,
  startRun,
  terminateRun,
} from './operations.ts'
import { Neighbours } from './neighbours.ts'
import { guardRejections } from './rejection-guard.ts'
import { triggerSchedule } from './schedule-runner.ts'
import { parseSchedule } from './schedule-spec.ts'
import { stderrLog } from './stderr-log.ts'
import { installFunctionHost } from './task-runner.ts'
import { startThreads } from './threads.ts'
import { installVirtualGlobals } from './virtual-globals.ts'
import { Worker } from './worker.ts'
import type { CrashPoint } from './options.ts'

/** Options of the embedded engine. */
export interface EmbeddedOptions {
  readonly database?: string | undefined
  readonly logger?: LogSink | undefined
  readonly retention?: number | string | undefined
}

/** What tests put in place of the world. */
export interface EmbeddedInternals {
  readonly storage?: SqliteStorage
  readonly clock?: Clock
  readonly onFault?: 'suspend' | 'fail'
  readonly strictReplay?: boolean
  readonly idleRunMs?: number
  readonly leaseMs?: number
  readonly limits?: ContinueAsNewLimits
  readonly idle?: () => void
  readonly reached?: (point: CrashPoint) => void
}

const defaultRetention = '30 days'
const clientPollMs = 10
const defaultLimits: ContinueAsNewLimits = { events: 2_000, bytes: 8 * 1024 * 1024, received: 2_000 }

/** Opens the embedded engine. @throws {EngineError} ENGINE_DATABASE, ENGINE_DATABASE_LOCATION, ENGINE_DATABASE_VERSION */
export function openEmbeddedDriver(
  options: EmbeddedOptions,
  internals: EmbeddedInternals = {},
): EmbeddedDriver {
  return new EmbeddedDriver(options, internals)
}

export class EmbeddedDriver implements EngineDriver {
  readonly worker: Worker
  readonly storage: SqliteStorage
  readonly #logger: LogSink
  readonly #neighbours: Neighbours
  readonly #clock: Clock
  readonly #services = new Set<Service>()
  readonly #chunkListeners = new Set<{
    readonly target: RunReference
    readonly listener: (chunk: Chunk) => void
  }>()
  readonly #changeListeners = new Set<() => void>()
  #unguard: (() => void) | undefined
  #polling: (() => void) | undefined
  #version = -1
  #closed = false

  constructor(options: EmbeddedOptions, internals: EmbeddedInternals) {
    const file = options.database ?? process.env['RGEN_DATABASE'] ?? '.rgen/engine.db'
    this.storage = internals.storage ?? new SqliteStorage(file)
    this.#neighbours = new Neighbours(this.storage.file, () => this.#nudged())
    this.#logger = options.logger ?? stderrLog
    this.#clock = internals.clock ?? systemClock()
    this.worker = new Worker({
      storage: this.storage,
      clock: this.#clock,
      logger: this.#logger,
      limits: internals.limits ?? defaultLimits,
      exclusive: file === ':memory:',
      onFault: internals.onFault ?? 'suspend',
      strictReplay: internals.strictReplay ?? false,
      retentionMs: parseDuration(options.retention ?? defaultRetention),
      published: ({ run, name }, chunk) =>
        this.#published({ id: run.id, runId: run.runId, step: name, chunk }),
      changed: () => {
        for (const listener of this.#changeListeners) listener()
      },
      idleRunMs: internals.idleRunMs ?? 60_000,
      leaseMs: internals.leaseMs ?? 10_000,
      committed: () => this.#neighbours.tell(),
      idle: internals.idle ?? ((): void => undefined),
      reached: internals.reached ?? ((): void => undefined),
    })
  }

  async startService(definition: ServiceDefinition): Promise<Service> {
    this.#assertOpen()
    installRunHost()
    installFunctionHost()
    installVirtualGlobals()
    this.#unguard ??= guardRejections(this.#logger)
    const threads =
      definition.threadFunctionsPath === undefined
        ? undefined
        : await startThreads(definition.threadFunctionsPath, definition.options.maxThreads)
    const entry = await this.worker.serve(definition, threads?.invoke, threads?.names ?? [])
    const service: Service = {
      stop: async ({ graceMs = 10_000 } = {}) => {
        if (!this.#services.delete(service)) return
        await this.worker.withdraw(entry, graceMs)
        await threads?.stop()
      },
    }
    this.#services.add(service)
    return service
  }

  async start(request: StartRequest): Promise<string> {
    this.#assertOpen()
    await this.#checkInput(request)
    const { runId } = await this.worker.write((effects, now) => startRun(this.storage, request, now, effects))
    return runId
  }

  async sendEvent({
    target,
    event,
    eventId = randomUUID(),
    waitForCompletion,
  }: SendRequest): Promise<unknown> {
    this.#assertOpen()
    const data = encodePayload(event.input, `The input of event ${event.name}`)
    const run = await this.worker.write((effects) => {
      const open = findOpenRun(this.storage, target)
      acceptEvent(this.storage, open.key, { eventId, name: event.name, data }, effects)
      return open
    })
    if (!waitForCompletion) return { updateId: eventId, workflowId: run.id, workflowRunId: run.runId }
    return this.#wait(eventId, () => {
      const row = this.storage.events.get(eventId)
      if (row === undefined || row.state === 'accepted') return undefined
      if (row.state === 'completed') return { value: decodePayload(row.data) }
      throw eventError(event.name, JSON.parse(row.data ?? '{}') as FailureData)
    })
  }

  async state(target: RunReference, stateName: string): Promise<unknown> {
    this.#assertOpen()
    const run = findRun(this.storage, target)
    if (this.worker.registry.run(run.queue, run.type) !== undefined) {
      return decodePayload(await this.worker.readState(run, stateName))
    }
    return this.#askState(run, stateName)
  }

  async result(target: RunReference): Promise<unknown> {
    this.#assertOpen()
    let run = findRun(this.storage, target)
    for (;;) {
      const { key, runId } = run
      run = await this.#wait(runId, () => {
        const row = this.storage.runs.get(key)
        if (row === undefined)
          throw new EngineError('ENGINE_RUN_NOT_FOUND', `Run ${target.id} has been removed`)
        return row.closedAt === null ? undefined : { value: row }
      })
      if (run.status === 'completed') return decodePayload(run.result)
      if (run.status !== 'continued-as-new') throw errorOf(runFailure(run))
      const next = this.storage.runs.successor(runId)
      if (next === undefined)
        throw new EngineError('ENGINE_RUN_NOT_FOUND', `Run ${target.id} has been removed`)
      run = next
    }
  }

  async list(filter: ListFilter): Promise<readonly RunSummary[]> {
    this.#assertOpen()
    return this.storage.runs.list(filter).map((run) => summaryOf(this.storage, run))
  }

  async describe(target: RunReference): Promise<RunDescription> {
    this.#assertOpen()
    return describeRun(this.storage, findRun(this.storage, target))
  }

  async history(target: RunReference): Promise<RunHistory> {
    this.#assertOpen()
    return historyOf(this.storage, findRun(this.storage, target))
  }

  async cancel(target: RunReference): Promise<void> {
    this.#assertOpen()
    await this.worker.write((effects) =>
      requestCancel(this.storage, findOpenRun(this.storage, target), effects),
    )
  }

  async terminate(target: RunReference, reason: string | undefined): Promise<void> {
    this.#assertOpen()
    await this.worker.write((effects, now) =>
      terminateRun(this.storage, findOpenRun(this.storage, target), reason, now, effects),
    )
  }

  async fork(target: RunReference, seq: number, id: string): Promise<string> {
    this.#assertOpen()
    return this.worker.write((effects, now) =>
      forkRun(this.storage, findRun(this.storage, target), seq, id, now, effects),
    )
  }

  async registrations(): Promise<readonly Registration[]> {
    this.#assertOpen()
    return this.worker.registrations()
  }

  async createSchedule({ id, spec, target }: ScheduleRequest): Promise<void> {
    this.#assertOpen()
    const rules = parseSchedule(spec)
    encodePayload(target.input, `The input of ${target.type}`)
    await this.worker.write((effects, now) => {
      const nextAt = rules.next(now) ?? null
      const row = { id, spec: JSON.stringify(spec), target: JSON.stringify(target), createdAt: now, nextAt }
      if (!this.storage.schedules.add(row)) {
        throw new EngineError('ENGINE_ID_IN_USE', `There is a schedule ${id} already`, {
          hint: 'Edit it, or delete it first.',
        })
      }
      if (nextAt !== null) effects.wake(nextAt)
    })
  }

  async editSchedule(id: string, spec: ScheduleSpec): Promise<void> {
    const rules = parseSchedule(spec)
    await this.worker.write((effects, now) => {
      this.#schedule(id)
      const nextAt = rules.next(now) ?? null
      this.storage.schedules.edit(id, JSON.stringify(spec), nextAt)
      if (nextAt !== null) effects.wake(nextAt)
    })
  }

  async pauseSchedule(id: string, note: string | undefined): Promise<void> {
    await this.worker.write(() => {
      const { nextAt } = this.#schedule(id)
      this.storage.schedules.pause(id, true, note ?? null, nextAt)
    })
  }

  async resumeSchedule(id: string, note: string | undefined): Promise<void> {
    await this.worker.write((effects, now) => {
      const { spec } = this.#schedule(id)
      const nextAt = parseSchedule(JSON.parse(spec) as ScheduleSpec).next(now) ?? null
      this.storage.schedules.pause(id, false, note ?? null, nextAt)
      if (nextAt !== null) effects.wake(nextAt)
    })
  }

  async deleteSchedule(id: string): Promise<void> {
    await this.worker.write(() => {
      this.#schedule(id)
      this.storage.schedules.remove(id)
    })
  }

  async triggerSchedule(id: string): Promise<RunReference> {
    return this.worker.write((effects, now) => {
      const schedule = this.#schedule(id)
      const run = triggerSchedule(this.storage, schedule, now, now, effects)
      this.storage.schedules.ran(id, now, run, schedule.nextAt)
      return run
    })
  }

  async listSchedules(): Promise<readonly ScheduleDescription[]> {
    this.#assertOpen()
    return this.storage.schedules.all().map(scheduleOf)
  }

  async describeSchedule(id: string): Promise<ScheduleDescription> {
    this.#assertOpen()
    return scheduleOf(this.#schedule(id))
  }

  onChunk(target: RunReference, listener: (chunk: Chunk) => void): () => void {
    const entry = { target, listener }
    this.#chunkListeners.add(entry)
    return () => this.#chunkListeners.delete(entry)
  }

  onChange(listener: () => void): () => void {
    this.#changeListeners.add(listener)
    this.#poll()
    return () => this.#changeListeners.delete(listener)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const service of [...this.#services]) await service.stop()
    await this.worker.halt()
    this.#polling?.()
    this.#neighbours.leave()
    this.#unguard?.()
    this.worker.waiters.rejectAll(new EngineError('ENGINE_CLOSED', 'The engine was closed'))
    this.storage.close()
  }

  #schedule(id: string): NonNullable<ReturnType<SqliteStorage['schedules']['get']>> {
    this.#assertOpen()
    const schedule = this.storage.schedules.get(id)
    if (schedule !== undefined) return schedule
    throw new EngineError('ENGINE_SCHEDULE_NOT_FOUND', `There is no schedule ${id}`)
  }

  /** When the code is here its schema can refuse a bad input before anything is written. */
  async #checkInput({ type, taskQueue, input }: StartRequest): Promise<void> {
    const schema = this.worker.registry.run(taskQueue, type)?.input
    const checked = await schema?.['~standard'].validate(input)
    if (checked?.issues === undefined) return
    throw new EngineError(
      'ENGINE_INPUT_INVALID',
      `${type} was given invalid input: ${formatIssues(checked.issues)}`,
    )
  }

  /** A state of a run whose code is in another process: asked and answered through the database. */
  async #askState(run: RunRow, stateName: string): Promise<unknown> {
    const served = this.worker
      .registrations()
      .some(({ name, live, kind }) => name === run.type && live && kind !== 'function')
    if (!served) {
      throw new EngineError('ENGINE_NOT_REGISTERED', `No running service offers ${run.type}`, {
        hint: 'Start the service that registers it: its code is needed to read a state.',
      })
    }
    const queryId = randomUUID()
    await this.worker.write(() => this.storage.queries.ask(queryId, run.key, stateName))
    const answer = await this.#wait(queryId, () => {
      const row = this.storage.queries.get(queryId)
      return row === undefined || row.state === 'asked' ? undefined : { value: row }
    })
    await this.worker.write(() => this.storage.queries.remove(queryId))
    if (answer.state === 'answered') return decodePayload(answer.data)
    throw errorOf(JSON.parse(answer.data ?? '{}') as FailureData)
  }

  #wait<T>(key: string, check: () => { readonly value: T } | undefined): Promise<T> {
    const found = this.worker.waiters.wait(key, check)
    this.#poll()
    return found
  }

  /** Where no worker looks at the file, look for the answers that are waited for. */
  #poll(): void {
    if (this.#polling !== undefined || this.worker.active || this.#closed) return
    const idle = this.worker.waiters.size === 0 && this.#changeListeners.size === 0
    if (idle) return
    this.#polling = this.#clock.after(clientPollMs, () => {
      this.#polling = undefined
      this.#look()
      this.#poll()
    })
  }

  #look(): void {
    if (this.#closed) return
    const version = this.storage.version()
    if (version === this.#version) return
    this.#version = version
    this.worker.waiters.notifyAll()
    for (const listener of this.#changeListeners) listener()
  }

  #nudged(): void {
    if (this.worker.active) this.worker.wake()
    else this.#look()
  }

  #published(chunk: Chunk): void {
    for (const { target, listener } of this.#chunkListeners) {
      if (target.id === chunk.id && (target.runId === undefined || target.runId === chunk.runId))
        listener(chunk)
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw new EngineError('ENGINE_CLOSED', 'This engine was closed')
  }
}

function eventError(name: string, failure: FailureData): Error {
  const error = errorOf(failure)
  const own = failure.code?.startsWith('ENGINE_') === true
  if (own) return error
  return new EngineError('ENGINE_EVENT_FAILED', `Event ${name} failed: ${failure.message}`, { cause: error })
}

function scheduleOf(row: NonNullable<ReturnType<SqliteStorage['schedules']['get']>>): ScheduleDescription {
  const { id, spec, target, paused, note, nextAt, lastAt, lastId, lastRunId } = row
  return {
    id,
    spec: JSON.parse(spec) as ScheduleSpec,
    target: JSON.parse(target) as Omit<StartRequest, 'id'>,
    paused: paused === 1,
    note: note ?? undefined,
    nextAt: nextAt === null || paused === 1 ? undefined : new Date(nextAt),
    lastAt: lastAt === null ? undefined : new Date(lastAt),
    lastRun: lastId === null || lastRunId === null ? undefined : { id: lastId, runId: lastRunId },
  }
}
