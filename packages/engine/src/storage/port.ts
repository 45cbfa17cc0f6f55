// The storage port: what the engine keeps, as rows and questions. All calls are synchronous, and writes happen inside
// `transaction`. Rows are plain values; JSON stays text until someone needs it.
import type { HistoryRow } from '../core/history.ts'
import type { RunKind } from '../api/host.ts'
import type { ListFilter, RunStatus } from '../client/types.ts'

/** A run. `key` is its number in this database. */
export interface RunRow {
  readonly key: number
  readonly runId: string
  readonly id: string
  readonly type: string
  readonly kind: RunKind
  readonly queue: string
  readonly status: RunStatus
  readonly seed: string
  readonly memo: string | null
  readonly parentKey: number | null
  /** Number of the command with which the parent started it. */
  readonly parentN: number | null
  readonly parentPolicy: string | null
  readonly firstRunId: string
  readonly previousRunId: string | null
  readonly owner: number | null
  readonly fence: number
  readonly nextSeq: number
  readonly size: number
  readonly startedAt: number
  readonly closedAt: number | null
  /** Result (completed) or failure (otherwise) as JSON. */
  readonly result: string | null
  readonly retryAt: number | null
  readonly faults: number
  readonly fault: string | null
}

export type NewRun = Pick<
  RunRow,
  | 'runId'
  | 'id'
  | 'type'
  | 'kind'
  | 'queue'
  | 'seed'
  | 'memo'
  | 'parentKey'
  | 'parentN'
  | 'parentPolicy'
  | 'firstRunId'
  | 'previousRunId'
  | 'startedAt'
>

/** Something that arrived for a run and has not been applied. */
export interface InboxRow {
  readonly id: number
  readonly runKey: number
  readonly type: string
  readonly n: number | null
  readonly name: string | null
  readonly data: string | null
  readonly meta: string | null
}

export type NewInbox = Omit<InboxRow, 'id'>

/** An event that was accepted: its answer is looked up here. */
export interface EventRow {
  readonly eventId: string
  readonly runKey: number
  readonly state: 'accepted' | 'completed' | 'failed'
  readonly data: string | null
  /** The run (and the number of its command) that waits for the answer. */
  readonly fromKey: number | null
  readonly fromN: number | null
}

/** A step on its way. */
export interface TaskRow {
  readonly runKey: number
  readonly n: number
  /** Where its input and options stand in the history. */
  readonly seq: number
  readonly queue: string
  readonly name: string
  readonly attempt: number
  readonly owner: number | null
  /** When the next attempt may begin. */
  readonly due: number
  /** When a task that is still queued has waited too long. */
  readonly expires: number | null
  readonly scheduledAt: number
  readonly details: string | null
  readonly failure: string | null
}

/** A step that may begin, with what its function is given. */
export interface QueuedTaskRow extends TaskRow {
  /** Input and settings as they stand in the history. */
  readonly input: string | null
  readonly settings: string | null
  readonly id: string
  readonly runId: string
  readonly type: string
}

/** A process that runs agents or functions. */
export interface WorkerRow {
  readonly key: number
  readonly pid: number
  readonly host: string
  readonly birth: string
  readonly beat: number
}

export interface RegistrationRow {
  readonly name: string
  readonly kind: RunKind | 'function'
  readonly queue: string
  readonly description: string | null
  readonly mcp: number
  readonly inputSchema: string | null
  readonly live: number
}

export interface ScheduleRow {
  readonly id: string
  readonly spec: string
  readonly target: string
  readonly paused: number
  readonly note: string | null
  readonly createdAt: number
  readonly nextAt: number | null
  readonly lastAt: number | null
  readonly lastId: string | null
  readonly lastRunId: string | null
}

/** A state that another process asks for. */
export interface QueryRow {
  readonly queryId: string
  readonly runKey: number
  readonly name: string
  readonly state: 'asked' | 'answered' | 'failed'
  readonly data: string | null
}

export interface RunStore {
  insert(run: NewRun): number
  get(key: number): RunRow | undefined
  byRunId(runId: string): RunRow | undefined
  /** The run that holds the id: the open one, else the latest. */
  latest(id: string): RunRow | undefined
  open(id: string): RunRow | undefined
  /** The run that a closed run continues as. */
  successor(runId: string): RunRow | undefined
  /** False when another owner has it, or it has closed. */
  claim(key: number, owner: number): boolean
  /** Records the end of an activation; false when someone else has claimed the run or it has closed. */
  advance(key: number, fence: number, nextSeq: number, size: number): boolean
  close(key: number, status: RunStatus, result: string | null, at: number): boolean
  suspend(key: number, fence: number, fault: string, retryAt: number): boolean
  release(key: number, fence: number): void
  openChildren(parentKey: number): readonly RunRow[]
  orphan(parentKey: number): void
  /** Hands the open children of a run to its successor; their results no longer have a number there. */
  adopt(parentKey: number, newParentKey: number): void
  list(filter: ListFilter): readonly RunRow[]
  /** Keys above `from` of runs with something in their inbox that the owner has or may claim, in order. */
  withInbox(owner: number, types: string, now: number, from: number, limit: number): readonly number[]
  /** Keys of suspended runs that may be tried again. */
  retryDue(owner: number, types: string, now: number, limit: number): readonly number[]
  nextRetryAt(now: number): number | null
  /** Closed before `before`, oldest first. */
  expired(before: number, limit: number): readonly number[]
  remove(key: number): void
}

