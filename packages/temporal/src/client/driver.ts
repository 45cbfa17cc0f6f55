// The driver behind a Restack client: requests to a Temporal server, in the words of the engine.
import { randomUUID } from 'node:crypto'
import type {
  Chunk,
  EngineDriver,
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
  UpdateHandle,
} from '@rgen/engine'
import { checkValue, encodePayload, errorOf, isEngineError } from '@rgen/engine/host'
import {
  WithStartWorkflowOperation,
  type Client,
  type ScheduleHandle,
  type WorkflowHandle,
} from '@temporalio/client'
import { Connections } from '../connection/connect.ts'
import { projectOptions, type ProjectEngine } from '../connection/project.ts'
import { announceEndpoints } from '../restack/endpoints.ts'
import { ensureSearchAttribute } from '../connection/search-attribute.ts'
import { temporalSettings, type TemporalOptions, type TemporalSettings } from '../connection/options.ts'
import { TemporalError } from '../errors.ts'
import { localName, serverId } from '../names.ts'
import { Webhooks } from '../restack/webhooks.ts'
import type { SendFromRun } from '../worker/send-event.ts'
import { startTemporalService } from '../worker/service.ts'
import {
  eventError,
  failureOfEvent,
  isFull,
  missingRun,
  MovedEventFailure,
  requestError,
  resultError,
  stateError,
  wasMoved,
  wasNotTaken,
} from './errors.ts'
import { answerQuery, carriedArguments, type CarriedEvent, type EventAnswer } from '../workflow/carried.ts'
import { movedEventCode } from '../workflow/moved.ts'
import { historyEvents } from './history.ts'
import { register, registrations } from './registrations.ts'
import {
  fromTemporalDescription,
  isOwnSchedule,
  policiesOf,
  toScheduleOptions,
  toTemporalSpec,
} from './schedules.ts'
import { startFields } from './start.ts'
import { describeRun, listRuns } from './visibility.ts'

/** Pause before an event is sent again to a run that has as many in flight as the server allows. */
const fullPauseMs = 500

/** How often {@link EngineDriver.onChange} listeners are called: the server does not tell when runs change. */
const changePollMs = 1_000

/**
 * Runs agents on a Temporal server, or on a Restack engine. Connects when it is first used.
 *
 * @param options Options, or the `engine` section of a project's settings with the project's folder as `root`.
 *
 * @throws {TemporalError} TEMPORAL_OPTIONS. Later, from its methods: TEMPORAL_CONNECTION when no server answers, and
 *   the EngineErrors of the embedded engine.
 * @example
 * const restack = new Restack({ driver: openTemporalDriver({ address: 'localhost:7233', root: import.meta.dirname }) })
 * await restack.startService({ agents, functions })
 */
export function openTemporalDriver(
  options: TemporalOptions | ProjectEngine = {},
  { logger }: { readonly logger?: LogSink } = {},
): EngineDriver {
  const given = 'driver' in options ? projectOptions(options) : options
  return new TemporalDriver(temporalSettings(logger === undefined ? given : { ...given, logger }))
}

