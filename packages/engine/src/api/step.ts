import { parseDuration, type Duration } from './duration.ts'
import { runHost, type RetrySettings, type StepSettings } from './host.ts'

/** How a failed step is tried again. */
export interface RetryPolicy {
  /** Pause before the second attempt. Default 1 second. */
  readonly initialInterval?: Duration
  /** Each further pause is this many times the one before. Default 2. */
  readonly backoffCoefficient?: number
  /** No pause is longer. Default 100 times the initial interval. */
  readonly maximumInterval?: Duration
  /** Attempts in all, the first included. Default: no limit. */
  readonly maximumAttempts?: number
  /** Names (or `type`s of FunctionFailure) of errors that are not tried again. */
  readonly nonRetryableErrorTypes?: readonly string[]
}

/** Options of {@link step}. Times are milliseconds or text such as `"2 minutes"`. */
export interface StepOptions {
  /** Default `"restack"`, whatever queue the caller runs on. */
  readonly taskQueue?: string
  /** Longest time of one attempt. Default 5 minutes. */
  readonly startToCloseTimeout?: Duration
  /** Longest time of all attempts and the pauses between them. */
  readonly scheduleToCloseTimeout?: Duration
  /** Longest time in the queue before an attempt begins. */
  readonly scheduleToStartTimeout?: Duration
  /** An attempt that calls `heartbeat` less often than this has failed. */
  readonly heartbeatTimeout?: Duration
  readonly retry?: RetryPolicy
  /** The same as `retry`, in the words of Restack's documentation. */
  readonly retryPolicy?: RetryPolicy
  /** A line for people, shown with the step in the history. */
  readonly summary?: string
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- any function may be a step; its types are read off below
type AnyFunction = (...args: any[]) => unknown

/** Functions as an agent calls them: one JSON argument, an awaited result. */
export type StepFunctions<F> = {
  readonly [K in keyof F as F[K] extends AnyFunction ? K : never]: F[K] extends AnyFunction
    ? (...args: Parameters<F[K]>) => Promise<Awaited<ReturnType<F[K]>>>
    : never
}

const defaultQueue = 'restack'
const defaultStartToCloseMs = 300_000

/**
 * The functions of a service as durable calls: journaled, run on a worker, tried again when they fail. Each call's
 * result survives a restart; the function itself may run more than once (see `functionInfo().idempotencyKey`).
 *
 * @throws {EngineError} ENGINE_STEP_FAILED when the attempts are used up or the error is not retryable (`cause` is
 *   what the function threw), ENGINE_CANCELLED when the run or the scope was cancelled.
 * @example
 * import type * as functions from '../functions/index.ts'
 * const sent = await step<typeof functions>({ startToCloseTimeout: '2 minutes' }).sendEmail({ to: 'a@b.c' })
 */
export function step<F = Record<string, AnyFunction>>(options: StepOptions = {}): StepFunctions<F> {
  const settings = stepSettings(options)
  return new Proxy({} as StepFunctions<F>, {
    get(_target, name) {
      // A proxy that is awaited by mistake must not become a step named "then".
      if (typeof name === 'symbol' || name === 'then') return undefined
      return (input?: unknown) => runHost(`step().${name}`).step({ name, input, settings })
    },
  })
}

/** Options with defaults filled in and times in milliseconds. */
export function stepSettings(options: StepOptions): StepSettings {
  const { scheduleToCloseTimeout, scheduleToStartTimeout, heartbeatTimeout, summary } = options
  const scheduleToCloseMs =
    scheduleToCloseTimeout === undefined ? undefined : parseDuration(scheduleToCloseTimeout)
  return {
    taskQueue: options.taskQueue ?? defaultQueue,
    startToCloseMs:
      options.startToCloseTimeout === undefined
        ? (scheduleToCloseMs ?? defaultStartToCloseMs)
        : parseDuration(options.startToCloseTimeout),
    ...(scheduleToCloseMs === undefined ? {} : { scheduleToCloseMs }),
    ...(scheduleToStartTimeout === undefined
      ? {}
      : { scheduleToStartMs: parseDuration(scheduleToStartTimeout) }),
    ...(heartbeatTimeout === undefined ? {} : { heartbeatMs: parseDuration(heartbeatTimeout) }),
    ...(summary === undefined ? {} : { summary }),
    retry: retrySettings(options.retry ?? options.retryPolicy ?? {}),
  }
}

function retrySettings(policy: RetryPolicy): RetrySettings {
  const initialIntervalMs = parseDuration(policy.initialInterval ?? 1_000)
  return {
    initialIntervalMs,
    backoffCoefficient: policy.backoffCoefficient ?? 2,
    maximumIntervalMs:
      policy.maximumInterval === undefined ? initialIntervalMs * 100 : parseDuration(policy.maximumInterval),
    maximumAttempts: policy.maximumAttempts ?? 0,
    nonRetryableErrorTypes: policy.nonRetryableErrorTypes ?? [],
  }
}
