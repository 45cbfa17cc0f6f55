// The port between agent code and whatever runs it. Agent-side modules import nothing else of an engine, so the same
// agent file runs on the embedded engine and inside Temporal's bundle.
//
//   H1. The provider stands on globalThis under a registered symbol: two copies of this package in one process (or a
//       bundle beside it) reach the same host.
//   H2. A host answers synchronously which run is executing; without one, an API call is a programming error.
import { EngineError } from '../errors.ts'
import type { StandardSchema } from './schema.ts'

const hostKey = Symbol.for('rgen.engine.host')

/** Severity of a log line; `critical` is above `error`. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'critical'

/** How a failed attempt of a step is tried again. All times in milliseconds. */
export interface RetrySettings {
  readonly initialIntervalMs: number
  readonly backoffCoefficient: number
  readonly maximumIntervalMs: number
  /** Attempts in all, the first included. 0: no limit. */
  readonly maximumAttempts: number
  /** Names or types of errors that end the step at once. */
  readonly nonRetryableErrorTypes: readonly string[]
}

/** Options of a step with everything filled in. All times in milliseconds. */
export interface StepSettings {
  readonly taskQueue: string
  readonly startToCloseMs: number
  readonly scheduleToCloseMs?: number
  readonly scheduleToStartMs?: number
  readonly heartbeatMs?: number
  readonly retry: RetrySettings
  readonly summary?: string
}

/** A call of a function, as the host receives it. */
export interface StepRequest {
  readonly name: string
  readonly input: unknown
  readonly settings: StepSettings
}

/** What becomes of a child when its parent closes. */
export type ParentClosePolicy = 'TERMINATE' | 'ABANDON' | 'REQUEST_CANCEL'

/** A child to start, as the host receives it. */
export interface ChildRequest {
  readonly type: string
  readonly id: string
  readonly input: unknown
  readonly taskQueue: string
  readonly kind: RunKind | undefined
  readonly parentClosePolicy: ParentClosePolicy
  readonly memo?: Readonly<Record<string, unknown>>
}

/** A child that has started. */
export interface StartedChild {
  readonly workflowId: string
  readonly firstExecutionRunId: string
  /** Resolves with the child's result; rejects when it fails, is cancelled or is terminated. */
  result(): Promise<unknown>
}

/** Agents and workflows differ in name only; the kind is kept for lists and links. */
export type RunKind = 'agent' | 'workflow'

/** A run, by its id; without `runId`, whichever run holds the id when the request arrives. */
export interface RunTarget {
  readonly id: string
  readonly runId?: string
}

/** What a run may know about itself. The names are those of Restack and Temporal, for agents as for workflows. */
export interface RunInfo {
  readonly workflowId: string
  readonly runId: string
  readonly workflowType: string
  readonly taskQueue: string
  /** The same as `workflowId`, in the words of agents. */
  readonly agentId: string
  readonly agentType: string
  readonly namespace: string
  readonly firstExecutionRunId: string
  readonly continuedFromExecutionRunId?: string
  readonly parent?: { readonly workflowId: string; readonly runId: string; readonly namespace: string }
  readonly startTime: Date
  /** Events in the history so far. */
  readonly historyLength: number
  /** Bytes of the history so far. */
  readonly historySize: number
  readonly continueAsNewSuggested: boolean
  readonly memo?: Readonly<Record<string, unknown>>
}

/** Handler of an event; what it returns is the answer to the sender. */
export type EventHandler = (input: never) => unknown

/** A handler with the name and the schemas of its event. */
export interface EventRegistration {
  readonly name: string
  readonly handler: EventHandler
  readonly input?: StandardSchema | undefined
  readonly output?: StandardSchema | undefined
}

/** Work that can be cancelled together. */
export interface CancelScope<T> {
  readonly result: Promise<T>
  /** Cancels the steps, sleeps, conditions and children begun inside; later ones inside fail at once. */
  cancel(): void
}

/** What an engine offers to the run that is executing. */
export interface RunHost {
  info(): RunInfo
  /** Time of the run in milliseconds since the epoch: stands still within an activation. */
  now(): number
  /** A number in [0, 1), the same on replay. */
  random(): number
  /** A version 4 UUID, the same on replay. */
  uuid(): string
  log(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>): void
  step(request: StepRequest): Promise<unknown>
  startChild(request: ChildRequest): Promise<StartedChild>
  sendEvent(target: RunTarget, name: string, input: unknown): Promise<unknown>
  cancelRun(target: RunTarget): Promise<void>
  sleep(milliseconds: number): Promise<void>
  condition(predicate: () => boolean, timeoutMs: number | undefined): Promise<boolean>
  onEvent(registration: EventRegistration): void
  onState(name: string, read: () => unknown): void
  allEventsFinished(): boolean
  shouldContinueAsNew(): boolean
  continueAsNew(input: unknown): Promise<never>
  patched(id: string): boolean
  cancelScope<T>(body: () => Promise<T>): CancelScope<T>
}

/** Answers the host of the run that is executing, or undefined outside of runs. */
export type RunHostProvider = () => RunHost | undefined

interface HostHolder {
  [hostKey]?: RunHostProvider
}

/** Installs the provider of this process (or of this bundle). The last one wins. */
export function provideRunHost(provider: RunHostProvider): void {
  ;(globalThis as HostHolder)[hostKey] = provider
}

/** The host of the run that is executing, or undefined outside of runs. */
export function currentRunHost(): RunHost | undefined {
  return (globalThis as HostHolder)[hostKey]?.()
}

/**
 * The host of the run that is executing.
 *
 * @throws {EngineError} ENGINE_OUTSIDE_RUN when no run is executing.
 */
export function runHost(api: string): RunHost {
  const host = currentRunHost()
  if (host !== undefined) return host
  throw new EngineError('ENGINE_OUTSIDE_RUN', `${api} was called outside of an agent or workflow`, {
    hint: `Call it in the body of an agent, a workflow or an event handler that the engine runs.`,
  })
}
