// Writes what an activation asked for. Called inside the transaction of a tick.
import type { ChildRequest, RunKind, RunTarget } from '../api/host.ts'
import { failureOf } from '../core/failure.ts'
import { entrySize, type Command, type Inbound } from '../core/history.ts'
import { decodePayload } from '../core/payload.ts'
import { decodeStepSettings } from '../core/step-settings.ts'
import { EngineError, isEngineError } from '../errors.ts'
import type { RunRow, Storage } from '../storage/port.ts'
import type { Effects } from './effects.ts'
import {
  acceptEvent,
  answerEvent,
  closeRun,
  eventIdOf,
  findOpenRun,
  insertRun,
  requestCancel,
  startRun,
} from './operations.ts'
import { stepFailure } from './retry.ts'

/** Where an inbound event came from, so that it is removed there when it has been applied. */
export interface QueuedInbound extends Inbound {
  readonly inboxId?: number
  readonly timer?: true
  /** The step attempt that ended in this process. */
  readonly attempt?: number
}

/** An activation that has ended in memory. */
export interface Activation {
  /** The run as it was when it was claimed, with the current sequence number and size. */
  readonly run: RunRow
  readonly owner: number
  /** Absent when a mended run goes on where it was stuck. */
  readonly inbound: QueuedInbound | undefined
  readonly commands: readonly Command[]
  /** Time of the run. */
  readonly ts: number
}

/** What recording needs to know of this process. */
export interface Surroundings {
  /**
   * Whether this process runs a step at once (and has taken the slot), leaves it in the queue, or refuses it, with the
   * names that it knows.
   */
  reserve(queue: string, name: string): 'here' | 'queue' | { readonly registered: readonly string[] }
  /** Agent or workflow, as far as this process knows. */
  kindOf(type: string): RunKind | undefined
}

/** Where the history stands after an activation. */
export interface Recorded {
  readonly nextSeq: number
  readonly size: number
}

/** Writes an activation; undefined when the run has been taken or closed meanwhile. */
export function recordActivation(
  storage: Storage,
  activation: Activation,
  surroundings: Surroundings,
  now: number,
  effects: Effects,
): Recorded | undefined {
  const { run, inbound, commands, ts } = activation
  // The first event has stood in the history since the run was started.
  const first = inbound?.type === 'Started'
  const written = inbound === undefined || first ? 0 : 1
  let nextSeq = first ? 1 : run.nextSeq
  let size = run.size + (inbound === undefined ? 0 : entrySize(inbound))
  for (const command of commands) size += entrySize(command)
  const recorded = { nextSeq: nextSeq + written + commands.length, size }
  if (!storage.runs.advance(run.key, run.fence, recorded.nextSeq, size)) return undefined
  if (inbound !== undefined) {
    if (!first) storage.history.append(run.key, { ...entryOf(inbound), seq: nextSeq, ts })
    nextSeq += written
    removeSource(storage, activation, inbound)
  }
  for (const command of commands) {
    storage.history.append(run.key, { ...entryOf(command), seq: nextSeq, ts })
    nextSeq += 1
  }
  let seq = nextSeq - commands.length
  for (const command of commands) {
    applyCommand(storage, activation, command, seq, surroundings, now, effects)
    seq += 1
  }
  return recorded
}

function entryOf<T extends Command | Inbound>({
  type,
  n,
  name,
  data,
  meta,
}: T): Pick<T, 'type' | 'n' | 'name' | 'data' | 'meta'> {
  return { type, n, name, data, meta }
}

function removeSource(storage: Storage, { run, owner }: Activation, inbound: QueuedInbound): void {
  if (inbound.inboxId !== undefined) storage.inbox.remove(inbound.inboxId)
  if (inbound.n === null) return
  if (inbound.timer === true) storage.timers.remove(run.key, inbound.n)
  if (inbound.attempt !== undefined) storage.tasks.finish(run.key, inbound.n, owner, inbound.attempt)
}

