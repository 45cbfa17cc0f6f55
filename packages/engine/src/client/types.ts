import type { Duration } from '../api/duration.ts'
import type { LogLevel, RunKind } from '../api/host.ts'
import type { RunFunction, StepFunction } from '../api/run-function.ts'

/** Where log lines go. `fields` hold the ids of the run and whatever the caller added. */
export interface LogSink {
  log(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>): void
}

/** An event to send: its name and its input (JSON). */
export interface EventInput {
  readonly name: string
  readonly input?: unknown
}

/** One calendar rule: all fields must match; absent hour, minute and second mean 0, other absent ones any. */
export interface CalendarSpec {
  readonly second?: CalendarField
  readonly minute?: CalendarField
  readonly hour?: CalendarField
  /** 1 to 31. */
  readonly dayOfMonth?: CalendarField
  /** 1 to 12, or a name such as `"JANUARY"`. */
  readonly month?: CalendarField
  /** 0 (Sunday) to 6, or a name such as `"MONDAY"`. */
  readonly dayOfWeek?: CalendarField
  readonly year?: CalendarField
  readonly comment?: string
}

/** A number, a name, `"*"`, a range with an optional step, or a list of these. */
export type CalendarField = CalendarValue | readonly CalendarValue[]

/** One value of a {@link CalendarField}. */
export type CalendarValue =
  | number
  | string
  | { readonly start: number | string; readonly end?: number | string; readonly step?: number }

/** When a schedule starts runs: at every moment that any of its rules names. */
export interface ScheduleSpec {
  readonly calendars?: readonly CalendarSpec[]
  readonly intervals?: readonly { readonly every: Duration; readonly offset?: Duration }[]
  /** Five or six fields, or `@daily` and the like. */
  readonly cronExpressions?: readonly string[]
  /** IANA name, such as `"Europe/Berlin"`. Default UTC. */
  readonly timezone?: string
  readonly startAt?: Date | string
  readonly endAt?: Date | string
  /** What happens when the run before is still going: skip this one (default), or start it beside. */
  readonly overlap?: 'skip' | 'allow'
  /** A moment missed for longer than this (the service was down) is skipped. Default 1 minute. */
  readonly catchupWindow?: Duration
}

/** What {@link Restack.startService} takes. */
export interface ServiceInput {
  /** Default `"restack"`. */
  readonly taskQueue?: string
  /** Agents by name. */
  readonly agents?: Readonly<Record<string, unknown>>
  /** Workflows by name. */
  readonly workflows?: Readonly<Record<string, unknown>>
  /** Module that exports the agents: a path (as from `require.resolve`) or a file URL. */
  readonly agentsPath?: string | URL
  /** Module that exports the workflows. */
  readonly workflowsPath?: string | URL
  /** Functions by name; exports that are not functions are left out. */
  readonly functions?: Readonly<Record<string, unknown>>
  /** Module whose exported functions run in worker threads: for work that keeps the processor busy. */
  readonly threadFunctionsPath?: string | URL
  readonly options?: ServiceOptions
  /**
   * Whether REST and streams are served on loopback, ports 6233 and 9233, once for the engine. Default: for services in
   * Restack's own form, with `agentsPath` or `workflowsPath`. A port that is taken is left out.
   */
  readonly endpoints?: boolean
  /** Accepted for compatibility: hints for autoscaling. */
  readonly resources?: { readonly targetCpuUsage?: number; readonly targetMemoryUsage?: number }
}

/** Limits of a service. */
export interface ServiceOptions {
  /** Attempts of functions begun per second on this queue. */
  readonly rateLimit?: number
  /** Functions of this queue that run at a time in this process. Default 256. */
  readonly maxConcurrentFunctionRuns?: number
  /** Agents and workflows of this queue kept in memory at a time; more wait as rows. Default 4000 (on Temporal 1000). */
  readonly maxConcurrentWorkflowRuns?: number
  /** Worker threads for `threadFunctionsPath`. Default: one less than there are processors, at least 1. */
  readonly maxThreads?: number
}

/** A service that polls. */
export interface Service {
  /** Stops claiming, lets running functions end (at most `graceMs`, default 10 000, then aborts them), and resolves. */
  stop(options?: { readonly graceMs?: number }): Promise<void>
}

/** Resources of a service, loaded and ready to register. */
export interface ServiceDefinition {
  readonly taskQueue: string
  readonly agents: ReadonlyMap<string, RunFunction>
  readonly workflows: ReadonlyMap<string, RunFunction>
  readonly functions: ReadonlyMap<string, StepFunction>
  /** Files that the service named as the homes of its agents and workflows, for drivers that bundle them. */
  readonly modules: readonly string[]
  readonly threadFunctionsPath?: string
  readonly options: ServiceOptions
}

/** A run to start. */
export interface StartRequest {
  readonly kind: RunKind
  readonly type: string
  readonly id: string
  readonly input?: unknown
  readonly taskQueue: string
  /** Delivered before anything else that is sent to the run. */
  readonly event?: EventInput
  readonly memo?: Readonly<Record<string, unknown>>
}

