// The client's side of MCP tool servers: starting them, watching them, calling them.

export { loadToolServers } from './tools/load-tool-servers.ts'
export { ToolServerManager } from './tools/manager.ts'
export type { ServerChange, ServerStatus, ToolServerManagerOptions } from './tools/manager.ts'
export type { ServerState } from './tools/server-state.ts'

// Calling.
export { ToolClient } from './tools/client.ts'
export type { ToolCall, ToolCallOptions, ToolCallOutcome, ToolCallResult } from './tools/client.ts'
export type { ToolDescription, ToolHints } from './tools/tool-description.ts'
export { ToolError } from './tools/errors.ts'
export type { ToolErrorCode } from './tools/errors.ts'

// Configuration.
export { serverSettings, toolsConfig } from './tools/config/schema.ts'
export type { ServerSettings, ToolsConfig } from './tools/config/schema.ts'

// Looking at them without a service.
export { checkTools } from './tools/check-tools.ts'
export { probeServers, visitToolServers } from './tools/probe.ts'
export type { ProbeOptions, ServerReport } from './tools/probe.ts'
export { loadToolSettings } from './tools/config/load.ts'
export { planLaunch } from './tools/process/launch.ts'
export { requestRestart } from './tools/process/restart-requests.ts'

// What a host may hand in.
export type { ToolDependencies, ToolLog, ToolMetrics } from './tools/ports.ts'

// Offering the service's own work.
export { exposeTools } from './tools/expose.ts'
export type { ExposedCallOptions, ExposedTool, ExposedTools, ExposeOptions } from './tools/expose.ts'

// Declarations of a project's tools.
export { emitToolTypes, toolTypesFile } from './tools/tool-types.ts'
