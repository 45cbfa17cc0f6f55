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
import { installRunHost } from '../core/context.ts'
import type { ContinueAsNewLimits } from '../core/history-meter.ts'
import { decodePayload, encodePayload } from '../core/payload.ts'
import { EngineError } from '../errors.ts'
import type { RunRow } from '../storage/port.ts'
import { SqliteStorage } from '../storage/sqlite/sqlite-storage.ts'
import { answeredQuery, answerToEvent, resultOfRun, stateOf, type Wait } from './answers.ts'
import { ChunkListeners } from './chunk-listeners.ts'
import { systemClock, type Clock } from './clock.ts'
import { describeRun, historyOf, summaryOf } from './descriptions.ts'
import { FileWatch } from './file-watch.ts'
import { forkRun } from './fork.ts'
import { acceptEvent, findOpenRun, findRun, requestCancel, startRun, terminateRun } from './operations.ts'
import { Neighbours } from './neighbours.ts'
import { guardRejections } from './rejection-guard.ts'
import {
  createSchedule,
  deleteSchedule,
  describeSchedule,
  editSchedule,
  findSchedule,
  pauseSchedule,
  resumeSchedule,
  runScheduleNow,
} from './schedule-operations.ts'
import { parseSchedule } from './schedule-spec.ts'
import { stderrLog } from './stderr-log.ts'
import { installFunctionHost } from './task-runner.ts'
import { startThreads, type Threads } from './threads.ts'
import { installVirtualGlobals } from './virtual-globals.ts'
import { Worker } from './worker.ts'
import type { WorkerOptions } from './options.ts'

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
  readonly reached?: WorkerOptions['reached']
}

const defaultRetention = '30 days'
const defaultLimits: ContinueAsNewLimits = { events: 2_000, bytes: 8 * 1024 * 1024, received: 2_000 }

/** The file that the options mean, as it was written. */
export function databaseOf({ database }: EmbeddedOptions): string {
  return database ?? process.env['RGEN_DATABASE'] ?? '.rgen/engine.db'
}

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
  readonly #watch: FileWatch
  readonly #wait: Wait
  readonly #services = new Set<Service>()
  readonly #chunks = new ChunkListeners()
  #unguard: (() => void) | undefined
  #closed = false

  constructor(options: EmbeddedOptions, internals: EmbeddedInternals) {
    const file = databaseOf(options)
    this.storage = internals.storage ?? new SqliteStorage(file)
    this.#neighbours = new Neighbours(this.storage.file, () => this.#watch.nudge())
    this.#logger = options.logger ?? stderrLog
    const clock = internals.clock ?? systemClock()
    this.worker = new Worker({
      storage: this.storage,
      clock,
      logger: this.#logger,
      limits: internals.limits ?? defaultLimits,
      exclusive: file === ':memory:',
      onFault: internals.onFault ?? 'suspend',
      strictReplay: internals.strictReplay ?? false,
      retentionMs: parseDuration(options.retention ?? defaultRetention),
      published: ({ run, name }, chunk) =>
        this.#chunks.publish({ id: run.id, runId: run.runId, step: name, chunk }),
      changed: () => this.#watch.changed(),
      idleRunMs: internals.idleRunMs ?? 60_000,
      leaseMs: internals.leaseMs ?? 10_000,
      committed: () => this.#neighbours.tell(),
      idle: internals.idle ?? ((): void => undefined),
      reached: internals.reached ?? ((): void => undefined),
    })
    this.#watch = new FileWatch(this.storage, clock, this.worker)
    this.#wait = (key, check) => this.#watch.wait(key, check)
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
    // Functions before the runs that ask for them.
    const entries =
      threads === undefined ? [] : [await this.worker.serve(inThreads(definition, threads), threads)]
    entries.push(await this.worker.serve(withoutFunctions(definition, threads?.names ?? [])))
    const service: Service = {
      stop: async ({ graceMs = 10_000 } = {}) => {
        if (!this.#services.delete(service)) return
        for (const entry of entries) await this.worker.withdraw(entry, graceMs)
        await threads?.stop()
        this.#watch.lookAgain()
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
    return answerToEvent(this.storage, this.#wait, eventId, event.name)
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
    return resultOfRun(this.storage, this.#wait, target)
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

  async createSchedule(request: ScheduleRequest): Promise<void> {
    this.#assertOpen()
    const rules = parseSchedule(request.spec)
    encodePayload(request.target.input, `The input of ${request.target.type}`)
    await this.worker.write((effects, now) => createSchedule(this.storage, request, rules, now, effects))
  }

  async editSchedule(id: string, spec: ScheduleSpec): Promise<void> {
    this.#assertOpen()
    const rules = parseSchedule(spec)
    await this.worker.write((effects, now) => editSchedule(this.storage, { id, spec }, rules, now, effects))
  }

  async pauseSchedule(id: string, note: string | undefined): Promise<void> {
    this.#assertOpen()
    await this.worker.write(() => pauseSchedule(this.storage, id, note))
  }

  async resumeSchedule(id: string, note: string | undefined): Promise<void> {
    this.#assertOpen()
    await this.worker.write((effects, now) => resumeSchedule(this.storage, id, note, now, effects))
  }

  async deleteSchedule(id: string): Promise<void> {
    this.#assertOpen()
    await this.worker.write(() => deleteSchedule(this.storage, id))
  }

  async triggerSchedule(id: string): Promise<RunReference> {
    this.#assertOpen()
    return this.worker.write((effects, now) => runScheduleNow(this.storage, id, now, effects))
  }

  async listSchedules(): Promise<readonly ScheduleDescription[]> {
    this.#assertOpen()
    return this.storage.schedules.all().map(describeSchedule)
  }

  async describeSchedule(id: string): Promise<ScheduleDescription> {
    this.#assertOpen()
    return describeSchedule(findSchedule(this.storage, id))
  }

  onChunk(target: RunReference, listener: (chunk: Chunk) => void): () => void {
    return this.#chunks.add(target, listener)
  }

  onChange(listener: () => void): () => void {
    return this.#watch.onChange(listener)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#watch.close()
    for (const service of [...this.#services]) await service.stop()
    await this.worker.halt()
    this.#neighbours.leave()
    this.#unguard?.()
    this.worker.waiters.rejectAll(new EngineError('ENGINE_CLOSED', 'The engine was closed'))
    this.storage.close()
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
    const answered = await answeredQuery(this.storage, this.#wait, queryId)
    await this.worker.write(() => this.storage.queries.remove(queryId))
    return stateOf(answered)
  }

  #assertOpen(): void {
    if (this.#closed) throw new EngineError('ENGINE_CLOSED', 'This engine was closed')
  }
}

/** A service without those of its functions that run in threads. */
function withoutFunctions(definition: ServiceDefinition, names: readonly string[]): ServiceDefinition {
  const functions = [...definition.functions].filter(([name]) => !names.includes(name))
  return { ...definition, functions: new Map(functions) }
}

/** The functions in threads as a service of their own: as many at a time as there are threads, others stay queued. */
function inThreads(definition: ServiceDefinition, { size }: Threads): ServiceDefinition {
  const { maxConcurrentFunctionRuns = size } = definition.options
  return {
    ...definition,
    agents: new Map(),
    workflows: new Map(),
    functions: new Map(),
    options: {
      ...definition.options,
      maxConcurrentFunctionRuns: Math.min(size, maxConcurrentFunctionRuns),
      maxConcurrentWorkflowRuns: 0,
    },
  }
}
