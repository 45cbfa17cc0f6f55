import type {
  Chunk,
  ListFilter,
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
} from './types.ts'

/**
 * The port behind {@link Restack}: the embedded engine is one implementation, Temporal another. All values are JSON.
 */
export interface EngineDriver {
  /** Resolves once the service polls. */
  startService(service: ServiceDefinition): Promise<Service>
  /** Resolves with the run id once the start is durable. Rejects with ENGINE_ID_IN_USE when the id is running. */
  start(request: StartRequest): Promise<string>
  /** Resolves with the handler's answer, or once the event is durable when it is not waited for. */
  sendEvent(request: SendRequest): Promise<unknown>
  state(target: RunReference, stateName: string): Promise<unknown>
  /** Resolves with the result of the run, following continue-as-new. */
  result(target: RunReference): Promise<unknown>
  list(filter: ListFilter): Promise<readonly RunSummary[]>
  describe(target: RunReference): Promise<RunDescription>
  history(target: RunReference): Promise<RunHistory>
  cancel(target: RunReference): Promise<void>
  terminate(target: RunReference, reason: string | undefined): Promise<void>
  /** Starts a new run from the events before `seq`; answers its run id. */
  fork(target: RunReference, seq: number, id: string): Promise<string>
  registrations(): Promise<readonly Registration[]>
  createSchedule(request: ScheduleRequest): Promise<void>
  editSchedule(id: string, spec: ScheduleSpec): Promise<void>
  pauseSchedule(id: string, note: string | undefined): Promise<void>
  resumeSchedule(id: string, note: string | undefined): Promise<void>
  deleteSchedule(id: string): Promise<void>
  triggerSchedule(id: string): Promise<RunReference>
  listSchedules(): Promise<readonly ScheduleDescription[]>
  describeSchedule(id: string): Promise<ScheduleDescription>
  /** Calls back with what functions of this process publish for a run, until the returned function is called. */
  onChunk(target: RunReference, listener: (chunk: Chunk) => void): () => void
  /** Calls back when runs may have changed, until the returned function is called. */
  onChange(listener: () => void): () => void
  close(): Promise<void>
}

export type { UpdateHandle }
