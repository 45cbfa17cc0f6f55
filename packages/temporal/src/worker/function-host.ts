// Functions as Temporal activities: the host that a function talks to, and the wrapper around it.
import { AsyncLocalStorage } from 'node:async_hooks'
import {
  checkValue,
  decodePayload,
  encodePayload,
  failureOf,
  provideFunctionHost,
  type FunctionHost,
  type FunctionInfo,
  type LogLevel,
  type StepFunction,
} from '@rgen/engine/host'
import { CancelledFailure, Context } from '@temporalio/activity'
import { encodeFailure } from '../failure.ts'
import { localName, type EngineId } from '../names.ts'

/** What functions of a worker share. */
export interface FunctionEnvironment {
  readonly engineId: EngineId
  readonly log: (level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>) => void
  readonly publish: (chunk: { id: string; runId: string; step: string; chunk: unknown }) => void
  /** Functions whose heartbeats are ours to send, by their context (workflow/liveness.ts). */
  readonly beatenFor: WeakSet<Context>
  /** Aborted when the service stops and functions have had their time. */
  readonly stopping: AbortSignal
}

/** How often a function that need not beat by itself is beaten for: that it is alive, and to hear of a cancellation. */
const pulseMs = 2_000

const current = new AsyncLocalStorage<FunctionHost>()

/** A Temporal activity that runs a function of ours. */
export function activityOf(
  name: string,
  body: StepFunction,
  environment: FunctionEnvironment,
): (input?: unknown) => Promise<unknown> {
  return async (input) => {
    const host = new ActivityHost(name, environment)
    try {
      return await current.run(host, () => host.run(async () => call(name, body, input)))
    } catch (error) {
      throw activityFailure(error)
    } finally {
      host.close()
    }
  }
}

async function call(name: string, body: StepFunction, input: unknown): Promise<unknown> {
  const value = await checkValue(body.input, input, 'ENGINE_INPUT_INVALID', `Step ${name}`)
  const result: unknown = await body(value)
  const checked = await checkValue(body.output, result, 'ENGINE_OUTPUT_INVALID', `Step ${name}`)
  return decodePayload(encodePayload(checked, `The result of ${name}`))
}

/** Trying again cannot make a value valid, or small enough. */
const pointless: ReadonlySet<string | undefined> = new Set([
  'ENGINE_INPUT_INVALID',
  'ENGINE_PAYLOAD_NOT_JSON',
  'ENGINE_PAYLOAD_TOO_LARGE',
])

function activityFailure(error: unknown): Error {
  if (error instanceof CancelledFailure) return error
  const failure = failureOf(error)
  // Temporal compares with the one type that a failure has; a step may name its error, its code or its type.
  const { nonRetryableErrorTypes = [] } = Context.current().info.retryPolicy ?? {}
  const named = [failure.name, failure.code, failure.type].some(
    (name) => name !== undefined && nonRetryableErrorTypes.includes(name),
  )
  const final = named || pointless.has(failure.code)
  return encodeFailure(final ? { ...failure, nonRetryable: true } : failure, Context.current().info.attempt)
}

/** Lets functions of this process find their host; those of an embedded engine beside it still find theirs. */
export function installFunctionHost(): void {
  const before = (globalThis as Partial<Record<symbol, FunctionHostProvider>>)[
    Symbol.for('rgen.engine.function')
  ]
  if (before?.ofTemporal === true) return
  const provider: FunctionHostProvider = () => current.getStore() ?? before?.()
  provideFunctionHost(Object.assign(provider, { ofTemporal: true }))
}

type FunctionHostProvider = (() => FunctionHost | undefined) & { readonly ofTemporal?: boolean }

class ActivityHost implements FunctionHost {
  readonly #context = Context.current()
  readonly #environment: FunctionEnvironment
  readonly #name: string
  readonly #abort = new AbortController()
  readonly #pulse: NodeJS.Timeout | undefined
  #details: unknown

  constructor(name: string, environment: FunctionEnvironment) {
    this.#name = name
    this.#environment = environment
    this.#details = this.#context.info.heartbeatDetails
    this.#context.cancellationSignal.addEventListener('abort', this.#onAbort)
    environment.stopping.addEventListener('abort', this.#onAbort)
    // Temporal tells of a cancellation in answer to a heartbeat. With a heartbeat timeout of its own a function beats.
    if (this.#context.info.heartbeatTimeoutMs === undefined || environment.beatenFor.has(this.#context)) {
      this.#pulse = setInterval(() => this.#context.heartbeat(this.#details), pulseMs)
      this.#pulse.unref()
    }
  }

  readonly #onAbort = (): void => {
    this.#abort.abort(
      this.#environment.stopping.aborted
        ? this.#environment.stopping.reason
        : this.#context.cancellationSignal.reason,
    )
  }

  /** Runs the function; when it is aborted and does not end, its step ends without it. */
  async run(body: () => Promise<unknown>): Promise<unknown> {
    const { signal } = this.#abort
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => setImmediate(() => reject(signal.reason as Error)))
    })
    return Promise.race([body(), aborted])
  }

  close(): void {
    clearInterval(this.#pulse)
    this.#context.cancellationSignal.removeEventListener('abort', this.#onAbort)
    this.#environment.stopping.removeEventListener('abort', this.#onAbort)
  }

  info(): FunctionInfo {
    const { activityId, activityType, taskQueue, attempt, workflowType, workflowExecution, namespace } =
      this.#context.info
    const heartbeatDetails: unknown = this.#context.info.heartbeatDetails
    const { engineId } = this.#environment
    const { workflowId = '', runId = '' } = workflowExecution ?? {}
    return {
      activityId,
      activityType,
      taskQueue: localName(engineId, taskQueue),
      attempt,
      workflowType: workflowType ?? '',
      workflowExecution: { workflowId: localName(engineId, workflowId), runId },
      workflowNamespace: namespace,
      heartbeatDetails,
      idempotencyKey: `${runId}:step:${activityId}`,
      signal: this.#abort.signal,
    }
  }

  log(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>): void {
    const { workflowExecution, workflowType, activityId, attempt } = this.info()
    this.#environment.log(level, message, {
      ...fields,
      ...workflowExecution,
      workflowType,
      step: this.#name,
      activityId,
      attempt,
    })
  }

  heartbeat(details: unknown): void {
    this.#details = details
    this.#context.heartbeat(details)
  }

  publish(chunk: unknown): void {
    const { workflowId, runId } = this.info().workflowExecution
    this.#environment.publish({ id: workflowId, runId, step: this.#name, chunk })
  }

  sleep(milliseconds: number): Promise<void> {
    const { signal } = this.#abort
    return new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, milliseconds)
      signal.addEventListener('abort', () => {
        clearTimeout(timer)
        reject(signal.reason as Error)
      })
    })
  }
}
