import { resolve } from 'node:path'
import { databaseOf, openEmbeddedDriver } from '../worker/embedded-driver.ts'
import type { Endpoints } from '../http/serve-endpoints.ts'
import { stderrLog } from '../worker/stderr-log.ts'
import type { EngineDriver } from './driver.ts'
import { loadService } from './load-service.ts'
import { Schedules } from './schedules.ts'
import { SharedDrivers } from './shared-driver.ts'
import type {
  Chunk,
  EventInput,
  ListFilter,
  LogSink,
  Registration,
  RunDescription,
  RunHistory,
  RunReference,
  RunSummary,
  ScheduleSpec,
  Service,
  ServiceInput,
} from './types.ts'

/** Options of {@link Restack}. */
export interface RestackOptions {
  /**
   * File of the engine. Default: the environment's RGEN_DATABASE, else `.rgen/engine.db` under the working directory.
   * `:memory:` keeps everything in this process.
   */
  readonly database?: string | undefined
  readonly logger?: LogSink | undefined
  /** What runs the agents. Default: the embedded engine on `database`. */
  readonly driver?: EngineDriver | undefined
  /** Time after which closed runs are removed. Default 30 days. */
  readonly retention?: number | string | undefined
  /** Accepted for compatibility with a remote engine; the embedded one ignores it. */
  readonly engineId?: string | undefined
  readonly address?: string | undefined
  readonly apiKey?: string | undefined
  readonly apiAddress?: string | undefined
}

interface StartOptions {
  readonly input?: unknown
  readonly taskQueue?: string
  /** Sent before anything else. When the id is already running, it is sent to that run. */
  readonly event?: EventInput
  readonly schedule?: ScheduleSpec
  readonly memo?: Readonly<Record<string, unknown>>
}

/** What {@link Restack.scheduleAgent} takes. */
export interface ScheduleAgentInput extends StartOptions {
  readonly agentName: string
  readonly agentId: string
}

/** What {@link Restack.scheduleWorkflow} takes. */
export interface ScheduleWorkflowInput extends StartOptions {
  readonly workflowName: string
  readonly workflowId: string
}

/** How an event is sent. */
export interface SendOptions {
  /** false: resolve with an update handle once the event is durable. Default true: with the handler's answer. */
  readonly waitForCompletion?: boolean
  /** Two sends with one id are one event. */
  readonly eventId?: string
}

/**
 * The client and the service of one engine.
 *
 * @example
 * const restack = new Restack({ database: 'engine.db' })
 * await restack.startService({ agents, functions })
 * const runId = await restack.scheduleAgent({ agentName: 'greeterAgent', agentId: 'greeter-1', input: { name: 'Ada' } })
 * console.log(await restack.getAgentResult({ agentId: 'greeter-1', runId }))
 */
export class Restack {
  /** For code that was written against a CommonJS build and says `new Restack.default()`. */
  static readonly default = Restack
  /** Schedules of this engine. */
  readonly schedules: Schedules
  readonly #driver: EngineDriver
  readonly #logger: LogSink
  #endpoints: Promise<Endpoints> | undefined

