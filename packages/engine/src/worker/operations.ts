// What may be done to runs, as writes inside a transaction. Every function checks before its first write, so that an
// EngineError leaves the transaction usable for others.
import { randomUUID } from 'node:crypto'
import type { RunStatus } from '../client/types.ts'
import { encodePayload } from '../core/payload.ts'
import { failureOf, type FailureData } from '../core/failure.ts'
import { entrySize } from '../core/history.ts'
import { EngineError } from '../errors.ts'
import type { RunReference, StartRequest } from '../client/types.ts'
import type { EventRow, NewRun, RunRow, Storage } from '../storage/port.ts'
import type { Effects } from './effects.ts'

/** Who started a run, when another run did. */
export interface Parentage {
  readonly key: number
  readonly n: number
  readonly policy: string
}

/** The run that a reference means. @throws {EngineError} ENGINE_RUN_NOT_FOUND */
export function findRun(storage: Storage, target: RunReference): RunRow {
  const run = target.runId === undefined ? storage.runs.latest(target.id) : storage.runs.byRunId(target.runId)
  if (run?.id === target.id) return run
  throw new EngineError('ENGINE_RUN_NOT_FOUND', `There is no run ${nameOf(target)}`, {
    hint: 'Check the id, and that both sides use the same database file.',
  })
}

/** As {@link findRun}, but the run must be open. @throws {EngineError} ENGINE_RUN_CLOSED */
export function findOpenRun(storage: Storage, target: RunReference): RunRow {
  let run = findRun(storage, target)
  // A run id that has continued as new still reaches the agent.
  while (run.status === 'continued-as-new') {
    const next = storage.runs.successor(run.runId)
    if (next === undefined) break
    run = next
  }
  if (run.closedAt === null) return run
  throw runClosed(run)
}

function runClosed({ id, status }: Pick<RunRow, 'id' | 'status'>): EngineError {
  return new EngineError('ENGINE_RUN_CLOSED', `Run ${id} is already completed (${status})`)
}

function nameOf({ id, runId }: RunReference): string {
  return runId === undefined ? id : `${id} (${runId})`
}

/** A run with its first history row; whoever claims it begins with that. */
export function insertRun(
  storage: Storage,
  run: Omit<NewRun, 'runId' | 'seed' | 'firstRunId' | 'startedAt'> &
    Partial<Pick<NewRun, 'seed' | 'firstRunId'>>,
  data: string | null,
  now: number,
  effects: Effects,
): { readonly key: number; readonly runId: string } {
  const runId = randomUUID()
  const seed = run.seed ?? runId
  const key = storage.runs.insert({ firstRunId: runId, ...run, runId, seed, startedAt: now })
  const entry = { type: 'Started' as const, n: null, name: run.type, data, meta: null }
  storage.history.append(key, { ...entry, seq: 0, ts: now })
  storage.inbox.add({ ...entry, runKey: key, name: null, data: null })
  effects.touched.add(key)
  return { key, runId }
}

/**
 * Starts a run.
 *
 * @throws {EngineError} ENGINE_ID_IN_USE when the id is running (and no event came along), ENGINE_PAYLOAD_*.
 */
export function startRun(
  storage: Storage,
  request: StartRequest,
  now: number,
  effects: Effects,
  parent?: Parentage,
): { readonly key: number; readonly runId: string } {
  const { id, type, kind, taskQueue: queue, input, event, memo } = request
  const data = encodePayload(input, `The input of ${type}`)
  const eventData = encodePayload(event?.input, `The input of event ${event?.name ?? ''}`)
  const running = storage.runs.open(id)
  if (running !== undefined && (event === undefined || parent !== undefined)) {
    throw new EngineError('ENGINE_ID_IN_USE', `The id ${id} is already running (a ${running.type})`, {
      hint: 'Choose another id, wait for that run, or send it an event.',
    })
  }
  const started =
    running ??
    insertRun(
      storage,
      {
        id,
        type,
        kind,
        queue,
        memo: memo === undefined ? null : JSON.stringify(memo),
        parentKey: parent?.key ?? null,
        parentN: parent?.n ?? null,
        parentPolicy: parent?.policy ?? null,
        previousRunId: null,
      },
      data,
      now,
      effects,
    )
  if (event !== undefined) {
    acceptEvent(storage, started.key, { name: event.name, data: eventData, eventId: randomUUID() }, effects)
  }
  return { key: started.key, runId: started.runId }
}

/** Puts an event into a run's inbox, unless its id is known. */
export function acceptEvent(
  storage: Storage,
  runKey: number,
  event: { readonly eventId: string; readonly name: string; readonly data: string | null },
  effects: Effects,
  from?: { readonly key: number; readonly n: number },
): void {
  const { eventId, name, data } = event
  if (!storage.events.accept(eventId, runKey, from?.key ?? null, from?.n ?? null)) return
  storage.inbox.add({ runKey, type: 'EventReceived', n: null, name, data, meta: JSON.stringify({ eventId }) })
  effects.touched.add(runKey)
}

/** The event id that {@link acceptEvent} noted. */
export function eventIdOf(meta: string | null): string {
  return (JSON.parse(meta ?? '{}') as { eventId?: string }).eventId ?? ''
}

