// Histories of the server, event by event, as those of the embedded engine read.
import type { HistoryEvent } from '@rgen/engine'
import type { LoadedDataConverter } from '@temporalio/common'
import {
  decodeArrayFromPayloads,
  decodeOptionalFailureToOptionalError,
} from '@temporalio/common/lib/internal-non-workflow/index.js'
import { requiredTsToMs } from '@temporalio/common/lib/time.js'
import type { temporal } from '@temporalio/proto'
import { decodeFailure } from '../failure.ts'
import { sendEventActivity } from '../names.ts'

type ServerEvent = temporal.api.history.v1.IHistoryEvent
type Payloads = temporal.api.common.v1.IPayloads | null | undefined
type Failure = temporal.api.failure.v1.IFailure | null | undefined

interface Row {
  readonly type: string
  readonly n?: number
  readonly name?: string | null | undefined
  readonly payloads?: Payloads
  readonly failure?: Failure
  readonly data?: unknown
  readonly meta?: unknown
}

/** The events of a run that say something about its code; the server's own bookkeeping is left out. */
export async function historyEvents(
  events: readonly ServerEvent[],
  converter: LoadedDataConverter,
): Promise<readonly HistoryEvent[]> {
  const byId = new Map(events.map((event) => [String(event.eventId), event]))
  const rows: HistoryEvent[] = []
  for (const event of events) {
    const row = rowOf(event, byId)
    if (row === undefined) continue
    rows.push({
      seq: rows.length,
      type: row.type,
      at: new Date(requiredTsToMs(event.eventTime, 'eventTime')),
      n: row.n,
      name: row.name ?? undefined,
      data: row.data ?? (await dataOf(row, converter)),
      meta: row.meta,
    })
  }
  return rows
}

async function dataOf({ payloads, failure }: Row, converter: LoadedDataConverter): Promise<unknown> {
  if (failure != null) return decodeFailure(await decodeOptionalFailureToOptionalError(converter, failure))
  const [first] = await decodeArrayFromPayloads(converter, payloads?.payloads)
  return first
}

/** What an event of the server means; undefined for its bookkeeping. */
function rowOf(event: ServerEvent, byId: ReadonlyMap<string, ServerEvent>): Row | undefined {
  return (
    runRow(event) ?? stepRow(event, byId) ?? childRow(event, byId) ?? eventRow(event, byId) ?? timerRow(event)
  )
}

function runRow(event: ServerEvent): Row | undefined {
  const started = event.workflowExecutionStartedEventAttributes
  if (started) return { type: 'Started', name: started.workflowType?.name, payloads: started.input }
  const completed = event.workflowExecutionCompletedEventAttributes
  if (completed) return { type: 'RunCompleted', payloads: completed.result }
  const failed = event.workflowExecutionFailedEventAttributes
  if (failed) return { type: 'RunFailed', failure: failed.failure }
  if (event.workflowExecutionTimedOutEventAttributes)
    return { type: 'RunFailed', data: { name: 'TimeoutFailure' } }
  if (event.workflowExecutionCanceledEventAttributes) return { type: 'RunCancelled' }
  const terminated = event.workflowExecutionTerminatedEventAttributes
  if (terminated)
    return { type: 'RunTerminated', data: terminated.reason === '' ? undefined : terminated.reason }
  const continued = event.workflowExecutionContinuedAsNewEventAttributes
  if (continued)
    return { type: 'ContinuedAsNew', payloads: continued.input, meta: { runId: continued.newExecutionRunId } }
  if (event.workflowExecutionCancelRequestedEventAttributes) return { type: 'CancelRequested' }
  return undefined
}

function stepRow(event: ServerEvent, byId: ReadonlyMap<string, ServerEvent>): Row | undefined {
  const scheduled = event.activityTaskScheduledEventAttributes
  if (scheduled) {
    const { activityId, activityType, input, taskQueue } = scheduled
    const type = activityType?.name === sendEventActivity ? 'EventSent' : 'StepScheduled'
    return {
      type,
      n: Number(activityId),
      name: activityType?.name,
      payloads: input,
      meta: { taskQueue: taskQueue?.name },
    }
  }
  const completed = event.activityTaskCompletedEventAttributes
  if (completed)
    return {
      type: 'StepCompleted',
      ...stepOf(completed, byId),
      ...attemptOf(completed, byId),
      payloads: completed.result,
    }
  const failed = event.activityTaskFailedEventAttributes ?? event.activityTaskTimedOutEventAttributes
  if (failed)
    return {
      type: 'StepFailed',
      ...stepOf(failed, byId),
      ...attemptOf(failed, byId),
      failure: failed.failure,
    }
  const cancelled = event.activityTaskCancelRequestedEventAttributes
  return cancelled ? { type: 'StepCancelled', ...stepOf(cancelled, byId) } : undefined
}