/** See {@link openTemporalDriver}. */
export class TemporalDriver implements EngineDriver {
  readonly #settings: TemporalSettings
  readonly #connections: Connections
  readonly #webhooks: Webhooks
  readonly #services = new Map<Service, ServiceDefinition>()
  readonly #chunkListeners = new Set<{
    readonly target: RunReference
    readonly listener: (chunk: Chunk) => void
  }>()
  readonly #pollers = new Set<NodeJS.Timeout>()
  #prepared: Promise<void> | undefined

  constructor(settings: TemporalSettings) {
    this.#settings = settings
    this.#connections = new Connections(settings)
    this.#webhooks = new Webhooks(settings)
  }

  async startService(definition: ServiceDefinition): Promise<Service> {
    const { taskQueue } = definition
    const client = await this.#client().catch(async (error: unknown) => {
      await this.#webhooks.tell('service.connection_failed', taskQueue, error)
      throw error
    })
    const service = await startTemporalService(definition, {
      settings: this.#settings,
      connections: this.#connections,
      publish: (chunk) => this.#publish(chunk),
      sendFromRun: this.#sendFromRun,
      failed: (error) => void this.#webhooks.tell('service.error', taskQueue, error),
    })
    const owned: Service = {
      stop: async (options) => {
        this.#services.delete(owned)
        await service.stop(options)
        await this.#webhooks.tell('service.stopped', taskQueue)
      },
    }
    this.#services.set(owned, definition)
    if (!this.#settings.testing) await register(client, this.#settings.engineId, definition)
    await announceEndpoints(this.#settings, definition)
    void this.#webhooks.tell('service.started', taskQueue)
    return owned
  }

  async start(request: StartRequest): Promise<string> {
    const client = await this.#client()
    await this.#checkInput(request)
    const fields = startFields(this.#settings.engineId, request)
    const target = { id: request.id }
    try {
      if (request.event !== undefined) return await this.#startWithEvent(client, request)
      const handle = await client.workflow.start(request.type, {
        ...fields,
        workflowIdConflictPolicy: 'FAIL',
      })
      return handle.firstExecutionRunId
    } catch (error) {
      throw requestError(error, target)
    }
  }

  /** Starts a run that comes from elsewhere, with the events that were accepted there. Answers its run id. */
  async adopt(request: StartRequest, events: readonly CarriedEvent[]): Promise<string> {
    const client = await this.#client()
    const fields = startFields(this.#settings.engineId, request)
    const carried = carriedArguments({ events, answers: {} })
    const input = carried.length > 0 && fields.args.length === 0 ? [null] : fields.args
    try {
      const options = { ...fields, args: [...input, ...carried], workflowIdConflictPolicy: 'FAIL' as const }
      return (await client.workflow.start(request.type, options)).firstExecutionRunId
    } catch (error) {
      throw requestError(error, { id: request.id })
    }
  }

  /** When the code is here its schema can refuse a bad input before anything is sent. */
  async #checkInput({ type, taskQueue, input }: StartRequest): Promise<void> {
    const definition = [...this.#services.values()].find(
      (service) =>
        service.taskQueue === taskQueue && (service.agents.has(type) || service.workflows.has(type)),
    )
    const run = definition?.agents.get(type) ?? definition?.workflows.get(type)
    await checkValue(run?.input, input, 'ENGINE_INPUT_INVALID', type)
  }

  async #startWithEvent(client: Client, request: StartRequest): Promise<string> {
    const { event, type } = request
    const fields = startFields(this.#settings.engineId, request)
    const startWorkflowOperation = new WithStartWorkflowOperation(type, {
      ...fields,
      workflowIdConflictPolicy: 'USE_EXISTING',
    })
    const update = await client.workflow.startUpdateWithStart(event?.name ?? '', {
      args: argumentsOf(event?.input, `The input of event ${event?.name ?? ''}`),
      updateId: randomUUID(),
      waitForStage: 'ACCEPTED',
      startWorkflowOperation,
    })
    return update.workflowRunId ?? (await (await startWorkflowOperation.workflowHandle()).describe()).runId
  }

  async sendEvent(request: SendRequest): Promise<unknown> {
    const { target, event } = request
    try {
      return await this.#send(request, request.eventId ?? randomUUID())
    } catch (error) {
      throw eventError(error, target, event.name)
    }
  }

  async #send({ target, event, waitForCompletion }: SendRequest, updateId: string): Promise<unknown> {
    const args = argumentsOf(event.input, `The input of event ${event.name}`)
    for (let reference = target; ; reference = { id: target.id }) {
      const handle = await this.#handle(reference)
      try {
        if (waitForCompletion)
          return (await handle.executeUpdate(event.name, { args, updateId })) ?? undefined
        const update = await handle.startUpdate(event.name, { args, updateId, waitForStage: 'ACCEPTED' })
        return {
          updateId,
          workflowId: target.id,
          workflowRunId: update.workflowRunId ?? '',
        } satisfies UpdateHandle
      } catch (error) {
        if (isFull(error)) {
          await new Promise((resume) => setTimeout(resume, fullPauseMs))
          continue
        }
        if (wasMoved(error)) return await this.#movedAnswer(target, updateId)
        if (!wasNotTaken(error) && !(await this.#continued(reference, error))) throw error
      }
    }
  }

  /** The answer to an event that was handed to the next run. Asked for by query: that run may have closed already. */
  async #movedAnswer(target: RunReference, updateId: string): Promise<unknown> {
    const handle = await this.#handle({ id: target.id })
    for (let pauseMs = 50; ; pauseMs = Math.min(pauseMs * 1.5, 1_000)) {
      const answer = await handle.query<EventAnswer, [string]>(answerQuery, updateId)
      if (answer.state === 'completed') return answer.value
      if (answer.state === 'failed' && answer.failure.type !== movedEventCode)
        throw new MovedEventFailure(answer.failure)
      if (answer.state === 'unknown') throw missingRun(target, new Error('already completed'))
      await new Promise((resume) => setTimeout(resume, pauseMs))
    }
  }

  /** Whether an exact run was meant that goes on under the same id: events still reach it. */
  async #continued(reference: RunReference, error: unknown): Promise<boolean> {
    if (reference.runId === undefined || !isEngineError(requestError(error, reference), 'ENGINE_RUN_CLOSED'))
      return false
    const description = await (await this.#handle(reference)).describe().catch(() => undefined)
    return description?.status.name === 'CONTINUED_AS_NEW'
  }

  readonly #sendFromRun: SendFromRun = async ({ target, name, input }, eventId) => {
    try {
      return await this.#send({ target, event: { name, input }, waitForCompletion: true }, eventId)
    } catch (error) {
      const failure = failureOfEvent(error, target)
      throw failure === undefined ? requestError(error, target) : errorOf(failure)
    }
  }

  async state(target: RunReference, stateName: string): Promise<unknown> {
    try {
      const value: unknown = await (await this.#handle(target)).query(stateName)
      return value ?? undefined
    } catch (error) {
      throw stateError(error, target)
    }
  }

  async result(target: RunReference): Promise<unknown> {
    try {
      return await (await this.#handle(target)).result()
    } catch (error) {
      throw resultError(error, target)
    }
  }

  async list(filter: ListFilter): Promise<readonly RunSummary[]> {
    return listRuns(await this.#client(), this.#settings.engineId, filter)
  }

  async describe(target: RunReference): Promise<RunDescription> {
    const client = await this.#client()
    try {
      const description = await (await this.#handle(target)).describe()
      return await describeRun(client, this.#settings.engineId, description)
    } catch (error) {
      throw requestError(error, target)
    }
  }

  async history(target: RunReference): Promise<RunHistory> {
    const client = await this.#client()
    try {
      const handle = await this.#handle(target)
      const { id, runId, type, kind, taskQueue, status } = await this.describe(target)
      const { events } = await handle.fetchHistory()
      return {
        format: 'rgen-history-1',
        id,
        runId,
        type,
        kind,
        taskQueue,
        status,
        // The server seeds randomness itself, from the id of the run.
        seed: runId,
        events: await historyEvents(events ?? [], client.options.loadedDataConverter),
      }
    } catch (error) {
      throw requestError(error, target)
    }
  }

  async cancel(target: RunReference): Promise<void> {
    try {
      await (await this.#handle(target)).cancel()
    } catch (error) {
      throw requestError(error, target)
    }
  }

  async terminate(target: RunReference, reason: string | undefined): Promise<void> {
    try {
      await (await this.#handle(target)).terminate(reason)
    } catch (error) {
      throw requestError(error, target)
    }
  }

  async fork(): Promise<string> {
    throw new TemporalError('TEMPORAL_UNSUPPORTED', 'A run on Temporal cannot be forked under a new id', {
      hint: 'Reset it under its own id with Temporal’s tools (temporal workflow reset), or fork it on the embedded engine.',
    })
  }

  async registrations(): Promise<readonly Registration[]> {
    return registrations(await this.#client(), this.#settings.namespace, this.#settings.engineId)
  }

  async createSchedule({ id, spec, target }: ScheduleRequest): Promise<void> {
    const client = await this.#client()
    await this.#onSchedule(id, async () => {
      await client.schedule.create(toScheduleOptions(this.#settings.engineId, id, spec, target))
    })
  }

  async editSchedule(id: string, spec: ScheduleSpec): Promise<void> {
    const { target } = await this.describeSchedule(id)
    const { action, policies } = toScheduleOptions(this.#settings.engineId, id, spec, target)
    await this.#onSchedule(id, (schedule) =>
      schedule.update((previous) => ({
        ...previous,
        spec: toTemporalSpec(spec),
        action,
        policies: { ...previous.policies, ...policies, ...policiesOf(spec) },
      })),
    )
  }

  async pauseSchedule(id: string, note: string | undefined): Promise<void> {
    await this.#onSchedule(id, (schedule) => schedule.pause(note))
  }

  async resumeSchedule(id: string, note: string | undefined): Promise<void> {
    await this.#onSchedule(id, (schedule) => schedule.unpause(note))
  }

  async deleteSchedule(id: string): Promise<void> {
    await this.#onSchedule(id, (schedule) => schedule.delete())
  }

  /** Starts the run itself, so that its ids are known at once: the server's own trigger does not tell them. */
  async triggerSchedule(id: string): Promise<RunReference> {
    const { target } = await this.describeSchedule(id)
    const runId = `${id}-${new Date().toISOString()}`
    return { id: runId, runId: await this.start({ ...target, id: runId }) }
  }

  async listSchedules(): Promise<readonly ScheduleDescription[]> {
    const client = await this.#client()
    const { engineId } = this.#settings
    const found: ScheduleDescription[] = []
    for await (const summary of client.schedule.list()) {
      if (isOwnSchedule(engineId, summary))
        found.push(await this.describeSchedule(localName(engineId, summary.scheduleId)))
    }
    return found
  }

  async describeSchedule(id: string): Promise<ScheduleDescription> {
    return this.#onSchedule(id, async (schedule) =>
      fromTemporalDescription(this.#settings.engineId, await schedule.describe()),
    )
  }

  onChunk(target: RunReference, listener: (chunk: Chunk) => void): () => void {
    const entry = { target, listener }
    this.#chunkListeners.add(entry)
    return () => this.#chunkListeners.delete(entry)
  }

  onChange(listener: () => void): () => void {
    const timer = setInterval(listener, changePollMs)
    timer.unref()
    this.#pollers.add(timer)
    return () => {
      clearInterval(timer)
      this.#pollers.delete(timer)
    }
  }

  async close(): Promise<void> {
    for (const timer of this.#pollers) clearInterval(timer)
    await Promise.allSettled([...this.#services.keys()].map((service) => service.stop()))
    await this.#connections.close()
  }

  async #client(): Promise<Client> {
    const client = await this.#connections.client()
    this.#prepared ??= ensureSearchAttribute(client, this.#settings)
    await this.#prepared
    return client
  }

  async #handle({ id, runId }: RunReference): Promise<WorkflowHandle> {
    return (await this.#client()).workflow.getHandle(serverId(this.#settings.engineId, id), runId)
  }

  async #onSchedule<T>(id: string, act: (schedule: ScheduleHandle) => Promise<T>): Promise<T> {
    const client = await this.#client()
    try {
      return await act(client.schedule.getHandle(serverId(this.#settings.engineId, id)))
    } catch (error) {
      throw requestError(error, { id })
    }
  }

  #publish(chunk: Chunk): void {
    for (const { target, listener } of this.#chunkListeners) {
      if (target.id === chunk.id && (target.runId === undefined || target.runId === chunk.runId))
        listener(chunk)
    }
  }
}

/** One argument, or none. @throws {EngineError} ENGINE_PAYLOAD_NOT_JSON, ENGINE_PAYLOAD_TOO_LARGE */
function argumentsOf(value: unknown, what: string): [unknown] {
  // The client asks for a tuple; no argument at all is what an event without input must have.
  return (encodePayload(value, what) === null ? [] : [value]) as [unknown]
}
