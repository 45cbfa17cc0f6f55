// What a workflow imports: the same as an agent, and what compiled pipelines stand on.
export {
  AgentError,
  EngineError,
  agentContinueAsNew,
  agentInfo,
  allEventsFinished,
  cancelScope,
  childExecute,
  childStart,
  condition,
  defineEvent,
  defineState,
  executeChild,
  externalAgent,
  getExternalWorkflowHandle,
  isEngineError,
  log,
  onEvent,
  onState,
  patched,
  shouldContinueAsNew,
  sleep,
  startChild,
  step,
  uuid,
  workflowContinueAsNew,
  workflowInfo,
} from '@rgen/engine/workflow'
export type {
  CancelScope,
  ChildHandle,
  ChildOptions,
  ChildStarted,
  Duration,
  EngineErrorCode,
  EventDefinition,
  EventSchemas,
  ExternalRun,
  ParentClosePolicy,
  RawChildOptions,
  RetryPolicy,
  RunInfo,
  StandardSchema,
  StateDefinition,
  StepFunctions,
  StepOptions,
} from '@rgen/engine/workflow'

// Built-in durable steps: what they do runs on the worker.
export { llm } from './agent/llm.ts'
export type { AgentLlmRequest } from './agent/llm.ts'
export { prompts } from './agent/prompts.ts'
export type { RenderOptions } from './agent/prompts.ts'
export type { BuiltinStepOptions } from './agent/step-options.ts'
export type { ToolApproval, ToolLoopOptions } from './agent/tool-loop.ts'
export { tools } from './agent/tools.ts'
export type { AgentTools, ToolOutcome } from './agent/tools.ts'
export type {
  ContentPart,
  FinishReason,
  LlmMessage,
  LlmObjectResponse,
  LlmRequest,
  LlmResponse,
  LlmTool,
  LlmToolCall,
  LlmToolChoice,
  LlmUsage,
} from './llm/messages.ts'

// What compiled pipelines stand on.
export { loopLimit } from './pipeline/loop-limit.ts'
export { parallel } from './pipeline/parallel.ts'
export type { Branch, MergeRules } from './pipeline/parallel.ts'
export { begin } from './pipeline/progress.ts'
export type { Progress, StepResult } from './pipeline/progress.ts'
export { runChild } from './pipeline/run-child.ts'
export { runStep } from './pipeline/run-step.ts'
export type { StepCall } from './pipeline/run-step.ts'
