// Settings of steps and children as Temporal wants them.
import type { ChildRequest, RetrySettings, StepSettings } from '@rgen/engine/host'
import type { RetryPolicy } from '@temporalio/common'
import {
  ActivityCancellationType,
  ChildWorkflowCancellationType,
  ParentClosePolicy,
  type ActivityOptions,
  type ChildWorkflowOptions,
} from '@temporalio/workflow'
import { engineIdAttributes, serverId, serverQueue, type EngineId } from '../names.ts'
import type { RunSettings } from './run.ts'

/** Longest time that Temporal accepts for one attempt, for what may wait as long as an agent lives. */
const yearMs = 365 * 86_400_000

/** Options of the activity behind a step. */
export function stepOptions(
  { engineId, testing }: Pick<RunSettings, 'engineId' | 'testing'>,
  settings: StepSettings,
): ActivityOptions {
  const { taskQueue, startToCloseMs, scheduleToCloseMs, scheduleToStartMs, heartbeatMs, retry, summary } =
    settings
  return {
    taskQueue: serverQueue(engineId, taskQueue),
    startToCloseTimeout: Math.max(1, startToCloseMs),
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    retry: retryPolicy(testing ? { ...retry, initialIntervalMs: 1, maximumIntervalMs: 1 } : retry),
    ...(scheduleToCloseMs === undefined ? {} : { scheduleToCloseTimeout: Math.max(1, scheduleToCloseMs) }),
    ...(scheduleToStartMs === undefined ? {} : { scheduleToStartTimeout: Math.max(1, scheduleToStartMs) }),
    ...(heartbeatMs === undefined ? {} : { heartbeatTimeout: Math.max(1, heartbeatMs) }),
    ...(summary === undefined ? {} : { summary }),
  }
}

function retryPolicy(retry: RetrySettings): RetryPolicy {
  const initialInterval = Math.max(1, retry.initialIntervalMs)
  return {
    initialInterval,
    backoffCoefficient: Math.max(1, retry.backoffCoefficient),
    // Temporal refuses a maximum below the first interval; the first pause is then the longest, which comes to the same.
    maximumInterval: Math.max(initialInterval, retry.maximumIntervalMs),
    nonRetryableErrorTypes: [...retry.nonRetryableErrorTypes],
    ...(retry.maximumAttempts === 0 ? {} : { maximumAttempts: retry.maximumAttempts }),
  }
}

/** Options of the activity by which a run sends an event: tried for as long as it takes, found dead in half a minute. */
export function sendEventOptions(taskQueue: string): ActivityOptions {
  return {
    taskQueue,
    startToCloseTimeout: yearMs,
    heartbeatTimeout: 30_000,
    cancellationType: ActivityCancellationType.TRY_CANCEL,
  }
}

/** Options of a child, in Restack's conventions when there is an engine id. */
export function childOptions(
  engineId: EngineId,
  request: ChildRequest,
): ChildWorkflowOptions & { workflowId: string } {
  const { id, taskQueue, parentClosePolicy, kind, memo } = request
  return {
    workflowId: serverId(engineId, id),
    taskQueue: serverQueue(engineId, taskQueue),
    parentClosePolicy: ParentClosePolicy[parentClosePolicy],
    cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
    memo: {
      ...memo,
      ...(kind === undefined ? {} : { agent: kind === 'agent' }),
      ...(engineId === undefined ? {} : { engineId }),
    },
    ...engineIdAttributes(engineId),
  }
}