/** Records the answer to an event and tells the run that waits for it. */
export function answerEvent(
  storage: Storage,
  eventId: string,
  state: 'completed' | 'failed',
  data: string | null,
  effects: Effects,
): void {
  const event = storage.events.get(eventId)
  if (event?.state !== 'accepted') return
  storage.events.finish(eventId, state, data)
  effects.answered.add(eventId)
  replyTo(storage, event, state, data, effects)
}

function replyTo(
  storage: Storage,
  { fromKey, fromN }: Pick<EventRow, 'fromKey' | 'fromN'>,
  state: 'completed' | 'failed',
  data: string | null,
  effects: Effects,
): void {
  if (fromKey === null || storage.runs.get(fromKey)?.closedAt !== null) return
  const type = state === 'completed' ? 'EventReplied' : 'EventRejected'
  storage.inbox.add({ runKey: fromKey, type, n: fromN, name: null, data, meta: null })
  effects.touched.add(fromKey)
}

/** Asks a run to cancel. */
export function requestCancel(storage: Storage, run: RunRow, effects: Effects): void {
  storage.inbox.add({ runKey: run.key, type: 'CancelRequested', n: null, name: null, data: null, meta: null })
  effects.touched.add(run.key)
}

/** Ends a run from outside, with its children as their policies say. */
export function terminateRun(
  storage: Storage,
  run: RunRow,
  reason: string | undefined,
  now: number,
  effects: Effects,
): void {
  const failure = failureOf(
    new EngineError(
      'ENGINE_TERMINATED',
      `Run ${run.id} was terminated${reason === undefined ? '' : `: ${reason}`}`,
    ),
  )
  const data = reason === undefined ? null : JSON.stringify(reason)
  const row = {
    seq: run.nextSeq,
    ts: now,
    type: 'RunTerminated' as const,
    n: null,
    name: null,
    data,
    meta: null,
  }
  if (run.nextSeq > 0) {
    storage.history.append(run.key, row)
    storage.runs.advance(run.key, run.fence, run.nextSeq + 1, run.size + entrySize(row))
  }
  closeRun(storage, run, 'terminated', JSON.stringify(withoutStack(failure)), now, effects)
}

function withoutStack({ stack: _stack, ...failure }: FailureData): FailureData {
  return failure
}

/** Ends a run: answers who waits for it, and applies the policies of its children. */
export function closeRun(
  storage: Storage,
  run: RunRow,
  status: Exclude<RunStatus, 'running' | 'suspended'>,
  result: string | null,
  now: number,
  effects: Effects,
): void {
  storage.runs.close(run.key, status, result, now)
  effects.closed.add(run.runId)
  effects.closedKeys.add(run.key)
  storage.timers.clear(run.key)
  if (status === 'continued-as-new') return
  // Steps that a completed run did not wait for are still done.
  if (status !== 'completed') dropTasks(storage, run.key, effects)
  storage.inbox.clear(run.key)
  for (const { eventId } of storage.events.unfinished(run.key)) {
    const failure = JSON.stringify(withoutStack(failureOf(runClosed({ id: run.id, status }))))
    answerEvent(storage, eventId, 'failed', failure, effects)
  }
  tellParent(storage, run, status, result, effects)
  for (const child of storage.runs.openChildren(run.key)) {
    if (child.parentPolicy === 'TERMINATE') terminateRun(storage, child, 'its parent closed', now, effects)
    else if (child.parentPolicy === 'REQUEST_CANCEL') requestCancel(storage, child, effects)
  }
  storage.runs.orphan(run.key)
}

function dropTasks(storage: Storage, runKey: number, effects: Effects): void {
  for (const { n } of storage.tasks.ofRun(runKey)) effects.aborted.push({ runKey, n })
  storage.tasks.clear(runKey)
}

function tellParent(
  storage: Storage,
  run: RunRow,
  status: RunStatus,
  result: string | null,
  effects: Effects,
): void {
  if (run.parentKey === null || run.parentN === null) return
  if (storage.runs.get(run.parentKey)?.closedAt !== null) return
  const data = status === 'completed' ? result : JSON.stringify(childFailure(run, status, result))
  const type = status === 'completed' ? 'ChildCompleted' : 'ChildFailed'
  storage.inbox.add({ runKey: run.parentKey, type, n: run.parentN, name: run.type, data, meta: null })
  effects.touched.add(run.parentKey)
}

function childFailure({ id, type }: RunRow, status: RunStatus, result: string | null): FailureData {
  const cause = result === null ? undefined : (JSON.parse(result) as FailureData)
  const code = status === 'cancelled' ? 'ENGINE_CANCELLED' : 'ENGINE_CHILD_FAILED'
  const message = `Child ${type} ${id} was ${status === 'failed' ? 'not successful' : status}`
  return {
    name: 'EngineError',
    code,
    message: cause === undefined ? message : `${message}: ${cause.message}`,
    ...(cause === undefined ? {} : { cause }),
  }
}

/** The error that a closed run's result rejects with. */
export function runFailure(run: RunRow): FailureData {
  const cause = run.result === null ? undefined : (JSON.parse(run.result) as FailureData)
  if (run.status === 'terminated' && cause !== undefined) return cause
  if (run.status === 'cancelled') {
    return { name: 'EngineError', code: 'ENGINE_CANCELLED', message: `Run ${run.id} was cancelled` }
  }
  return {
    name: 'EngineError',
    code: 'ENGINE_RUN_FAILED',
    message: `Run ${run.id} failed: ${cause?.message ?? 'for an unknown reason'}`,
    ...(cause === undefined ? {} : { cause }),
  }
}
