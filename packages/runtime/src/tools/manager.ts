// The tool servers of a project in one process: started with the service, ended with it.
import { ToolClient } from './client.ts'
import type { ToolSettings } from './config/load.ts'
import { toToolError } from './connection/map-error.ts'
import { didYouMean } from '../config/did-you-mean.ts'
import { ToolError } from './errors.ts'
import { ManagedServer } from './managed-server.ts'
import type { ServerContext } from './managed-server.ts'
import { withDefaults } from './ports.ts'
import type { ToolDependencies } from './ports.ts'
import { PidFiles } from './process/pid-files.ts'
import { watchRestartRequests } from './process/restart-requests.ts'
import { signalGroupNow } from './process/stop.ts'
import { ToolCache } from './cache/result-cache.ts'
import type { CacheStore } from './cache/result-cache.ts'
import type { ServerState } from './server-state.ts'
import { ToolLock } from './tool-lock.ts'
import type { IndexedTool } from './tool-index.ts'

/** Where one server stands. */
export interface ServerStatus {
  readonly name: string
  readonly transport: 'stdio' | 'http' | 'sse'
  readonly autostart: boolean
  readonly state: ServerState['kind']
  /** Why it is not ready. */
  readonly error?: string
  readonly pid?: number
  /** How many tools may be called. */
  readonly tools: number
  /** Every tool of the open connection, those that may not be called included. */
  readonly offered: readonly IndexedTool[]
  /** What it last wrote to its standard error, newest last. */
  readonly output: readonly string[]
}

/** A server went from one state to another. */
export interface ServerChange {
  readonly server: string
  readonly from: ServerState
  readonly to: ServerState
}

/** What a manager is made of. */
export interface ToolServerManagerOptions extends Partial<ToolDependencies> {
  readonly root: string
  readonly settings: ToolSettings
  /** Opens the store of cached results when a server has a tool whose results are kept. */
  readonly openCache?: () => Promise<CacheStore>
  /** How long calls under way may take to end in {@link ToolServerManager.stopAll}. 10 000 unless told. */
  readonly drainMs?: number
}

/**
 * Starts, watches and ends the tool servers of a project, one manager a process.
 *
 * A server that does not start, or falls, never stops the others or the service.
 *
 * @example
 * const servers = loadToolServers(root)
 * await servers.startAll()
 * await servers.client('research').call('calculate', { expression: '6 * 7' })
 * await servers.stopAll()
 */
export class ToolServerManager implements AsyncDisposable {
  readonly #servers: ReadonlyMap<string, ManagedServer>
  readonly #dependencies: ToolDependencies
  readonly #listeners = new Set<(change: ServerChange) => void>()
  readonly #pids: PidFiles
  readonly #lock: ToolLock
  readonly #options: ToolServerManagerOptions
  readonly #clients = new Map<string, ToolClient>()
  #cache: ToolCache | undefined
  #onExit: (() => void) | undefined
  #endRequests: (() => void) | undefined

  constructor(options: ToolServerManagerOptions) {
    this.#options = options
    this.#dependencies = withDefaults(options)
    this.#pids = new PidFiles(options.root, this.#dependencies.log)
    this.#lock = new ToolLock(options.root, this.#dependencies.log)
    const context: ServerContext = {
      root: options.root,
      dependencies: this.#dependencies,
      pids: this.#pids,
      lock: this.#lock,
      onState: (server, to, from) => {
        this.#watchExit()
        for (const listener of this.#listeners) listener({ server, from, to })
      },
    }
    this.#servers = new Map(
      options.settings.servers.map((settings) => [settings.name, new ManagedServer(settings, context)]),
    )
  }

