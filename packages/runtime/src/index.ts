// The parts for programs that are written by hand: each works alone, knows nothing of the engine, and is closed by
// whoever opened it. Agents and workflows of a project import @rgen/runtime/agent and /workflow instead, where the
// same parts are durable steps.

// The LLM router: fallback, circuit breakers, limits, costs.
export { createRouter } from './llm/router.ts'
export type { LlmRouter, RouterDeps } from './llm/router.ts'
export { loadRouter } from './llm/load-router.ts'
export type { LlmRouterConfigInput } from './llm/config.ts'
export { isLlmError, LlmError } from './llm/errors.ts'
export type { LlmErrorCode, LlmFailureClass } from './llm/errors.ts'
export type {
  ContentPart,
  LlmCallOptions,
  LlmMessage,
  LlmObjectResponse,
  LlmRequest,
  LlmResponse,
  LlmStreamEvent,
  LlmTool,
  LlmToolCall,
  LlmUsage,
} from './llm/messages.ts'
export type { LlmStream } from './llm/stream.ts'
export type { RouterHealth } from './llm/health.ts'

// A circuit breaker for calls of your own.
export { CircuitBreaker } from './llm/breaker.ts'
export type { BreakerSettings, CircuitState } from './llm/breaker.ts'

// Prompts in versions.
export { loadPrompts } from './prompts/load-prompts.ts'
export type { LoadPromptsOptions } from './prompts/load-prompts.ts'
export { PromptRegistry } from './prompts/registry.ts'
export type { PromptRenderOptions, PromptSummary, RenderedPrompt } from './prompts/registry.ts'
export { PromptError } from './prompts/prompt-error.ts'
export type { PromptErrorCode } from './prompts/prompt-error.ts'

// Tools over MCP, the client's side: servers are started, watched and called.
export { loadToolServers } from './tools/load-tool-servers.ts'
export { ToolServerManager } from './tools/manager.ts'
export type { ServerChange, ServerStatus } from './tools/manager.ts'
export { ToolClient } from './tools/client.ts'
export type { ToolCall, ToolCallOptions, ToolCallOutcome, ToolCallResult } from './tools/client.ts'
export type { ToolDescription } from './tools/tool-description.ts'
export { ToolError } from './tools/errors.ts'
export type { ToolErrorCode } from './tools/errors.ts'

// Tools over MCP, the server's side.
export { serve } from './tool-server/serve.ts'
export type { CreateServer, RunningToolServer, ServeOptions } from './tool-server/serve.ts'
export { isMain } from './tool-server/main-module.ts'
export { structured } from './tool-server/structured.ts'

// Settings of the project, and configuration files of your own.
export { explainSettings, loadSettings } from './settings/load-settings.ts'
export type { SettingExplanation, SettingsRequest } from './settings/load-settings.ts'
export type { Settings } from './settings/settings.ts'
export { loadConfigFile } from './config/load-config.ts'
export type { ConfigFile } from './config/load-config.ts'
export { parseConfig } from './config/parse-config.ts'
export type { ConfigSource } from './config/parse-config.ts'
export { ConfigError } from './config/config-error.ts'
export type { ConfigErrorCode } from './config/config-error.ts'

// Logs without secrets, and metrics.
export { createLogger } from './logging/logger.ts'
export type { LogFields, Logger, LoggerOptions, LogLevel } from './logging/logger.ts'
export { createRedactor } from './llm/redaction.ts'
export type { Redact } from './llm/redaction.ts'
export { createMetrics } from './metrics/metrics.ts'
export type { Meter, Metrics } from './metrics/metrics.ts'

// For commands that look after a project, as rgen doctor does.
export type { Check } from './check.ts'
