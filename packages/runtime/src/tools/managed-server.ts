// One server over its lives: started when it is needed, watched, started again when it fails, given up when it keeps
// failing.
//
//   M1. At most one connection, and one attempt at one, at a time; whoever needs the server waits for the same.
//   M2. Each change of state is told once: one event, one line in the log, one gauge.
//   M3. A quarantined server stays so until it is restarted by a person. A server that someone else runs is never
//       quarantined: it is asked again after its wait, and callers meanwhile fail at once.
//   M4. After stop() nothing of it runs and nothing is scheduled.
import type { Tool } from '@modelcontextprotocol/client'
import type { ServerSettings } from './config/schema.ts'
import { openConnection } from './connection/connection.ts'
import type { Connection, Era } from './connection/connection.ts'
import { toToolError } from './connection/map-error.ts'
import type { ProcessEnd } from './connection/stdio-transport.ts'
import { ToolError } from './errors.ts'
import { checkHealth } from './health.ts'
import type { ToolDependencies } from './ports.ts'
import { planLaunch } from './process/launch.ts'
import type { PidFiles } from './process/pid-files.ts'
import type { ServerOutput } from './process/server-output.ts'
import { decideRestart, failuresThatCount } from './restart-policy.ts'
import { ServerReporter } from './server-reporter.ts'
import { givenUp, notInTime, unavailable } from './server-state-error.ts'
import type { ServerState } from './server-state.ts'
import { fingerprintOf } from './tool-description.ts'
import { ToolIndex } from './tool-index.ts'
import type { ToolLock } from './tool-lock.ts'

/** An open connection and what may be called over it. */
export interface Ready {
  readonly connection: Connection
  readonly index: ToolIndex
}

/** What the servers of a project share. */
export interface ServerContext {
  readonly root: string
  readonly dependencies: ToolDependencies
  readonly pids: PidFiles
  readonly lock: ToolLock
  readonly onState: (server: string, state: ServerState, before: ServerState) => void
}

interface Waiter {
  resolve(ready: Ready): void
  reject(error: ToolError): void
}

/** The era that was found is believed for a day. */
const eraTrustMs = 24 * 60 * 60 * 1_000

/** A server of config/tools.yaml. */
export class ManagedServer {
  readonly settings: ServerSettings
  readonly #reporter: ServerReporter
  readonly #context: ServerContext
  readonly #waiters = new Set<Waiter>()
  readonly #inFlight = new Set<symbol>()
  #state: ServerState = { kind: 'stopped' }
  #wanted = false
  #ready: Ready | undefined
  #readySince: number | undefined
  #failures: readonly number[] = []
  #attempt: Promise<void> | undefined
  #giveUpAttempt = new AbortController()
  #retry: NodeJS.Timeout | undefined
  #healthTimer: NodeJS.Timeout | undefined
  #seenEra: { readonly era: Era; readonly at: number } | undefined
  #pids = new Set<number>()
  #lastEnd: ProcessEnd | undefined
  readonly #renewed = new WeakSet<Connection>()
  /** Our own code is trusted as it stands when the service starts; from then on it is held to the lock. */
  #ownCodeSeen = false

  constructor(settings: ServerSettings, context: ServerContext) {
    this.settings = settings
    this.#context = context
    this.#reporter = new ServerReporter(settings, context.dependencies)
  }

  /** What its processes wrote to standard error. */
  get output(): ServerOutput {
    return this.#reporter.output
  }

  get state(): ServerState {
    return this.#state
  }

  /** The tools of the open connection; none while there is no connection. */
  get tools(): ReturnType<ToolIndex['all']> {
    return this.#ready?.index.all() ?? []
  }

  /** The open connection, when there is one. */
  get current(): Ready | undefined {
    return this.#ready
  }

  /** The processes that are running for it. */
  get pids(): readonly number[] {
    return [...this.#pids]
  }

  get #isExternal(): boolean {
    const { transport } = this.settings
    return transport.kind !== 'stdio' && transport.process === undefined
  }

  /** Starts it and answers after the first attempt, whatever came of it; see {@link state}. */
  async start(): Promise<void> {
    this.#begin()
    await this.#attempt
  }

