// The service of a project: engine, router, prompts and tool servers in one process, and the order in which they
// come up and go down.
//
//   S1. The engine claims runs only after everything that a step may need is there; a tool server that does not start
//       is no reason to wait: it comes up (or is given up) beside.
//   S2. Going down is the reverse: the engine stops claiming and lets steps end before what they use is closed.
//   S3. What started is stopped when a later part fails to start.

import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { LogSink, Restack } from '@rgen/engine'
import { databasePath, openEngine } from '../engine/open-engine.ts'
import { loadRouter } from '../llm/load-router.ts'
import { createRedactor } from '../llm/redaction.ts'
import { createLogger } from '../logging/logger.ts'
import type { Logger } from '../logging/logger.ts'
import { createMetrics } from '../metrics/metrics.ts'
import { createToolMetrics } from '../metrics/tool-metrics.ts'
import { loadPrompts } from '../prompts/load-prompts.ts'
import { loadSettings } from '../settings/load-settings.ts'
import { loadToolServers } from '../tools/load-tool-servers.ts'
import { builtinFunctions } from './builtin-functions.ts'
import { serveHttp } from './http.ts'
import { routes } from './routes.ts'
import { sendReady } from './ready.ts'
import { secretValues } from './secret-values.ts'
import type { ReadyMessage } from './ready.ts'
import { recordedVersions } from './recorded-version.ts'

/** What a folder's index exports: agents, workflows or functions by name. */
export type Resources = Readonly<Record<string, unknown>>

export interface ProjectService {
  /** The project's folder, as a path or a file URL. */
  readonly root: string | URL
  readonly agents?: Resources
  readonly workflows?: Resources
  readonly functions?: Resources
  /** The settings' queue unless given. */
  readonly taskQueue?: string
  readonly env?: NodeJS.ProcessEnv
  /** `stop` (the default) ends the service and the process on SIGINT and SIGTERM. */
  readonly signals?: 'stop' | 'ignore'
}

export interface RunningService {
  readonly ready: ReadyMessage
  readonly engine: Restack
  /** Stops claiming, lets running steps end, stops the tool servers, closes the engine. */
  stop(): Promise<void>
}

/** Closes in the reverse order of opening, each once, whatever fails on the way. */
class Closers {
  readonly #stack: (() => Promise<void>)[] = []

  add(close: () => Promise<void>): void {
    this.#stack.push(close)
  }

  async close(): Promise<void> {
    const failures: unknown[] = []
    for (let close = this.#stack.pop(); close !== undefined; close = this.#stack.pop())
      await close().catch((error: unknown) => failures.push(error))
    if (failures.length > 0) throw new AggregateError(failures, 'Not everything could be stopped.')
  }
}

function loadDotEnv(root: string): void {
  const file = join(root, '.env')
  // What the environment says stands above the file.
  if (existsSync(file)) process.loadEnvFile(file)
}

/** The engine's levels and the log's: two of the engine's are finer than the log's. */
function engineLog(logger: Logger): LogSink {
  return {
    log: (level, message, fields) =>
      logger.log(level === 'trace' ? 'debug' : level === 'critical' ? 'error' : level, message, fields),
  }
}

function names(resources: Resources = {}): string[] {
  return Object.entries(resources)
    .filter(([, value]) => typeof value === 'function')
    .map(([name]) => name)
    .sort()
}

/** Stops the service once when the process is asked to end; a second request ends it at once. */
function stopOnSignals(stop: () => Promise<void>, logger: Logger): () => void {
  let asked = false
  const end = () => {
    if (asked) process.exit(130)
    asked = true
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error('the service did not stop cleanly', { error })
        process.exit(1)
      },
    )
  }
  const signals = ['SIGINT', 'SIGTERM'] as const
  for (const signal of signals) process.on(signal, end)
  // `rgen dev` asks over the channel: on Windows there is no signal to send. A parent that died cannot ask any more.
  const onMessage = (message: unknown) => {
    if ((message as { type?: unknown } | null)?.type === 'stop') end()
  }
  process.on('message', onMessage)
  process.on('disconnect', end)
  return () => {
    for (const signal of signals) process.off(signal, end)
    process.off('message', onMessage)
    process.off('disconnect', end)
  }
}

async function open(
  service: ProjectService,
  root: string,
  closers: Closers,
): Promise<Omit<RunningService, 'stop'>> {
  const env = service.env ?? process.env
  const settings = loadSettings({ root, env })
  const redact = createRedactor(secretValues(env))
  const logger = createLogger({ level: settings.log.level, redact })
  const metrics = createMetrics({ process: true })

  const prompts = loadPrompts(root, { mode: env.NODE_ENV === 'production' ? 'production' : 'development' })
  closers.add(async () => prompts.close())
  const router = loadRouter(root, { env, logger, meter: metrics })
  closers.add(() => router.close())
  const toolServers = loadToolServers(root, { env, log: logger, redact, metrics: createToolMetrics(metrics) })
  closers.add(() => toolServers.stopAll())
  await toolServers.startAll()

  const engine = await openEngine(root, settings, engineLog(logger))
  closers.add(() => engine.close())
  const builtins = builtinFunctions({
    router,
    tools: toolServers,
    prompts,
    settings,
    recordedVersion: recordedVersions(engine),
  })
  const taskQueue = service.taskQueue ?? settings.task_queue_default
  const worker = await engine.startService({
    taskQueue,
    agents: service.agents ?? {},
    workflows: service.workflows ?? {},
    functions: { ...service.functions, ...builtins },
  })
  closers.add(() => worker.stop())

  const http = settings.http.enabled ? await serveHttp(routes(metrics), settings.http.port) : undefined
  if (http !== undefined) closers.add(() => http.close())

  const ready: ReadyMessage = {
    type: 'ready',
    pid: process.pid,
    database: settings.engine.driver === 'temporal' ? settings.engine.address : databasePath(root, settings),
    taskQueue,
    agents: names(service.agents ?? {}),
    workflows: names(service.workflows ?? {}),
    functions: names(service.functions ?? {}),
    toolServers: toolServers.status(),
    llm: { providers: router.providers() },
    ...(http !== undefined && { http: { url: http.url } }),
  }
  return { ready, engine }
}

/**
 * Starts everything that a project needs to run, and registers what its indexes export.
 *
 * Resolves once runs are being worked on; then the parent process, when there is one with a channel, gets the
 * {@link ReadyMessage}. A tool server that does not come up is reported there and does not stop the service.
 *
 * @throws {ConfigError} for a mistake in a configuration file, with its place; `ENGINE_*`, `PROMPT_*` and `LLM_*` errors
 *   of the parts. Nothing is left running.
 * @example
 * await startService({ root: new URL('..', import.meta.url), agents, workflows, functions })
 */
export async function startService(service: ProjectService): Promise<RunningService> {
  const root = resolve(service.root instanceof URL ? fileURLToPath(service.root) : service.root)
  if (service.env === undefined) loadDotEnv(root)
  const closers = new Closers()
  let parts: Omit<RunningService, 'stop'>
  try {
    parts = await open(service, root, closers)
  } catch (error) {
    await closers.close()
    throw error
  }
  let forget = () => {}
  const stop = async () => {
    forget()
    await closers.close()
  }
  if (service.signals !== 'ignore') forget = stopOnSignals(stop)
  sendReady(parts.ready)
  return { ...parts, stop }
}
