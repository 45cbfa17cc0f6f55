import type { RunInfo, RunKind } from '../api/host.ts'
import type { HistoryMeter } from './history-meter.ts'

/** What does not change while a run lives. */
export interface ExecutionIdentity {
  readonly id: string
  readonly runId: string
  readonly type: string
  readonly kind: RunKind
  readonly taskQueue: string
  readonly seed: string
  readonly startedAt: number
  readonly firstRunId: string
  readonly previousRunId: string | undefined
  readonly parent: { readonly id: string; readonly runId: string } | undefined
  readonly memo: Readonly<Record<string, unknown>> | undefined
}

/** What a run is told about itself. */
export function runInfo(identity: ExecutionIdentity, meter: HistoryMeter): RunInfo {
  const { id, runId, type, taskQueue, firstRunId, previousRunId, parent, memo, startedAt } = identity
  return {
    workflowId: id,
    runId,
    workflowType: type,
    taskQueue,
    agentId: id,
    agentType: type,
    namespace: 'default',
    firstExecutionRunId: firstRunId,
    startTime: new Date(startedAt),
    historyLength: meter.length,
    historySize: meter.size,
    continueAsNewSuggested: meter.suggestsContinueAsNew,
    ...(previousRunId === undefined ? {} : { continuedFromExecutionRunId: previousRunId }),
    ...(parent === undefined
      ? {}
      : { parent: { workflowId: parent.id, runId: parent.runId, namespace: 'default' } }),
    ...(memo === undefined ? {} : { memo }),
  }
}
