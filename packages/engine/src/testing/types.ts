import type { Duration } from '../api/duration.ts'
import type { EventDefinition } from '../api/event.ts'
import type { RunFunction } from '../api/run-function.ts'
import type { StateDefinition } from '../api/state.ts'
import type { Chunk, LogSink, RunDescription, RunHistory, RunStatus, StartRequest } from '../client/types.ts'
import type { Schedules } from '../client/schedules.ts'

/** What {@link createTestEngine} takes. */
export interface TestEngineOptions {
  readonly agents?: Readonly<Record<string, unknown>>
  readonly workflows?: Readonly<Record<string, unknown>>
  /** Functions, or plain fakes of them: `{ ...functions, sendEmail: async () => ({ sent: true }) }`. */
  readonly functions?: Readonly<Record<string, unknown>>
  /**
   * Rebuild every run from its history after each activation (long ones whenever they have grown by an eighth, and at
   * their end), so that nondeterminism fails at once. Default true.
   */
  readonly strictReplay?: boolean
  /** Virtual time at the start. Default 2026-01-01T00:00:00Z. */
  readonly startAt?: Date
  /** Default: lines are dropped. */
  readonly logger?: LogSink
}

/** A step as a test looks at it. */
export interface StepRecord {
  readonly name: string
  readonly input: unknown
  /** Attempts begun. */
  readonly attempts: number
  readonly status: 'scheduled' | 'completed' | 'failed' | 'cancelled'
  readonly result?: unknown
  readonly error?: { readonly name: string; readonly message: string; readonly code?: string | undefined }
}

/** An agent or workflow under test. */
export interface TestRun<T = unknown> {
  readonly id: string
  readonly runId: string
  /** Waits for the result; while nothing else can happen, virtual time jumps to the next timer. */
  result(): Promise<T>
  /** Sends an event and waits for the handler's answer. By its definition it is typed, by its name it takes anything. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the answer's type is the test's to know
  event<A = any>(name: string, input?: unknown): Promise<A>
  event<Input, Output, Sent>(
    event: EventDefinition<Input, Output, Sent>,
    ...input: undefined extends Sent ? [input?: Sent] : [input: Sent]
  ): Promise<Output>
  /** Reads a state. By its definition it is typed. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the state's type is the test's to know
  state<S = any>(state: string | StateDefinition<S>): Promise<S>
  history(): Promise<RunHistory>
  steps(): Promise<readonly StepRecord[]>
  status(): Promise<RunStatus>
  describe(): Promise<RunDescription>
  cancel(): Promise<void>
  terminate(reason?: string): Promise<void>
  onChunk(listener: (chunk: Chunk) => void): () => void
}

/** Options of a start in a test. */
export type TestStartOptions = Partial<Pick<StartRequest, 'id' | 'event' | 'memo' | 'taskQueue'>>

/** A durable engine in memory, with virtual time. */
export interface TestEngine extends AsyncDisposable {
  /** Virtual time. */
  readonly now: Date
  readonly schedules: Schedules
  start<F extends RunFunction>(
    run: F,
    input?: Parameters<F>[0],
    options?: TestStartOptions,
  ): Promise<TestRun<Awaited<ReturnType<F>>>>
  start(run: string, input?: unknown, options?: TestStartOptions): Promise<TestRun>
  /** Starts a run and waits for its result. */
  execute<F extends RunFunction>(
    run: F,
    input?: Parameters<F>[0],
    options?: TestStartOptions,
  ): Promise<Awaited<ReturnType<F>>>
  execute(run: string, input?: unknown, options?: TestStartOptions): Promise<unknown>
  /** A run that this engine knows: one that an agent or a schedule started. */
  run(id: string): Promise<TestRun>
  /** Lets virtual time pass, timer by timer, and waits until nothing is left to do at each. */
  advance(duration: Duration): Promise<void>
  /** Waits until nothing is left to do now. */
  settle(): Promise<void>
  /** Forgets all memory, as the death of a process does; what is durable remains and goes on. */
  restart(): Promise<void>
  close(): Promise<void>
}