interface OfStarted {
  readonly startedEventId?: { toString(): string } | null
}

/** Which attempt it was, when it was not the first. */
function attemptOf({ startedEventId }: OfStarted, byId: ReadonlyMap<string, ServerEvent>): Pick<Row, 'meta'> {
  const attempt = byId.get(String(startedEventId))?.activityTaskStartedEventAttributes?.attempt ?? 1
  return attempt > 1 ? { meta: { attempt } } : {}
}

interface OfScheduled {
  readonly scheduledEventId?: { toString(): string } | null
}

function stepOf(
  { scheduledEventId }: OfScheduled,
  byId: ReadonlyMap<string, ServerEvent>,
): Pick<Row, 'n' | 'name'> {
  const scheduled = byId.get(String(scheduledEventId))?.activityTaskScheduledEventAttributes
  return { n: Number(scheduled?.activityId), name: scheduled?.activityType?.name }
}

function childRow(event: ServerEvent, byId: ReadonlyMap<string, ServerEvent>): Row | undefined {
  const initiated = event.startChildWorkflowExecutionInitiatedEventAttributes
  if (initiated) {
    const meta = { id: initiated.workflowId, taskQueue: initiated.taskQueue?.name }
    return {
      type: 'ChildRequested',
      n: Number(event.eventId),
      name: initiated.workflowType?.name,
      payloads: initiated.input,
      meta,
    }
  }
  const of = (attributes: {
    readonly initiatedEventId?: { toString(): string } | null
  }): Pick<Row, 'n' | 'name'> => ({
    n: Number(attributes.initiatedEventId),
    name: byId.get(String(attributes.initiatedEventId))?.startChildWorkflowExecutionInitiatedEventAttributes
      ?.workflowType?.name,
  })
  const refused = event.startChildWorkflowExecutionFailedEventAttributes
  if (refused) return { type: 'ChildStartFailed', ...of(refused) }
  const started = event.childWorkflowExecutionStartedEventAttributes
  if (started) return { type: 'ChildStarted', ...of(started), data: started.workflowExecution?.runId }
  const completed = event.childWorkflowExecutionCompletedEventAttributes
  if (completed) return { type: 'ChildCompleted', ...of(completed), payloads: completed.result }
  const failed = event.childWorkflowExecutionFailedEventAttributes
  if (failed) return { type: 'ChildFailed', ...of(failed), failure: failed.failure }
  const ended =
    event.childWorkflowExecutionCanceledEventAttributes ??
    event.childWorkflowExecutionTerminatedEventAttributes ??
    event.childWorkflowExecutionTimedOutEventAttributes
  return ended ? { type: 'ChildFailed', ...of(ended) } : undefined
}

function eventRow(event: ServerEvent, byId: ReadonlyMap<string, ServerEvent>): Row | undefined {
  const accepted = event.workflowExecutionUpdateAcceptedEventAttributes
  if (accepted) {
    const input = accepted.acceptedRequest?.input
    const meta = { eventId: accepted.acceptedRequest?.meta?.updateId }
    return { type: 'EventReceived', n: Number(event.eventId), name: input?.name, payloads: input?.args, meta }
  }
  const completed = event.workflowExecutionUpdateCompletedEventAttributes
  if (!completed) return undefined
  const { outcome, acceptedEventId } = completed
  const request = byId.get(String(acceptedEventId))?.workflowExecutionUpdateAcceptedEventAttributes
    ?.acceptedRequest
  const of = { n: Number(acceptedEventId), name: request?.input?.name }
  if (outcome?.failure) return { type: 'EventFailed', ...of, failure: outcome.failure }
  return { type: 'EventCompleted', ...of, payloads: outcome?.success }
}

function timerRow(event: ServerEvent): Row | undefined {
  const started = event.timerStartedEventAttributes
  if (started) {
    return {
      type: 'TimerStarted',
      n: Number(event.eventId),
      meta: { ms: requiredTsToMs(started.startToFireTimeout, 'timer') },
    }
  }
  const fired = event.timerFiredEventAttributes
  if (fired) return { type: 'TimerFired', n: Number(fired.startedEventId) }
  const cancelled = event.timerCanceledEventAttributes
  if (cancelled) return { type: 'TimerCancelled', n: Number(cancelled.startedEventId) }
  const marker = event.markerRecordedEventAttributes
  return marker?.markerName === 'core_patch' ? { type: 'Patched', name: patchId(marker) } : undefined
}

function patchId({ details }: temporal.api.history.v1.IMarkerRecordedEventAttributes): string | undefined {
  const data = details?.['patch-data']?.payloads?.[0]?.data ?? details?.['data']?.payloads?.[0]?.data
  if (data == null) return undefined
  const patch = JSON.parse(Buffer.from(data).toString()) as { id?: string } | string
  return typeof patch === 'string' ? patch : patch.id
}