/** Which run: by id, whatever run holds it, or exactly `runId`. */
export interface RunReference {
  readonly id: string
  readonly runId?: string
}

/** An event to send. */
export interface SendRequest {
  readonly target: RunReference
  readonly event: EventInput
  /** Two sends with the same id are one event. Default: a new UUID. */
  readonly eventId?: string
  readonly waitForCompletion: boolean
}

/** An event that was accepted and is not waited for. */
export interface UpdateHandle {
  readonly updateId: string
  readonly workflowId: string
  readonly workflowRunId: string
}

/** Where a run stands. `suspended`: its code failed in a way that retrying or a fix may cure; the engine retries. */
export type RunStatus =
  'running' | 'suspended' | 'completed' | 'failed' | 'cancelled' | 'terminated' | 'continued-as-new'

/** A line of a list of runs. */
export interface RunSummary {
  readonly id: string
  readonly runId: string
  readonly type: string
  readonly kind: RunKind
  readonly taskQueue: string
  readonly status: RunStatus
  readonly startedAt: Date
  readonly closedAt: Date | undefined
  readonly parent: { readonly id: string; readonly runId: string } | undefined
  readonly memo: Readonly<Record<string, unknown>> | undefined
  readonly historyLength: number
}

/** What is known of one run. */
export interface RunDescription extends RunSummary {
  readonly historySize: number
  /** Steps that have not ended, oldest first. */
  readonly pendingSteps: readonly PendingStep[]
  readonly pendingChildren: readonly RunReference[]
  /** Events accepted and not yet handled. */
  readonly pendingEvents: number
  /** These events, in order of arrival. */
  readonly undelivered: readonly UndeliveredEvent[]
  /** Why the run is suspended, and when it is tried again. */
  readonly fault: { readonly code: string; readonly message: string; readonly retryAt: Date } | undefined
}

/** An event that was accepted and not yet handled. */
export interface UndeliveredEvent {
  readonly eventId: string
  readonly name: string
  readonly input?: unknown
}

/** A step on its way. */
export interface PendingStep {
  readonly n: number
  readonly name: string
  readonly taskQueue: string
  readonly attempt: number
  readonly state: 'queued' | 'running'
  readonly lastFailure: string | undefined
  readonly heartbeatDetails: unknown
}

/** Filter of a list; all that is given must match. */
export interface ListFilter {
  readonly type?: string
  readonly status?: RunStatus
  readonly kind?: RunKind
  /** An id, or with a trailing `*` all ids with this beginning. */
  readonly id?: string
  readonly startedAfter?: Date
  readonly startedBefore?: Date
  /** Default 100, newest first. */
  readonly limit?: number
  /** Runs to leave out at the beginning. */
  readonly offset?: number
}

/** One event of a history, as people and tools read it. */
export interface HistoryEvent {
  readonly seq: number
  readonly type: string
  readonly at: Date
  /** Number of the step, timer, child or message that the event belongs to. */
  readonly n: number | undefined
  readonly name: string | undefined
  /** Input, result or failure. */
  readonly data: unknown
  /** Options and ids. */
  readonly meta: unknown
}

/** A whole run as JSON: what `history` exports, and `replayHistory` reads. */
export interface RunHistory {
  readonly format: 'rgen-history-1'
  readonly id: string
  readonly runId: string
  readonly type: string
  readonly kind: RunKind
  readonly taskQueue: string
  readonly status: RunStatus
  /** What the random numbers and ids of the run come from. */
  readonly seed: string
  readonly parent?: { readonly id: string; readonly runId: string }
  readonly memo?: Readonly<Record<string, unknown>>
  readonly events: readonly HistoryEvent[]
}

/** Something that a service of this database has registered, now or before. */
export interface Registration {
  readonly name: string
  readonly kind: RunKind | 'function'
  readonly taskQueue: string
  readonly description?: string
  readonly mcp?: boolean
  /** JSON Schema of the input, when the schema's library can print one. */
  readonly inputSchema?: unknown
  /** Whether a process that serves it is running. */
  readonly live: boolean
}

/** A schedule to create or its new definition. */
export interface ScheduleRequest {
  readonly id: string
  readonly spec: ScheduleSpec
  /** Started with the id `<schedule id>-<time>`. */
  readonly target: Omit<StartRequest, 'id'>
}

/** What is known of a schedule. */
export interface ScheduleDescription {
  readonly id: string
  readonly spec: ScheduleSpec
  readonly target: Omit<StartRequest, 'id'>
  readonly paused: boolean
  readonly note: string | undefined
  readonly nextAt: Date | undefined
  readonly lastAt: Date | undefined
  /** Run started last. */
  readonly lastRun: RunReference | undefined
}

/** A chunk that a function published. */
export interface Chunk {
  readonly id: string
  readonly runId: string
  readonly step: string
  readonly chunk: unknown
}
