// What an agent imports: Restack's durable API, and the LLM, tools and prompts of the project as steps.
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
} from '@rgen/engine/agent'
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
} from '@rgen/engine/agent'

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