export interface HistoryStore {
  append(runKey: number, row: HistoryRow): void
  read(runKey: number): readonly HistoryRow[]
  at(runKey: number, seq: number): HistoryRow | undefined
}

export interface InboxStore {
  add(row: NewInbox): number
  ofRun(runKey: number): readonly InboxRow[]
  remove(id: number): void
  /** Gives everything that waits for one run to another. */
  move(fromRunKey: number, toRunKey: number): void
  clear(runKey: number): void
}

export interface EventStore {
  /** False when the event id is known. */
  accept(eventId: string, runKey: number, fromKey: number | null, fromN: number | null): boolean
  get(eventId: string): EventRow | undefined
  finish(eventId: string, state: 'completed' | 'failed', data: string | null): void
  unfinished(runKey: number): readonly EventRow[]
  move(eventId: string, toRunKey: number): void
}

export interface TaskStore {
  add(task: Omit<TaskRow, 'details' | 'failure'>): void
  get(runKey: number, n: number): TaskRow | undefined
  /** Removes a task that this owner has at this attempt; false when that is stale. */
  finish(runKey: number, n: number, owner: number, attempt: number): boolean
  remove(runKey: number, n: number): void
  retry(task: Pick<TaskRow, 'runKey' | 'n' | 'attempt' | 'owner' | 'due' | 'expires' | 'failure'>): void
  heartbeat(runKey: number, n: number, owner: number, details: string | null): void
  /** Steps that may begin, of one queue or of all. */
  queued(queue: string | undefined, names: string, now: number, limit: number): readonly QueuedTaskRow[]
  claim(runKey: number, n: number, owner: number): boolean
  expired(now: number, limit: number): readonly TaskRow[]
  ofRun(runKey: number): readonly TaskRow[]
  clear(runKey: number): void
  /** The earliest moment after `now` at which a queued task becomes due or expires. */
  nextAt(now: number): number | null
}

export interface TimerStore {
  add(runKey: number, n: number, due: number): void
  remove(runKey: number, n: number): void
  due(
    owner: number,
    types: string,
    now: number,
    limit: number,
  ): readonly { runKey: number; n: number; due: number }[]
  ofRun(runKey: number): readonly { n: number; due: number }[]
  clear(runKey: number): void
  /** The earliest timer after `now`: what is overdue is found by {@link TimerStore.due}. */
  nextAt(now: number): number | null
}

export interface WorkerStore {
  add(worker: Omit<WorkerRow, 'key' | 'beat'>): number
  beat(key: number): boolean
  exists(key: number): boolean
  all(): readonly WorkerRow[]
  /** Frees everything that a worker holds, and forgets it. */
  bury(key: number, now: number): void
  register(worker: number, row: Omit<RegistrationRow, 'live'>): void
  registrations(): readonly RegistrationRow[]
}

export interface ScheduleStore {
  add(schedule: Pick<ScheduleRow, 'id' | 'spec' | 'target' | 'createdAt' | 'nextAt'>): boolean
  get(id: string): ScheduleRow | undefined
  all(): readonly ScheduleRow[]
  due(now: number): readonly ScheduleRow[]
  nextAt(): number | null
  edit(id: string, spec: string, nextAt: number | null): void
  pause(id: string, paused: boolean, note: string | null, nextAt: number | null): void
  ran(
    id: string,
    at: number,
    run: { readonly id: string; readonly runId: string } | undefined,
    nextAt: number | null,
  ): void
  remove(id: string): boolean
}

export interface QueryStore {
  ask(queryId: string, runKey: number, name: string): void
  get(queryId: string): QueryRow | undefined
  asked(types: string): readonly QueryRow[]
  answer(queryId: string, state: 'answered' | 'failed', data: string | null): void
  remove(queryId: string): void
}

/** Everything that the engine keeps. */
export interface Storage {
  readonly runs: RunStore
  readonly history: HistoryStore
  readonly inbox: InboxStore
  readonly events: EventStore
  readonly tasks: TaskStore
  readonly timers: TimerStore
  readonly workers: WorkerStore
  readonly schedules: ScheduleStore
  readonly queries: QueryStore
  /** All or nothing, durable when it returns. Nested calls join the outer one. */
  transaction<T>(body: () => T): T
  /** Changes when another connection has committed. */
  version(): number
  close(): void
}