function applyCommand(
  storage: Storage,
  activation: Activation,
  command: Command,
  seq: number,
  surroundings: Surroundings,
  now: number,
  effects: Effects,
): void {
  const { run, ts } = activation
  const n = command.n ?? 0
  switch (command.type) {
    case 'StepScheduled':
      scheduleStep(storage, activation, command, seq, surroundings, now, effects)
      return
    case 'StepCancelled':
      storage.tasks.remove(run.key, n)
      effects.aborted.push({ runKey: run.key, n })
      return
    case 'TimerStarted': {
      const { ms } = JSON.parse(command.meta ?? '{}') as { ms: number }
      storage.timers.add(run.key, n, ts + ms)
      effects.wake(ts + ms)
      return
    }
    case 'TimerCancelled':
      storage.timers.remove(run.key, n)
      return
    case 'ChildRequested':
      startChild(storage, run, command, surroundings, now, effects)
      return
    case 'ChildCancelRequested': {
      const child = storage.runs.openChildren(run.key).find(({ parentN }) => parentN === n)
      if (child !== undefined) requestCancel(storage, child, effects)
      return
    }
    case 'EventSent':
      sendEvent(storage, run, command, effects)
      return
    case 'CancelSent':
      ignoringEngineErrors(() =>
        requestCancel(storage, findOpenRun(storage, JSON.parse(command.meta ?? '{}') as RunTarget), effects),
      )
      return
    case 'EventCompleted':
      answerEvent(storage, eventIdOf(command.meta), 'completed', command.data, effects)
      return
    case 'EventFailed':
      answerEvent(storage, eventIdOf(command.meta), 'failed', command.data, effects)
      return
    case 'Patched':
      return
    case 'RunCompleted':
      closeRun(storage, run, 'completed', command.data, now, effects)
      return
    case 'RunFailed':
      closeRun(storage, run, 'failed', command.data, now, effects)
      return
    case 'RunCancelled':
      closeRun(storage, run, 'cancelled', null, now, effects)
      return
    case 'ContinuedAsNew':
      continueAsNew(storage, run, command.data, now, effects)
  }
}

function scheduleStep(
  storage: Storage,
  { run, owner }: Activation,
  command: Command,
  seq: number,
  surroundings: Surroundings,
  now: number,
  effects: Effects,
): void {
  const { data, meta } = command
  const n = command.n ?? 0
  const name = command.name ?? ''
  const settings = decodeStepSettings(meta)
  const queue = settings.taskQueue
  const place = surroundings.reserve(queue, name)
  if (typeof place === 'object') {
    refuseStep(storage, run.key, n, name, place.registered, effects)
    return
  }
  const local = place === 'here'
  storage.tasks.add({
    runKey: run.key,
    n,
    seq,
    queue,
    name,
    attempt: 1,
    owner: local ? owner : null,
    due: now,
    expires: local ? null : queueDeadline(now, now, settings),
    scheduledAt: now,
  })
  if (!local) {
    effects.wake(now)
    return
  }
  effects.dispatches.push({
    runKey: run.key,
    n,
    queue,
    name,
    attempt: 1,
    input: data,
    settings,
    scheduledAt: now,
    details: null,
    run: { id: run.id, runId: run.runId, type: run.type },
  })
}

function refuseStep(
  storage: Storage,
  runKey: number,
  n: number,
  name: string,
  registered: readonly string[],
  effects: Effects,
): void {
  const error = new EngineError(
    'ENGINE_NOT_REGISTERED',
    `There is no function ${name}; registered: [${registered.join(', ')}]`,
  )
  const data = JSON.stringify(stepFailure({ name, attempt: 1 }, failureOf(error)))
  storage.inbox.add({ runKey, type: 'StepFailed', n, name, data, meta: null })
  effects.touched.add(runKey)
}

