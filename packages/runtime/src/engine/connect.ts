import { fileURLToPath } from 'node:url'
import type { LogSink, Restack } from '@rgen/engine'
import { loadSettings } from '../settings/load-settings.ts'
import { openEngine } from './open-engine.ts'

export interface ConnectOptions {
  /** The project's folder, as a path or a file URL. The working directory unless given. */
  readonly root?: string | URL
  readonly env?: NodeJS.ProcessEnv
  /** Where the client's own log lines go; nowhere unless given. */
  readonly logger?: LogSink
}

const silent: LogSink = { log: () => undefined }

/**
 * Connects to the project's engine: the one that `rgen dev` runs, in this process or in another.
 *
 * @returns Restack's client; `close()` it, or use `await using`.
 * @throws {ConfigError} when the settings cannot be read.
 * @example
 * const client = await connect()
 * await client.scheduleAgent({ agentName: 'researchAgent', agentId: 'r-1', input: { topic: 'AI safety' } })
 * console.log(await client.getAgentResult({ agentId: 'r-1' }))
 * await client.close()
 */
export async function connect(options: ConnectOptions = {}): Promise<Restack> {
  const root = options.root instanceof URL ? fileURLToPath(options.root) : (options.root ?? process.cwd())
  const settings = loadSettings({ root, env: options.env ?? process.env })
  return openEngine(root, settings, options.logger ?? silent)
}
