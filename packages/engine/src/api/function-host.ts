import { EngineError } from '../errors.ts'
import type { LogLevel } from './host.ts'

const functionHostKey = Symbol.for('rgen.engine.function')

/** What a function may know about the step it runs for. The names are those of Temporal's activity info. */
export interface FunctionInfo {
  readonly activityId: string
  readonly activityType: string
  readonly taskQueue: string
  /** 1 for the first attempt. */
  readonly attempt: number
  readonly workflowType: string
  readonly workflowExecution: { readonly workflowId: string; readonly runId: string }
  readonly workflowNamespace: string
  /** Details of the last heartbeat of an earlier attempt. */
  readonly heartbeatDetails: unknown
  /** The same for all attempts of one step: hand it to services that accept an idempotency key. */
  readonly idempotencyKey: string
  /** Aborted when the step times out, is cancelled, or the worker stops. */
  readonly signal: AbortSignal
}

/** What an engine offers to the function that is executing. */
export interface FunctionHost {
  info(): FunctionInfo
  log(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>): void
  heartbeat(details: unknown): void
  /** Hands a chunk to whoever watches the run. */
  publish(chunk: unknown): void
  sleep(milliseconds: number): Promise<void>
}

interface FunctionHostHolder {
  [functionHostKey]?: () => FunctionHost | undefined
}

/** Installs the provider of this process. The last one wins. */
export function provideFunctionHost(provider: () => FunctionHost | undefined): void {
  ;(globalThis as FunctionHostHolder)[functionHostKey] = provider
}

/** The host of the function that is executing, or undefined when it was called directly. */
export function currentFunctionHost(): FunctionHost | undefined {
  return (globalThis as FunctionHostHolder)[functionHostKey]?.()
}

/**
 * The host of the function that is executing.
 *
 * @throws {EngineError} ENGINE_OUTSIDE_FUNCTION when the function was called directly.
 */
export function functionHost(api: string): FunctionHost {
  const host = currentFunctionHost()
  if (host !== undefined) return host
  throw new EngineError('ENGINE_OUTSIDE_FUNCTION', `${api} was called outside of a step`, {
    hint: 'Call it in a function that an agent runs with step().',
  })
}
