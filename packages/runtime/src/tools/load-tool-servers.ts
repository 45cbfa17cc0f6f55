import { resolve } from 'node:path'
import { loadToolSettings } from './config/load.ts'
import { ToolServerManager } from './manager.ts'
import type { ToolServerManagerOptions } from './manager.ts'

/** What {@link loadToolServers} may be given besides the project. */
export interface LoadToolServersOptions extends Omit<
  ToolServerManagerOptions,
  'root' | 'settings' | 'openCache'
> {
  /** The engine's file, for results that are kept: `RGEN_DATABASE`, else `.rgen/engine.db`. */
  readonly database?: string
}

/**
 * The tool servers of config/tools.yaml. Nothing is started yet; a project without the file has none.
 *
 * @param options Log, metrics, redaction and environment, each optional.
 * @throws {ConfigError} when the file cannot be used.
 */
export function loadToolServers(root: string, options: LoadToolServersOptions = {}): ToolServerManager {
  const { database, ...dependencies } = options
  const settings = loadToolSettings(root, options.env)
  const file = database ?? (options.env ?? process.env).RGEN_DATABASE ?? '.rgen/engine.db'
  return new ToolServerManager({
    ...dependencies,
    root,
    settings,
    openCache: async () => {
      const { cacheUrl } = settings
      // Loaded when a result is kept: most projects keep none.
      if (cacheUrl !== undefined) return (await import('./cache/redis-store.ts')).openRedisStore(cacheUrl)
      return (await import('./cache/sqlite-store.ts')).openSqliteStore(root, resolve(root, file))
    },
  })
}
