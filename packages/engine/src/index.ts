export { Restack, Restack as default } from './client/restack.ts'
export type {
  RestackOptions,
  ScheduleAgentInput,
  ScheduleWorkflowInput,
  SendOptions,
} from './client/restack.ts'
export { replayHistory } from './worker/replay-history.ts'
export type { ReplayResources, ReplayResult } from './worker/replay-history.ts'
export type { Divergence } from './core/divergence.ts'
export type { EngineDriver } from './client/driver.ts'
export type { Schedules } from './client/schedules.ts'
export type {
  CalendarField,
  CalendarSpec,
  CalendarValue,
  Chunk,
  EventInput,
  HistoryEvent,
  ListFilter,
  LogSink,
  PendingStep,
  Registration,
  RunDescription,
  RunHistory,
  RunReference,
  RunStatus,
  RunSummary,
  ScheduleDescription,
  ScheduleRequest,
  ScheduleSpec,
  SendRequest,
  Service,
  ServiceDefinition,
  ServiceInput,
  ServiceOptions,
  StartRequest,
  UndeliveredEvent,
  UpdateHandle,
} from './client/types.ts'
export type { LogLevel, RunKind } from './api/host.ts'
export type { ResourceProperties, RunFunction, StepFunction } from './api/run-function.ts'
export type { StandardSchema } from './api/schema.ts'
export { parseDuration } from './api/duration.ts'
export { inspectDatabase } from './storage/sqlite/inspect.ts'
export type { DatabaseReport } from './storage/sqlite/inspect.ts'
export { openDatabase } from './storage/sqlite/open.ts'
export type { Database, OpenDatabase, SqlValue, Statement } from './storage/sqlite/open.ts'
export { EngineError, isEngineError } from './errors.ts'
export type { EngineErrorCode } from './errors.ts'
