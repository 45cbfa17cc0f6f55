// Lists and descriptions of runs.
import type { ListFilter, PendingStep, RunDescription, RunStatus, RunSummary } from '@rgen/engine'
import type { Client, WorkflowExecutionDescription, WorkflowExecutionInfo } from '@temporalio/client'
import type { LoadedDataConverter } from '@temporalio/common'
import {
  decodeArrayFromPayloads,
  decodeOptionalFailureToOptionalError,
} from '@temporalio/common/lib/internal-non-workflow/index.js'
import proto from '@temporalio/proto'
import {
  localName,
  registrationType,
  sendEventActivity,
  serverId,
  userMemo,
  type EngineId,
} from '../names.ts'
import { kindOf } from './start.ts'

const statuses: Readonly<Record<string, RunStatus>> = {
  RUNNING: 'running',
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  CONTINUED_AS_NEW: 'continued-as-new',
  TIMED_OUT: 'failed',
}

const { PendingActivityState } = proto.temporal.api.enums.v1

/** The server's names of a status, for queries. */
const serverStatuses: Readonly<Record<RunStatus, readonly string[]>> = {
  running: ['Running'],
  suspended: ['Running'],
  completed: ['Completed'],
  failed: ['Failed', 'TimedOut'],
  cancelled: ['Canceled'],
  terminated: ['Terminated'],
  'continued-as-new': ['ContinuedAsNew'],
}

/** How often a workflow task fails before we call the run suspended: once may be a worker that went away. */
const suspendedAttempts = 2

/** The visibility query of a filter: the part that the server can answer. */
export function visibilityQuery(engineId: EngineId, filter: ListFilter): string {
  const { type, status, id, startedAfter, startedBefore } = filter
  const quote = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
  const conditions = [
    `WorkflowType != ${quote(registrationType)}`,
    ...(type === undefined ? [] : [`WorkflowType = ${quote(type)}`]),
    ...(status === undefined
      ? []
      : [`(${serverStatuses[status].map((name) => `ExecutionStatus = ${quote(name)}`).join(' OR ')})`]),
    ...idConditions(engineId, id, quote),
    ...(startedAfter === undefined ? [] : [`StartTime >= ${quote(startedAfter.toISOString())}`]),
    ...(startedBefore === undefined ? [] : [`StartTime <= ${quote(startedBefore.toISOString())}`]),
  ]
  return conditions.join(' AND ')
}

function idConditions(engineId: EngineId, id: string | undefined, quote: (text: string) => string): string[] {
  if (id?.endsWith('*') === true) {
    const prefix = serverId(engineId, id.slice(0, -1))
    return prefix === '' ? [] : [`WorkflowId STARTS_WITH ${quote(prefix)}`]
  }
  if (id !== undefined) return [`WorkflowId = ${quote(serverId(engineId, id))}`]
  return engineId === undefined ? [] : [`WorkflowId STARTS_WITH ${quote(`${engineId}-`)}`]
}

/** Runs that match, newest first. */
export async function listRuns(
  client: Client,
  engineId: EngineId,
  filter: ListFilter,
): Promise<readonly RunSummary[]> {
  const { limit = 100, offset = 0, kind, status } = filter
  const found: RunSummary[] = []
  let skipped = 0
  for await (const info of client.workflow.list({ query: visibilityQuery(engineId, filter) })) {
    const summary = summaryOf(engineId, info)
    if (kind !== undefined && summary.kind !== kind) continue
    const shown = status === 'suspended' ? await suspended(client, engineId, info) : summary
    if (shown === undefined) continue
    if (skipped < offset) skipped += 1
    else found.push(shown)
    if (found.length >= limit) break
  }
  return found
}

async function suspended(
  client: Client,
  engineId: EngineId,
  info: WorkflowExecutionInfo,
): Promise<RunSummary | undefined> {
  const description = await client.workflow.getHandle(info.workflowId, info.runId).describe()
  return isSuspended(description) ? { ...summaryOf(engineId, info), status: 'suspended' } : undefined
}

