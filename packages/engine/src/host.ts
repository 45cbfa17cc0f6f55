// For those who run agents elsewhere than on the embedded engine: the ports behind the agent and function APIs.
export { currentRunHost, provideRunHost } from './api/host.ts'
export type {
  CancelScope,
  ChildRequest,
  EventHandler,
  EventRegistration,
  LogLevel,
  ParentClosePolicy,
  RetrySettings,
  RunHost,
  RunHostProvider,
  RunInfo,
  RunKind,
  RunTarget,
  StartedChild,
  StepRequest,
  StepSettings,
} from './api/host.ts'
export { currentFunctionHost, provideFunctionHost } from './api/function-host.ts'
export type { FunctionHost, FunctionInfo } from './api/function-host.ts'
export type { ResourceProperties, RunFunction, StepFunction } from './api/run-function.ts'
export { formatIssues } from './api/schema.ts'
export type { SchemaIssue, SchemaResult, StandardSchema } from './api/schema.ts'
export { parseDuration } from './api/duration.ts'
export { AgentError, FunctionFailure } from './api/failure.ts'
export { checkValue } from './core/check.ts'
export { errorOf, failureOf, isRefusal } from './core/failure.ts'
export type { FailureData } from './core/failure.ts'
export { decodePayload, encodePayload } from './core/payload.ts'
export { EngineError, isEngineError } from './errors.ts'