/** When a step that is queued at `due` has waited too long. */
export function queueDeadline(
  scheduledAt: number,
  due: number,
  { scheduleToStartMs, scheduleToCloseMs }: { scheduleToStartMs?: number; scheduleToCloseMs?: number },
): number | null {
  const deadlines = [
    ...(scheduleToStartMs === undefined ? [] : [due + scheduleToStartMs]),
    ...(scheduleToCloseMs === undefined ? [] : [scheduledAt + scheduleToCloseMs]),
  ]
  return deadlines.length === 0 ? null : Math.min(...deadlines)
}

function startChild(
  storage: Storage,
  run: RunRow,
  { n, name, data, meta }: Command,
  surroundings: Surroundings,
  now: number,
  effects: Effects,
): void {
  const request = JSON.parse(meta ?? '{}') as ChildRequest
  const answer = (type: 'ChildStarted' | 'ChildStartFailed', payload: string): void => {
    storage.inbox.add({ runKey: run.key, type, n, name, data: payload, meta: null })
    effects.touched.add(run.key)
  }
  try {
    const { runId } = startRun(
      storage,
      {
        kind: request.kind ?? surroundings.kindOf(name ?? '') ?? 'workflow',
        type: name ?? '',
        id: request.id,
        input: decodePayload(data),
        taskQueue: request.taskQueue,
        ...(request.memo === undefined ? {} : { memo: request.memo }),
      },
      now,
      effects,
      { key: run.key, n: n ?? 0, policy: request.parentClosePolicy },
    )
    answer('ChildStarted', JSON.stringify(runId))
  } catch (error) {
    if (!isEngineError(error)) throw error
    answer('ChildStartFailed', JSON.stringify(failureOf(error)))
  }
}

function sendEvent(storage: Storage, run: RunRow, { n, name, data, meta }: Command, effects: Effects): void {
  const number = n ?? 0
  try {
    const target = findOpenRun(storage, JSON.parse(meta ?? '{}') as RunTarget)
    const event = { eventId: `${run.runId}:event:${number}`, name: name ?? '', data }
    acceptEvent(storage, target.key, event, effects, { key: run.key, n: number })
  } catch (error) {
    if (!isEngineError(error)) throw error
    const failure = JSON.stringify(failureOf(error))
    storage.inbox.add({ runKey: run.key, type: 'EventRejected', n: number, name, data: failure, meta: null })
    effects.touched.add(run.key)
  }
}

/** Closes a run and starts the next one under its id, with what waited in its inbox, in the same transaction. */
function continueAsNew(
  storage: Storage,
  run: RunRow,
  data: string | null,
  now: number,
  effects: Effects,
): void {
  dropUnfinished(storage, run, effects)
  closeRun(storage, run, 'continued-as-new', null, now, effects)
  const { id, type, kind, queue, memo, parentKey, parentN, parentPolicy, firstRunId } = run
  const next = insertRun(
    storage,
    { id, type, kind, queue, memo, parentKey, parentN, parentPolicy, firstRunId, previousRunId: run.runId },
    data,
    now,
    effects,
  )
  // Only events mean something to the new run: steps, timers and children belong to the code of the old one.
  for (const row of storage.inbox.ofRun(run.key)) {
    if (row.type !== 'EventReceived' && row.type !== 'CancelRequested') storage.inbox.remove(row.id)
    else if (row.type === 'EventReceived') storage.events.move(eventIdOf(row.meta), next.key)
  }
  storage.inbox.move(run.key, next.key)
  storage.runs.adopt(run.key, next.key)
}

function dropUnfinished(storage: Storage, run: RunRow, effects: Effects): void {
  for (const { n } of storage.tasks.ofRun(run.key)) effects.aborted.push({ runKey: run.key, n })
  storage.tasks.clear(run.key)
}

function ignoringEngineErrors(body: () => void): void {
  try {
    body()
  } catch (error) {
    if (!isEngineError(error)) throw error
  }
}