function isSuspended({ raw }: WorkflowExecutionDescription): boolean {
  return (raw.pendingWorkflowTask?.attempt ?? 0) >= suspendedAttempts
}

function summaryOf(engineId: EngineId, info: Omit<WorkflowExecutionInfo, 'raw'>): RunSummary {
  const { parentExecution: parent } = info
  return {
    id: localName(engineId, info.workflowId),
    runId: info.runId,
    type: info.type,
    kind: kindOf(info.type, info.memo),
    taskQueue: localName(engineId, info.taskQueue),
    status: statuses[info.status.name] ?? 'running',
    startedAt: info.startTime,
    closedAt: info.closeTime,
    parent:
      parent?.workflowId == null
        ? undefined
        : { id: localName(engineId, parent.workflowId), runId: parent.runId ?? '' },
    memo: userMemo(info.memo),
    historyLength: info.historyLength,
  }
}

/** What is known of one run. */
export async function describeRun(
  client: Client,
  engineId: EngineId,
  description: WorkflowExecutionDescription,
): Promise<RunDescription> {
  const { raw } = description
  const { loadedDataConverter: converter } = client.options
  const summary = summaryOf(engineId, description)
  const suspendedNow = isSuspended(description)
  return {
    ...summary,
    ...(suspendedNow ? { status: 'suspended' as const } : {}),
    historySize: description.historySize ?? 0,
    pendingSteps: await Promise.all(
      (raw.pendingActivities ?? [])
        .filter(({ activityType }) => activityType?.name !== sendEventActivity)
        .map((activity) => pendingStep(engineId, summary.taskQueue, activity, converter)),
    ),
    pendingChildren: (raw.pendingChildren ?? []).map(({ workflowId, runId }) => ({
      id: localName(engineId, workflowId ?? ''),
      runId: runId ?? '',
    })),
    // What was accepted is with the code already, also while it waits for its handler there.
    pendingEvents: 0,
    undelivered: [],
    fault: suspendedNow ? await faultOf(client, description) : undefined,
  }
}

type PendingActivity = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number]

async function pendingStep(
  engineId: EngineId,
  taskQueue: string,
  activity: PendingActivity,
  converter: LoadedDataConverter,
): Promise<PendingStep> {
  const [details] = await decodeArrayFromPayloads(converter, activity.heartbeatDetails?.payloads)
  const failure = await decodeOptionalFailureToOptionalError(converter, activity.lastFailure)
  const queue = activity.activityOptions?.taskQueue?.name
  return {
    n: Number(activity.activityId),
    name: activity.activityType?.name ?? '',
    taskQueue: queue == null ? taskQueue : localName(engineId, queue),
    attempt: activity.attempt ?? 1,
    state: activity.state === PendingActivityState.PENDING_ACTIVITY_STATE_STARTED ? 'running' : 'queued',
    lastFailure: failure?.message,
    heartbeatDetails: details,
  }
}

/** Why the code of a run cannot go on: the last failed workflow task says so. */
async function faultOf(
  client: Client,
  { workflowId, runId }: WorkflowExecutionDescription,
): Promise<RunDescription['fault']> {
  const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory()
  const failed = [...(events ?? [])]
    .reverse()
    .find((event) => event.workflowTaskFailedEventAttributes != null)
  const failure = failed?.workflowTaskFailedEventAttributes?.failure
  const message = failure?.message ?? 'The code of the run fails'
  const nondeterministic =
    /nondetermini/i.test(message) || failure?.applicationFailureInfo?.type === 'DeterminismViolationError'
  return {
    code: nondeterministic ? 'ENGINE_NONDETERMINISM' : 'ENGINE_RUN_FAILED',
    message,
    // The server tries again by itself, within ten minutes at most; it does not say when.
    retryAt: new Date(Date.now() + 10_000),
  }
}
