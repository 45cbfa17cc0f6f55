import type { PendingStep, RunHistory } from '../client/types.ts'
import type { FailureData } from '../core/failure.ts'
import type { StepRecord } from './types.ts'

/** The steps of a history, in the order in which they were asked for. */
export function stepsOf(history: RunHistory, pending: readonly PendingStep[]): readonly StepRecord[] {
  return history.events
    .filter(({ type }) => type === 'StepScheduled')
    .map(({ n, name = '', data: input }) => {
      const end = history.events.find(
        (event) => event.n === n && /^Step(Completed|Failed|Cancelled)$/.test(event.type),
      )
      const attempts =
        (end?.meta as { attempt?: number } | undefined)?.attempt ??
        pending.find((step) => step.n === n)?.attempt ??
        1
      const step = { name, input, attempts }
      if (end === undefined) return { ...step, status: 'scheduled' }
      if (end.type === 'StepCompleted') return { ...step, status: 'completed', result: end.data }
      if (end.type === 'StepCancelled') return { ...step, status: 'cancelled' }
      const failure = end.data as FailureData
      const { name: errorName, message, code } = failure.cause ?? failure
      return { ...step, status: 'failed', error: { name: errorName, message, code } }
    })
}
