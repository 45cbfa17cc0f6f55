/** What happens to a run, from outside. One of these opens each group of a history. */
export type InboundType =
  | 'Started'
  | 'StepCompleted'
  | 'StepFailed'
  | 'TimerFired'
  | 'EventReceived'
  | 'ChildStarted'
  | 'ChildStartFailed'
  | 'ChildCompleted'
  | 'ChildFailed'
  | 'EventReplied'
  | 'EventRejected'
  | 'CancelRequested'

/** What a run asks for in return. These follow the inbound event that caused them. */
export type CommandType =
  | 'StepScheduled'
  | 'StepCancelled'
  | 'TimerStarted'
  | 'TimerCancelled'
  | 'ChildRequested'
  | 'ChildCancelRequested'
  | 'EventSent'
  | 'CancelSent'
  | 'EventCompleted'
  | 'EventFailed'
  | 'Patched'
  | ClosingType

/** Commands that end a run. */
export type ClosingType = 'RunCompleted' | 'RunFailed' | 'RunCancelled' | 'ContinuedAsNew'

/** Rows that people's acts leave behind; replay skips them. */
export type NoteType = 'RunTerminated'

/** What a history row says, without its place. `data` and `meta` are JSON text. */
export interface Entry<Type extends string> {
  readonly type: Type
  /** Number of the step, timer, child, message or received event. */
  readonly n: number | null
  readonly name: string | null
  readonly data: string | null
  readonly meta: string | null
}

export type Inbound = Entry<InboundType>
export type Command = Entry<CommandType>

/** A row of a history. */
export interface HistoryRow extends Entry<InboundType | CommandType | NoteType> {
  readonly seq: number
  /** Milliseconds since the epoch; never decreases within a run. */
  readonly ts: number
}

const inboundTypes: ReadonlySet<string> = new Set<InboundType>([
  'Started',
  'StepCompleted',
  'StepFailed',
  'TimerFired',
  'EventReceived',
  'ChildStarted',
  'ChildStartFailed',
  'ChildCompleted',
  'ChildFailed',
  'EventReplied',
  'EventRejected',
  'CancelRequested',
])

/** Whether a row opens a group. */
export function isInbound(row: HistoryRow): row is HistoryRow & Inbound {
  return inboundTypes.has(row.type)
}

const closingTypes: ReadonlySet<string> = new Set<ClosingType>([
  'RunCompleted',
  'RunFailed',
  'RunCancelled',
  'ContinuedAsNew',
])

/** Whether a command ends the run. */
export function isClosing(entry: Entry<string>): boolean {
  return closingTypes.has(entry.type)
}

/** Bytes (roughly: UTF-16 units) that an entry adds to the size of a history. */
export function entrySize(entry: Entry<string>): number {
  return 40 + (entry.name?.length ?? 0) + (entry.data?.length ?? 0) + (entry.meta?.length ?? 0)
}