  constructor(options: RestackOptions = {}) {
    this.#driver = options.driver ?? driverOf(options)
    this.#logger = options.logger ?? stderrLog
    this.schedules = new Schedules(this.#driver)
  }

  /** Registers agents, workflows and functions on a queue, and runs what waits there. Resolves once it polls. */
  async startService(input: ServiceInput): Promise<Service> {
    const service = await this.#driver.startService(await loadService(input))
    if (input.endpoints ?? (input.agentsPath !== undefined || input.workflowsPath !== undefined))
      await this.#serveEndpoints()
    return service
  }

  /**
   * Starts an agent (or, with `schedule`, has it started at times). Resolves with its run id (or the schedule's id)
   * once that is durable.
   *
   * @throws {EngineError} ENGINE_ID_IN_USE when the id is running and no event is sent along.
   */
  async scheduleAgent(input: ScheduleAgentInput): Promise<string> {
    return this.#start('agent', input.agentName, input.agentId, input)
  }

  /** As {@link Restack.scheduleAgent}, for a workflow. */
  async scheduleWorkflow(input: ScheduleWorkflowInput): Promise<string> {
    return this.#start('workflow', input.workflowName, input.workflowId, input)
  }

  /**
   * Sends an event. Resolves with the handler's answer, or with `{ updateId, workflowId, workflowRunId }` when it
   * should not be waited for.
   *
   * @throws {EngineError} ENGINE_RUN_CLOSED, ENGINE_RUN_NOT_FOUND, ENGINE_UNKNOWN_EVENT, ENGINE_EVENT_INVALID,
   *   ENGINE_EVENT_FAILED (the handler threw; `cause` is its error).
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- Restack's signature: the answer's type is the caller's to know
  async sendAgentEvent<T = any>(
    input: {
      readonly event: EventInput
      readonly agent: { readonly agentId: string; readonly runId?: string | undefined }
    },
    options: SendOptions = {},
  ): Promise<T> {
    return this.#send(reference(input.agent.agentId, input.agent.runId), input.event, options) as Promise<T>
  }

  /** As {@link Restack.sendAgentEvent}, for a workflow. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- Restack's signature: the answer's type is the caller's to know
  async sendWorkflowEvent<T = any>(
    input: {
      readonly event: EventInput
      readonly workflow: { readonly workflowId: string; readonly runId?: string | undefined }
    },
    options: SendOptions = {},
  ): Promise<T> {
    const { workflowId, runId } = input.workflow
    return this.#send(reference(workflowId, runId), input.event, options) as Promise<T>
  }

  /** Reads a state that the agent offers with `onState`. @throws {EngineError} ENGINE_UNKNOWN_STATE */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as with results: the caller knows the type
  async getAgentState<T = any>(input: {
    readonly agentId: string
    readonly runId?: string | undefined
    readonly stateName: string
  }): Promise<T> {
    return this.#driver.state(reference(input.agentId, input.runId), input.stateName) as Promise<T>
  }

  /**
   * Waits for the agent's result, over restarts and continue-as-new.
   *
   * @throws {EngineError} ENGINE_RUN_FAILED (`cause` is the agent's error), ENGINE_CANCELLED, ENGINE_TERMINATED,
   *   ENGINE_RUN_NOT_FOUND.
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- Restack's signature: the result's type is the caller's to know
  async getAgentResult<T = any>(input: {
    readonly agentId: string
    readonly runId?: string | undefined
  }): Promise<T> {
    return this.#driver.result(reference(input.agentId, input.runId)) as Promise<T>
  }

  /** As {@link Restack.getAgentResult}, for a workflow. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- Restack's signature: the result's type is the caller's to know
  async getWorkflowResult<T = any>(input: {
    readonly workflowId: string
    readonly runId?: string | undefined
  }): Promise<T> {
    return this.#driver.result(reference(input.workflowId, input.runId)) as Promise<T>
  }

  /** Runs that match, newest first. */
  async list(filter: ListFilter = {}): Promise<readonly RunSummary[]> {
    return this.#driver.list(filter)
  }

  /** What is known of a run: status, pending steps, children and events, why it is suspended. */
  async describe(target: RunReference): Promise<RunDescription> {
    return this.#driver.describe(target)
  }

  /** The whole history of a run, as JSON that `replayHistory` reads. */
  async history(target: RunReference): Promise<RunHistory> {
    return this.#driver.history(target)
  }

  /** Asks a run to cancel: what it waits for is rejected with ENGINE_CANCELLED, and it may clean up. */
  async cancel(target: RunReference): Promise<void> {
    return this.#driver.cancel(target)
  }

  /** Ends a run at once; its code gets no chance to clean up. Children follow their policy. */
  async terminate(target: RunReference & { readonly reason?: string }): Promise<void> {
    return this.#driver.terminate(target, target.reason)
  }

  /** Starts a new run under `id` that shares the events before `seq` with an old one. Resolves with its run id. */
  async fork(target: RunReference & { readonly seq: number; readonly newId: string }): Promise<string> {
    return this.#driver.fork(target, target.seq, target.newId)
  }

  /** What services of this engine have registered, without loading any code. */
  async registrations(): Promise<readonly Registration[]> {
    return this.#driver.registrations()
  }

  /** Calls back with what functions of this process publish for a run, until the returned function is called. */
  onChunk(target: RunReference, listener: (chunk: Chunk) => void): () => void {
    return this.#driver.onChunk(target, listener)
  }

  /** Calls back when runs may have changed, until the returned function is called. Read the change with describe. */
  onChange(listener: () => void): () => void {
    return this.#driver.onChange(listener)
  }

  /** Stops services and closes the file. */
  async close(): Promise<void> {
    await (await this.#endpoints)?.close()
    return this.#driver.close()
  }

  /** Once for all services of this engine; loaded only when needed, since most hosts serve endpoints of their own. */
  #serveEndpoints(): Promise<Endpoints> {
    this.#endpoints ??= this.#openEndpoints()
    return this.#endpoints
  }

  async #openEndpoints(): Promise<Endpoints> {
    const { serveEndpoints } = await import('../http/serve-endpoints.ts')
    const endpoints = await serveEndpoints(this, { bearerToken: process.env.BEARER_TOKEN })
    for (const port of endpoints.leftOut)
      this.#logger.log(
        'warn',
        `Port ${port} is taken by another program: this engine is not reached there`,
        {},
      )
    return endpoints
  }

  async #start(kind: 'agent' | 'workflow', type: string, id: string, options: StartOptions): Promise<string> {
    const { input, event, schedule, memo } = options
    const target = {
      kind,
      type,
      taskQueue: options.taskQueue ?? 'restack',
      ...(input === undefined ? {} : { input }),
      ...(event === undefined ? {} : { event }),
      ...(memo === undefined ? {} : { memo }),
    }
    if (schedule === undefined) return this.#driver.start({ ...target, id })
    await this.#driver.createSchedule({ id, spec: schedule, target })
    return id
  }

  async #send(target: RunReference, event: EventInput, options: SendOptions): Promise<unknown> {
    return this.#driver.sendEvent({
      target,
      event,
      waitForCompletion: options.waitForCompletion ?? true,
      ...(options.eventId === undefined ? {} : { eventId: options.eventId }),
    })
  }
}

/** The type for code that says `client: Restack.default`, as the value above. */
// eslint-disable-next-line @typescript-eslint/no-namespace -- nothing else gives a class a type called default
export declare namespace Restack {
  export { type Client as default }
}
type Client = Restack

/** A process has one engine for each file: what it shares is the process's, not a caller's. */
const shared = new SharedDrivers()

/** The engine on a file as everybody has it is shared; one with settings or memory of its own is not. */
function driverOf(options: RestackOptions): EngineDriver {
  const file = databaseOf(options)
  const open = (): EngineDriver => openEmbeddedDriver(options)
  const own = file === ':memory:' || options.logger !== undefined || options.retention !== undefined
  return own ? open() : shared.lease(resolve(file), open)
}

function reference(id: string, runId: string | undefined): RunReference {
  return runId === undefined ? { id } : { id, runId }
}