  /** The names of all servers, in the order of the file. */
  get names(): readonly string[] {
    return [...this.#servers.keys()]
  }

  /**
   * Ends what a killed service left, then starts every server with `autostart`, all at once. Resolves after the first
   * attempt at each, and never rejects: {@link status} tells what came of it.
   */
  async startAll(): Promise<void> {
    await this.#pids.reap()
    if (this.#servers.size > 0)
      this.#endRequests ??= watchRestartRequests(this.#options.root, (name) => {
        if (this.#servers.has(name)) void this.restart(name)
      })
    await Promise.all(
      [...this.#servers.values()].filter(({ settings }) => settings.autostart).map((one) => one.start()),
    )
  }

  /** Starts one server; see {@link startAll}. */
  async start(name: string): Promise<ServerState> {
    const server = this.#server(name)
    await server.start()
    return server.state
  }

  /** Stops a server and starts it again; the way out of quarantine. */
  async restart(name: string): Promise<ServerState> {
    const server = this.#server(name)
    await server.restart()
    return server.state
  }

  /** Lets calls under way end, then ends all servers at once. Nothing of them is left. */
  async stopAll(): Promise<void> {
    const drainMs = this.#options.drainMs ?? 10_000
    this.#endRequests?.()
    this.#endRequests = undefined
    await Promise.all([...this.#servers.values()].map((server) => server.stop(drainMs)))
    await this.#cache?.close()
    this.#cache = undefined
    this.#clients.clear()
    if (this.#onExit !== undefined) process.off('exit', this.#onExit)
    this.#onExit = undefined
  }

  /**
   * The tools of a server. Nothing is started yet: the first call does.
   *
   * @throws {ToolError} `TOOL_UNKNOWN_SERVER`
   */
  client(name: string): ToolClient {
    const server = this.#server(name)
    const known = this.#clients.get(name)
    if (known !== undefined) return known
    const keeps = Object.keys(server.settings.cacheTtlMs).length > 0
    const client = new ToolClient(server, this.#dependencies, keeps ? this.#openCache() : undefined)
    this.#clients.set(name, client)
    return client
  }

  /**
   * Sends a call as it is, without looking at the server's list: for a probe.
   *
   * @throws what the server or the way to it answers.
   */
  async sendUnchecked(name: string, tool: string, timeoutMs: number): Promise<void> {
    const { connection } = await this.#server(name).ready(timeoutMs)
    try {
      await connection.client.callTool({ name: tool, arguments: {} }, { timeout: timeoutMs })
    } catch (error) {
      throw toToolError(error, { server: name, tool })
    }
  }

  /** Where every server stands. */
  status(): readonly ServerStatus[] {
    return [...this.#servers.values()].map((server) => statusOf(server))
  }

  /** Tells of every change of state until the answer is called. */
  onChange(listener: (change: ServerChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Notes the tools of a server as they are now, so that those that have changed may be called again. */
  approve(name: string, tools?: readonly string[]): void {
    const server = this.#server(name)
    const prints = Object.fromEntries(server.tools.map(({ tool, fingerprint }) => [tool.name, fingerprint]))
    this.#lock.approve(name, prints, tools)
    server.reindex()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopAll()
  }

  #server(name: string): ManagedServer {
    const server = this.#servers.get(name)
    if (server !== undefined) return server
    const nearest = didYouMean(name, this.names)
    throw new ToolError('TOOL_UNKNOWN_SERVER', `There is no tool server "${name}" in config/tools.yaml.`, {
      server: name,
      hint:
        nearest !== undefined
          ? `Did you mean "${nearest}"?`
          : this.names.length === 0
            ? 'Add one with rgen g tool-server.'
            : `There are: ${this.names.join(', ')}.`,
    })
  }

  #openCache(): ToolCache | undefined {
    const { openCache } = this.#options
    if (openCache === undefined) return undefined
    this.#cache ??= new ToolCache(lazily(openCache), this.#dependencies.log)
    return this.#cache
  }

  /** A service that exits without stopAll (an uncaught error) takes its servers with it. */
  #watchExit(): void {
    if (this.#onExit !== undefined) return
    this.#onExit = () => {
      for (const server of this.#servers.values())
        for (const pid of server.pids) signalGroupNow(pid, 'SIGKILL')
    }
    process.on('exit', this.#onExit)
  }
}

function statusOf({ settings, state, tools, output, pids }: ManagedServer): ServerStatus {
  const [pid] = pids
  return {
    name: settings.name,
    transport: settings.transport.kind,
    autostart: settings.autostart,
    state: state.kind,
    ...('reason' in state ? { error: state.reason } : {}),
    ...(pid === undefined ? {} : { pid }),
    tools: tools.filter(({ status }) => status === 'available').length,
    offered: tools,
    output: output.tail,
  }
}

/** Opens the store at its first use, once. */
function lazily(open: () => Promise<CacheStore>): CacheStore {
  let store: Promise<CacheStore> | undefined
  const opened = () => (store ??= open())
  return {
    get: async (key) => (await opened()).get(key),
    set: async (key, value, ttlMs) => (await opened()).set(key, value, ttlMs),
    close: async () => (await store)?.close(),
  }
}
