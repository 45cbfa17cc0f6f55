import { loadToolSettings } from './config/load.ts'
import { ToolServerManager } from './manager.ts'
import type { ToolServerManagerOptions } from './manager.ts'

/**
 * The tool servers of config/tools.yaml. Nothing is started yet; a project without the file has none.
 *
 * @param dependencies Log, metrics, redaction and environment, each optional.
 * @throws {ConfigError} when the file cannot be used.
 */
export function loadToolServers(
  root: string,
  dependencies: Omit<ToolServerManagerOptions, 'root' | 'settings'> = {},
): ToolServerManager {
  const settings = loadToolSettings(root, dependencies.env)
  return new ToolServerManager({ ...dependencies, root, settings })
}
