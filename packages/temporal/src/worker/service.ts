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
import { sendEventActivity, serverQueue } from '../names.ts'
import { livenessHeader } from '../workflow/liveness.ts'
import type { RunSinks } from '../workflow/sinks.ts'
import { bundleRuns } from './bundle.ts'
import { activityOf, installFunctionHost, type FunctionEnvironment } from './function-host.ts'
import { sendEventFunction, type SendFromRun } from './send-event.ts'

/** What a service needs of its driver. */
export interface ServiceContext {
  readonly settings: TemporalSettings
  readonly connections: Connections
  readonly publish: (chunk: Chunk) => void
  readonly sendFromRun: SendFromRun
}

const defaultGraceMs = 10_000

/** Bundles, registers and polls. Resolves once the worker runs. */
export async function startTemporalService(
  definition: ServiceDefinition,
  { settings, connections, publish, sendFromRun }: ServiceContext,
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
  const hasRuns = definition.agents.size + definition.workflows.size > 0
  const options: WorkerOptions = {
    connection: await connections.worker(),
    namespace,
    taskQueue: serverQueue(engineId, definition.taskQueue),
    activities: await activitiesOf(definition, environment, sendFromRun),
    sinks: logSinks(log),
    interceptors: { activity: [noteLiveness(environment.beatenFor)] },
    // Functions are given their time by stop() below, which may be asked for any length of it.
    shutdownGraceTime: '1 day',
    // A beat is also how a function hears that it is cancelled.
    maxHeartbeatThrottleInterval: '2s',
    defaultHeartbeatThrottleInterval: '2s',
    dataConverter: connections.dataConverter,
    ...(hasRuns ? { workflowBundle: await bundleOf(definition, settings) } : {}),
    ...limitsOf(definition),
  }
  const worker = await Worker.create(options)
  const ended = worker.run()
  // What ends a worker while it runs is told to the log; stop() hears of it, too.
  ended.catch((error: unknown) =>
    log('critical', 'The worker ended', { taskQueue: definition.taskQueue, error: String(error) }),
  )
  return {
    stop: async ({ graceMs = defaultGraceMs } = {}) => {
      if (worker.getState() === 'RUNNING') worker.shutdown()
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

async function activitiesOf(
  { functions, threadFunctionsPath }: ServiceDefinition,
  environment: FunctionEnvironment,
  sendFromRun: SendFromRun,
): Promise<Record<string, (input?: unknown) => Promise<unknown>>> {
  const threaded = threadFunctionsPath === undefined ? [] : await functionsOf(threadFunctionsPath)
  const activities = [...functions, ...threaded].map(
    ([name, body]) => [name, activityOf(name, body, environment)] as const,
  )
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
  const { root, modules, engineId, continueAsNewEvents, ignoreModules, payloadConverterPath } = settings
  return bundleRuns({
    agents: definition.agents,
    workflows: definition.workflows,
    modules: [...definition.modules, ...(modules ?? projectModules(root))],
    // Those of threadFunctionsPath are not among them: they may keep this process too busy to beat.
    functions: [...definition.functions.keys()],
    settings: { engineId, continueAsNewEvents },
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
