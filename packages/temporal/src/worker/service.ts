// A service on Temporal: one worker that polls one queue for runs and functions.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Chunk, Service, ServiceDefinition, StepFunction } from '@rgen/engine'
import { EngineError, type LogLevel } from '@rgen/engine/host'
import {
  Worker,
  type ActivityInterceptorsFactory,
  type InjectedSinks,
  type WorkerOptions,
} from '@temporalio/worker'
import type { Connections } from '../connection/connect.ts'
import type { TemporalSettings } from '../connection/options.ts'
import { playgroundQueue, sendEventActivity, serverQueue, type EngineId } from '../names.ts'
import { livenessHeader } from '../workflow/liveness.ts'
import type { RunSinks } from '../workflow/sinks.ts'
import { standInActivity } from '../workflow/stand-in.ts'
import { bundleRuns } from './bundle.ts'
import { activityOf, installFunctionHost, type FunctionEnvironment } from './function-host.ts'
import { sendEventFunction, type SendFromRun } from './send-event.ts'

/** What a service needs of its driver. */
export interface ServiceContext {
  readonly settings: TemporalSettings
  readonly connections: Connections
  readonly publish: (chunk: Chunk) => void
  readonly sendFromRun: SendFromRun
  /** Called when the worker ends by itself. */
  readonly failed: (error: unknown) => void
}

const defaultGraceMs = 10_000
const defaultQueue = 'restack'