  /**
   * The connection, started when there is none yet. Waits through restarts, at most `timeoutMs`.
   *
   * @throws {ToolError} `TOOL_QUARANTINED`, `TOOL_UNAVAILABLE`, or `TOOL_CANCELLED` when the signal fires.
   */
  async ready(timeoutMs: number, signal?: AbortSignal): Promise<Ready> {
    if (this.#ready !== undefined) return this.#ready
    const { name } = this.settings
    if (this.#state.kind === 'quarantined') throw givenUp(name, this.#state.reason)
    if (this.#state.kind === 'backoff' && this.#isExternal) throw unavailable(name, this.#state.reason)
    this.#begin()
    let waiter: Waiter | undefined
    let timer: NodeJS.Timeout | undefined
    let onAbort: (() => void) | undefined
    try {
      return await new Promise<Ready>((resolve, reject) => {
        waiter = { resolve, reject }
        this.#waiters.add(waiter)
        timer = setTimeout(() => reject(notInTime(this.settings.name, this.#state, timeoutMs)), timeoutMs)
        onAbort = () => reject(new ToolError('TOOL_CANCELLED', 'The call was cancelled.', { server: name }))
        signal?.addEventListener('abort', onAbort)
      })
    } finally {
      clearTimeout(timer)
      if (waiter !== undefined) this.#waiters.delete(waiter)
      if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort)
    }
  }

  /** Counts a call, so that {@link stop} lets it end. */
  async during<T>(call: () => Promise<T>): Promise<T> {
    const token = Symbol('call')
    this.#inFlight.add(token)
    try {
      return await call()
    } finally {
      this.#inFlight.delete(token)
    }
  }

  /** A caller found the connection dead. It is started again. */
  lost({ connection }: Ready, reason: string): void {
    if (this.#ready?.connection !== connection) return
    this.#drop()
    void connection.close()
    this.#failed(reason)
  }

  /** The server has forgotten our session. A new one is opened, which is no failure. */
  renew({ connection }: Ready): void {
    if (this.#ready?.connection !== connection) return
    this.#drop()
    this.#renewed.add(connection)
    void connection.close()
    this.#tryNow()
  }

  /** Whether the connection was ended because the server had forgotten its session. */
  hasRenewed({ connection }: Ready): boolean {
    return this.#renewed.has(connection)
  }

  /** Asks for a sign of life now. */
  async health(): Promise<{ readonly ok: boolean; readonly reason?: string }> {
    const ready = this.#ready
    if (ready === undefined) return { ok: false, reason: this.#reason() }
    const problem = await checkHealth(this.settings, ready.connection.client)
    return problem === undefined ? { ok: true } : { ok: false, reason: problem }
  }

  /** Stops it and starts it again; the way out of quarantine. */
  async restart(): Promise<void> {
    await this.stop(0)
    this.#failures = []
    await this.start()
  }

  /** Compares the tools with the lock again, after an approval. */
  reindex(): void {
    const ready = this.#ready
    if (ready === undefined) return
    void ready.connection.client
      .listTools(undefined, { cacheMode: 'refresh' })
      .then(({ tools }) => this.#changed(tools))
      .catch(() => undefined)
  }

  #changed(tools: readonly Tool[]): void {
    const ready = this.#ready
    if (ready === undefined) return
    try {
      this.#index(ready.connection, tools)
    } catch (error) {
      this.lost(ready, error instanceof Error ? error.message : String(error))
    }
  }

  /** Ends it: no new calls, those under way may end within `drainMs`, then nothing of it is left. */
  async stop(drainMs: number): Promise<void> {
    this.#wanted = false
    clearTimeout(this.#retry)
    clearTimeout(this.#healthTimer)
    for (const waiter of this.#waiters) waiter.reject(unavailable(this.settings.name, 'it is stopped'))
    const deadline = performance.now() + drainMs
    while (this.#inFlight.size > 0 && performance.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 10))
    this.#giveUpAttempt.abort()
    await this.#attempt
    const connection = this.#ready?.connection
    this.#drop()
    await connection?.close()
    this.#enter({ kind: 'stopped' })
  }

  #begin(): void {
    this.#wanted = true
    if (this.#ready !== undefined || this.#attempt !== undefined) return
    if (this.#state.kind !== 'stopped') return
    this.#tryNow()
  }

  #tryNow(): void {
    clearTimeout(this.#retry)
    this.#giveUpAttempt = new AbortController()
    this.#attempt = this.#connect().finally(() => {
      this.#attempt = undefined
    })
  }

  async #connect(): Promise<void> {
    const { settings } = this
    if (settings.refused !== undefined) {
      this.#giveUp(settings.refused)
      return
    }
    this.#reporter.newLife()
    this.#lastEnd = undefined
    this.#enter({ kind: 'starting', attempt: this.#failures.length + 1 })
    try {
      const { transport } = settings
      const started = transport.process
      const launch =
        started === undefined
          ? undefined
          : planLaunch(started, this.#context.root, this.#context.dependencies.env)
      let noted: Promise<void> | undefined
      const connection = await openConnection({
        settings,
        launch,
        knownEra: this.#knownEra(),
        signal: this.#giveUpAttempt.signal,
        hooks: {
          onStarted: (pid) => {
            this.#pids.add(pid)
            noted = this.#context.pids.write(settings.name, pid, launch?.shown ?? '')
          },
          onEnded: (pid, end) => {
            this.#pids.delete(pid)
            this.#lastEnd = end
            // Not before it was written: an attempt may end at once.
            void (noted ?? Promise.resolve()).then(() => this.#context.pids.remove(settings.name, pid))
          },
          onStderr: this.output.reader(),
          onPlainText: (line) => this.#reporter.plainText(line),
          onToolsChanged: (tools) => this.#changed(tools),
          onLost: (reason) => {
            const ready = this.#ready
            if (ready === undefined) return
            this.#drop()
            void ready.connection
              .close()
              .then(() => this.#failed(this.#reporter.explain(reason, this.#lastEnd)))
          },
        },
      })
      // Before it is used, it must be findable by whoever comes after us.
      await noted
      if (!this.#isWanted()) {
        await connection.close()
        return
      }
      try {
        this.#opened(connection)
      } catch (error) {
        this.#drop()
        await connection.close()
        throw error
      }
    } catch (error) {
      const mapped = toToolError(error, { server: settings.name })
      this.#failed(
        this.#reporter.explain(
          `${mapped.message}${mapped.hint === undefined ? '' : ` ${mapped.hint}`}`,
          this.#lastEnd,
        ),
        mapped,
      )
    }
  }

  /** Asked anew after a wait: stop() may have been called meanwhile. */
  #isWanted(): boolean {
    return this.#wanted
  }

  #opened(connection: Connection): void {
    this.#seenEra = { era: connection.era, at: performance.now() }
    this.#readySince = performance.now()
    const ready = this.#index(connection, connection.tools)
    for (const waiter of this.#waiters) waiter.resolve(ready)
    this.#scheduleHealth(0)
  }

  #index(connection: Connection, offered: readonly Tool[]): Ready {
    const { lock } = this.#context
    const tools = this.#distinct(offered)
    const { name, transport } = this.settings
    const prints = Object.fromEntries(tools.map((tool) => [tool.name, fingerprintOf(tool)]))
    if (transport.process?.run.kind === 'module' && !this.#ownCodeSeen) lock.approve(name, prints)
    this.#ownCodeSeen = true
    const changed = lock.check(name, prints)
    for (const tool of changed) this.#reporter.changedTool(tool)
    const ready = {
      connection,
      index: new ToolIndex(this.settings, tools, changed, (tool, print) => lock.accepts(name, tool, print)),
    }
    this.#ready = ready
    this.#enter({ kind: 'ready', pid: connection.pid, era: connection.era, tools: tools.length })
    return ready
  }

  /** The first of one name counts: what another says of itself must not stand in its place unseen. */
  #distinct(tools: readonly Tool[]): readonly Tool[] {
    const byName = new Map<string, Tool>()
    for (const tool of tools)
      if (byName.has(tool.name)) this.#reporter.repeatedTool(tool.name)
      else byName.set(tool.name, tool)
    return [...byName.values()]
  }

  #drop(): void {
    this.#ready = undefined
    clearTimeout(this.#healthTimer)
  }

  #failed(reason: string, error?: ToolError): void {
    if (!this.#wanted) return
    const now = performance.now()
    const { restart, name } = this.settings
    const counted = failuresThatCount(this.#failures, this.#readySince, now, restart)
    this.#failures = [...counted, now].filter((at) => now - at < restart.windowMs)
    this.#readySince = undefined
    const decision = decideRestart(this.#failures, now, restart, Math.random())
    if (decision.kind === 'quarantine' && !this.#isExternal) {
      this.#giveUp(reason)
      return
    }
    const delayMs = decision.kind === 'wait' ? decision.delayMs : restart.capMs
    this.#enter({ kind: 'backoff', delayMs, reason, attempt: this.#failures.length })
    if (this.#isExternal) {
      const refusal = error ?? unavailable(name, reason)
      for (const waiter of this.#waiters) waiter.reject(refusal)
    }
    this.#context.dependencies.metrics.toolServerRestart(name)
    this.#retry = setTimeout(() => this.#tryNow(), delayMs)
  }

  #giveUp(reason: string): void {
    this.#enter({ kind: 'quarantined', reason })
    for (const waiter of this.#waiters) waiter.reject(givenUp(this.settings.name, reason))
  }

  #scheduleHealth(failures: number): void {
    clearTimeout(this.#healthTimer)
    const { health } = this.settings
    if (!health.enabled) return
    this.#healthTimer = setTimeout(() => void this.#checkHealth(failures), health.intervalMs)
    this.#healthTimer.unref()
  }

  async #checkHealth(failuresBefore: number): Promise<void> {
    const ready = this.#ready
    if (ready === undefined) return
    const problem = await checkHealth(this.settings, ready.connection.client)
    if (this.#ready?.connection !== ready.connection) return
    if (problem === undefined) {
      if (this.#state.kind === 'degraded') this.#enter(this.#readyState(ready))
      this.#scheduleHealth(0)
      return
    }
    const failures = failuresBefore + 1
    if (failures >= this.settings.health.failures) {
      this.#drop()
      await ready.connection.close()
      this.#failed(`${failures} health checks failed: ${problem}`)
      return
    }
    this.#enter({ kind: 'degraded', failures, reason: problem })
    this.#scheduleHealth(failures)
  }

  #readyState({ connection, index }: Ready): ServerState {
    return { kind: 'ready', pid: connection.pid, era: connection.era, tools: index.all().length }
  }

  #enter(state: ServerState): void {
    const before = this.#state
    this.#state = state
    this.#context.onState(this.settings.name, state, before)
    this.#reporter.entered(state, before)
  }

  #reason(): string {
    return 'reason' in this.#state ? this.#state.reason : `the server is ${this.#state.kind}`
  }

  #knownEra(): Era | undefined {
    const seen = this.#seenEra
    return seen !== undefined && performance.now() - seen.at < eraTrustMs ? seen.era : undefined
  }
}
