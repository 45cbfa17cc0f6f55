import type { HistoryEvent, RunDescription, RunHistory, RunSummary } from '../client/types.ts'
import type { FailureData } from '../core/failure.ts'
import type { HistoryRow } from '../core/history.ts'
import { decodePayload } from '../core/payload.ts'
import type { RunRow, Storage } from '../storage/port.ts'
import { eventIdOf } from './operations.ts'

/** A run as a line of a list. */
export function summaryOf(storage: Storage, run: RunRow): RunSummary {
  const parent = run.parentKey === null ? undefined : storage.runs.get(run.parentKey)
  return {
    id: run.id,
    runId: run.runId,
    type: run.type,
    kind: run.kind,
    taskQueue: run.queue,
    status: run.status,
    startedAt: new Date(run.startedAt),
    closedAt: run.closedAt === null ? undefined : new Date(run.closedAt),
    parent: parent === undefined ? undefined : { id: parent.id, runId: parent.runId },
    memo: decodePayload(run.memo) as Readonly<Record<string, unknown>> | undefined,
    historyLength: run.nextSeq,
  }
}

/** All that is known of a run. */
export function describeRun(storage: Storage, run: RunRow): RunDescription {
  const fault = decodePayload(run.fault) as FailureData | undefined
  const undelivered = storage.inbox
    .ofRun(run.key)
    .filter(({ type }) => type === 'EventReceived')
    .map(({ name, data, meta }) => ({
      eventId: eventIdOf(meta),
      name: name ?? '',
      ...(data === null ? {} : { input: decodePayload(data) }),
    }))
  return {
    ...summaryOf(storage, run),
    historySize: run.size,
    pendingSteps: storage.tasks.ofRun(run.key).map((task) => ({
      n: task.n,
      name: task.name,
      taskQueue: task.queue,
      attempt: task.attempt,
      state: task.owner === null ? 'queued' : 'running',
      lastFailure: (decodePayload(task.failure) as FailureData | undefined)?.message,
      heartbeatDetails: decodePayload(task.details),
    })),
    pendingChildren: storage.runs.openChildren(run.key).map(({ id, runId }) => ({ id, runId })),
    pendingEvents: undelivered.length,
    undelivered,
    fault:
      fault === undefined || run.retryAt === null
        ? undefined
        : { code: fault.code ?? fault.name, message: fault.message, retryAt: new Date(run.retryAt) },
  }
}

/** A run's history as JSON. */
export function historyOf(storage: Storage, run: RunRow): RunHistory {
  const { id, runId, type, kind, queue: taskQueue, status, seed } = run
  const { parent, memo } = summaryOf(storage, run)
  return {
    format: 'rgen-history-1',
    id,
    runId,
    type,
    kind,
    taskQueue,
    status,
    seed,
    ...(parent === undefined ? {} : { parent }),
    ...(memo === undefined ? {} : { memo }),
    events: storage.history.read(run.key).map(eventOf),
  }
}

function eventOf({ seq, type, ts, n, name, data, meta }: HistoryRow): HistoryEvent {
  return {
    seq,
    type,
    at: new Date(ts),
    n: n ?? undefined,
    name: name ?? undefined,
    data: decodePayload(data),
    meta: decodePayload(meta),
  }
}