/** Bundles, registers and polls. Resolves once the worker runs. */
export async function startTemporalService(
  definition: ServiceDefinition,
  { settings, connections, publish, sendFromRun, failed }: ServiceContext,
): Promise<Service> {
  const { engineId, namespace, logger } = settings
  const stopping = new AbortController()
  const log = (level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>): void =>
    logger?.log(level, message, fields)
  const environment: FunctionEnvironment = {
    engineId,
    log,
    publish,
    beatenFor: new WeakSet(),
    stopping: stopping.signal,
  }
  installFunctionHost()
  const bundle = hasRuns(definition) || hasPlayground(definition, settings)
  const common: CommonOptions = {
    connection: await connections.worker(),
    namespace,
    dataConverter: await connections.dataConverter(),
    // Functions are given their time by stop() below, which may be asked for any length of it.
    shutdownGraceTime: '1 day',
    ...(bundle ? { workflowBundle: await bundleOf(definition, settings) } : {}),
  }
  const worker = await Worker.create({
    ...common,
    taskQueue: serverQueue(engineId, definition.taskQueue),
    activities: await activitiesOf(definition, environment, sendFromRun, settings),
    sinks: logSinks(log),
    interceptors: { activity: [noteLiveness(environment.beatenFor)] },
    // A beat is also how a function hears that it is cancelled.
    maxHeartbeatThrottleInterval: '2s',
    defaultHeartbeatThrottleInterval: '2s',
    ...limitsOf(definition),
  })
  const workers = hasPlayground(definition, settings)
    ? [worker, await createPlayground(common, engineId)]
    : [worker]
  const ended = Promise.all(workers.map((one) => one.run()))
  // What ends a worker while it runs is told to the log; stop() hears of it, too.
  ended.catch((error: unknown) => {
    log('critical', 'The worker ended', { taskQueue: definition.taskQueue, error: String(error) })
    failed(error)
  })
  return {
    stop: async ({ graceMs = defaultGraceMs } = {}) => {
      for (const one of workers) if (one.getState() === 'RUNNING') one.shutdown()
      const timer = setTimeout(
        () => stopping.abort(new EngineError('ENGINE_CLOSED', 'The service stops')),
        graceMs,
      )
      try {
        await ended
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

type CommonOptions = Omit<WorkerOptions, 'taskQueue'>

function hasRuns({ agents, workflows }: ServiceDefinition): boolean {
  return agents.size + workflows.size > 0
}

/** Functions are tried from the UI of a Restack engine: by the service on the default queue, as with Restack's SDKs. */
function hasPlayground(
  { taskQueue }: ServiceDefinition,
  { engineId, apiAddress }: TemporalSettings,
): boolean {
  return engineId !== undefined && apiAddress !== undefined && taskQueue === defaultQueue
}

async function createPlayground(common: CommonOptions, engineId: EngineId): Promise<Worker> {
  return Worker.create({
    ...common,
    taskQueue: serverQueue(engineId, playgroundQueue),
    workflowThreadPoolSize: 1,
    maxCachedWorkflows: 10,
  })
}

async function activitiesOf(
  { agents, workflows, functions, threadFunctionsPath }: ServiceDefinition,
  environment: FunctionEnvironment,
  sendFromRun: SendFromRun,
  { testing }: TemporalSettings,
): Promise<Record<string, (input?: unknown) => Promise<unknown>>> {
  const threaded = threadFunctionsPath === undefined ? [] : await functionsOf(threadFunctionsPath)
  const activities = [...functions, ...threaded].map(
    ([name, body]) => [name, activityOf(name, body, environment)] as const,
  )
  const standIns = testing ? [...agents, ...workflows] : []
  for (const [name, body] of standIns)
    activities.push([standInActivity(name), activityOf(name, body, environment)])
  return { ...Object.fromEntries(activities), [sendEventActivity]: sendEventFunction(sendFromRun) }
}

async function functionsOf(file: string): Promise<readonly (readonly [string, StepFunction])[]> {
  const exports = (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>
  return Object.entries(exports).filter(
    (entry): entry is [string, StepFunction] => typeof entry[1] === 'function',
  )
}

function limitsOf({ options }: ServiceDefinition): Partial<WorkerOptions> {
  const { rateLimit, maxConcurrentFunctionRuns = 256, maxConcurrentWorkflowRuns = 1_000 } = options
  return {
    maxConcurrentActivityTaskExecutions: maxConcurrentFunctionRuns,
    maxCachedWorkflows: maxConcurrentWorkflowRuns,
    ...(rateLimit === undefined ? {} : { maxTaskQueueActivitiesPerSecond: rateLimit }),
  }
}

/** Headers are for interceptors only: this one notes which functions are to be beaten for. */
function noteLiveness(beatenFor: FunctionEnvironment['beatenFor']): ActivityInterceptorsFactory {
  return (context) => ({
    inbound: {
      execute: async (input, next) => {
        if (livenessHeader in input.headers) beatenFor.add(context)
        return next(input)
      },
    },
  })
}

function logSinks(log: FunctionEnvironment['log']): InjectedSinks<RunSinks> {
  return {
    rgen: {
      log: { fn: (_info, level, message, fields) => log(level, message, fields), callDuringReplay: false },
    },
  }
}

async function bundleOf(definition: ServiceDefinition, settings: TemporalSettings) {
  const { root, modules, engineId, continueAsNewEvents, testing, ignoreModules, payloadConverterPath } =
    settings
  return bundleRuns({
    agents: definition.agents,
    workflows: definition.workflows,
    modules: [...definition.modules, ...(modules ?? projectModules(root))],
    // Those of threadFunctionsPath are not among them: they may keep this process too busy to beat.
    functions: [...definition.functions.keys()],
    settings: { engineId, continueAsNewEvents, testing },
    ...(ignoreModules === undefined ? {} : { ignoreModules }),
    ...(payloadConverterPath === undefined ? {} : { payloadConverterPath }),
  })
}

/** Where a project keeps its agents and workflows: sources, or what was built of them. */
export function projectModules(root: string): readonly string[] {
  return ['agents', 'workflows'].flatMap((folder) => {
    const candidates = [
      join('src', folder, 'index.ts'),
      join('src', folder, 'index.js'),
      join('dist', 'src', folder, 'index.js'),
    ]
    const found = candidates.map((file) => join(root, file)).find((file) => existsSync(file))
    return found === undefined ? [] : [found]
  })
}
