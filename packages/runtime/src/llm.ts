// What a service or a program of its own needs of the LLM router. Agents use `llm` of @rgen/runtime/agent.

export { createRouter } from './llm/router.ts'
export type { LlmRouter, RouterDeps } from './llm/router.ts'
export { LLM_ROUTER_FILE, loadRouter, resolveRouterConfig } from './llm/load-router.ts'
export type { ResolvedRouterConfig, SkippedProvider } from './llm/load-router.ts'

// Configuration
export { llmRouterConfig } from './llm/config.ts'
export type { LlmRouterConfig, LlmRouterConfigInput } from './llm/config.ts'

// Messages, answers, streams
export type {
  ContentPart,
  FinishReason,
  LlmAnswerSchema,
  LlmAttempt,
  LlmCallOptions,
  LlmMessage,
  LlmObjectResponse,
  LlmRequest,
  LlmResponse,
  LlmStreamEvent,
  LlmTool,
  LlmToolCall,
  LlmToolChoice,
  LlmUsage,
} from './llm/messages.ts'
export type { LlmStream } from './llm/stream.ts'

// Errors
export { isLlmError, LlmError } from './llm/errors.ts'
export type { LlmErrorCode, LlmFailureClass } from './llm/errors.ts'

// Looking at it
export { checkLlm } from './llm/check-llm.ts'
export type { CheckLlmOptions } from './llm/check-llm.ts'
export { estimateProbes, probeProviders } from './llm/probe.ts'
export type { ProviderProbe } from './llm/probe.ts'
export { renderKongYaml } from './llm/kong-yaml.ts'
export type { LlmEstimate, TargetEstimate } from './llm/estimate.ts'
export type { ProviderHealth, RouterHealth } from './llm/health.ts'
export { PRICES } from './llm/prices.ts'

// Ports
export type { Clock } from './llm/clock.ts'
export type { SafetyChecker, SafetyFinding } from './llm/safety/checker.ts'
export type { LlmSpan, LlmTracer } from './llm/otel.ts'
export type { StateStore } from './llm/shared-state.ts'
export type { LlmLogger, LlmMeter } from './llm/telemetry.ts'
export type { Transport, WireRequest, WireResponse } from './llm/transport/transport.ts'
