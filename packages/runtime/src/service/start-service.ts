// The service of a project: engine, router, prompts and tool servers in one process, and the order in which they
// come up and go down.
//
//   S1. The engine claims runs only after everything that a step may need is there; a tool server that does not start
//       is no reason to wait: it comes up (or is given up) beside.
//   S2. Going down is the reverse: the engine stops claiming and lets steps end before what they use is closed.
//   S3. What started is stopped when a later part fails to start.

import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { LogSink, Restack } from '@rgen/engine'
import { serveEndpoints } from '@rgen/engine/http'
import { databasePath, openEngine } from '../engine/open-engine.ts'
import { loadRouter } from '../llm/load-router.ts'
import { createRedactor } from '../llm/redaction.ts'
import { createLogger } from '../logging/logger.ts'
import type { Logger } from '../logging/logger.ts'
import { createMetrics } from '../metrics/metrics.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { createToolMetrics } from '../metrics/tool-metrics.ts'
import { loadPrompts } from '../prompts/load-prompts.ts'
import { loadSettings } from '../settings/load-settings.ts'
import type { Settings } from '../settings/settings.ts'
import { exposeTools } from '../tools/expose.ts'
import type { ExposedTool } from '../tools/expose.ts'
import { loadToolServers } from '../tools/load-tool-servers.ts'
import { builtinFunctions } from './builtin-functions.ts'
import { Closers } from './closers.ts'
import { exposedTools } from './exposed-tools.ts'
import { serviceRoutes } from './routes.ts'
import { sendReady } from './ready.ts'
import { secretValues } from './secret-values.ts'
import { stopOnSignals } from './stop-on-signals.ts'
import type { ReadyMessage } from './ready.ts'
import { recordedVersions } from './recorded-version.ts'

/** How long the ready message waits for tool servers, so that it can say how many tools they have. */
const toolServersGraceMs = 1_000

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

type Parts = Omit<RunningService, 'stop'> & { readonly logger: Logger }

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

/** Health, metrics and the API of the runs. A second project on the machine gets a free port, and says which. */
async function openEndpoints(
  settings: Settings,
  engine: Restack,
  metrics: Metrics,
  env: NodeJS.ProcessEnv,
  closers: Closers,
): Promise<string | undefined> {
  if (!settings.http.enabled) return undefined
  const endpoints = await serveEndpoints(engine, {
    ports: [settings.http.port],
    taken: 'take a free one',
    host: settings.http.host,
    bearerToken: env.BEARER_TOKEN,
    routes: serviceRoutes(metrics),
  })
  closers.add(() => endpoints.close())
  return endpoints.urls[0]
}

/** The MCP endpoint, guarded as the API of the runs is. A second project on the machine gets a free port here, too. */
async function openMcp(
  { mcp: { host, port, allowed_hosts: names = '' } }: Settings,
  tools: readonly ExposedTool[],
  env: NodeJS.ProcessEnv,
  closers: Closers,
): Promise<string> {
  const allowedHosts = names.split(',').flatMap((name) => name.trim() || [])
  const expose = (at: number) =>
    exposeTools(tools, { host, port: at, allowedHosts, bearerToken: env.BEARER_TOKEN })
  const mcp = await expose(port).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    return expose(0)
  })
  closers.add(() => mcp.close())
  return mcp.url.href
}

async function open(service: ProjectService, root: string, closers: Closers): Promise<Parts> {
  const env = service.env ?? process.env
  const settings = loadSettings({ root, env })
  const redact = createRedactor(secretValues(env))
  const { level, format, file } = settings.log
  const destination = file === undefined ? 'stderr' : { file: resolve(root, file) }
  const logger = createLogger({ level, format, destination, redact, env })
  closers.add(async () => logger.close())
  const metrics = createMetrics({ process: true })

  const prompts = loadPrompts(root, {
    env,
    meter: metrics,
    onProblem: (error) => logger.warn('a prompt is broken; its last good version is used', { error }),
  })
  closers.add(async () => prompts.close())
  const router = loadRouter(root, { env, logger, meter: metrics })
  closers.add(() => router.close())
  const toolServers = loadToolServers(root, { env, log: logger, redact, metrics: createToolMetrics(metrics) })
  closers.add(() => toolServers.stopAll())
  const toolsStarted = toolServers
    .startAll()
    .catch((error: unknown) => logger.error('the tool servers could not be started', { error }))

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
  const exposed = exposedTools(service, engine, taskQueue)
  const worker = await engine.startService({
    taskQueue,
    endpoints: false,
    agents: service.agents ?? {},
    workflows: service.workflows ?? {},
    ...(exposed.length > 0 && { workflowsPath: new URL('./call-function', import.meta.url) }),
    functions: { ...service.functions, ...builtins },
  })
  closers.add(() => worker.stop())

  const http = await openEndpoints(settings, engine, metrics, env, closers)
  const mcp =
    settings.mcp.enabled && exposed.length > 0 ? await openMcp(settings, exposed, env, closers) : undefined

  // A call to a server that is still starting waits for it: the service need not.
  await Promise.race([toolsStarted, delay(toolServersGraceMs, undefined, { ref: false })])
  const { driver, address } = settings.engine
  const ready: ReadyMessage = {
    type: 'ready',
    pid: process.pid,
    engine: { driver, place: driver === 'temporal' ? address : databasePath(root, settings) },
    taskQueue,
    agents: names(service.agents ?? {}),
    workflows: names(service.workflows ?? {}),
    functions: names(service.functions ?? {}),
    toolServers: toolServers.status(),
    llm: { providers: router.health().providers.map(({ provider, model }) => `${provider} (${model})`) },
    ...(http !== undefined && { http: { url: http, ...(mcp !== undefined && { mcpUrl: mcp }) } }),
  }
  return { ready, engine, logger }
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
  let parts: Parts
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
  if (service.signals !== 'ignore') forget = stopOnSignals(stop, parts.logger)
  const { ready, engine } = parts
  sendReady(ready)
  return { ready, engine, stop }
}
