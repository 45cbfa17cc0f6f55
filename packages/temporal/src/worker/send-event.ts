// Events from run to run. Temporal has no update from workflow to workflow, so an activity of the sender's worker
// carries it. Its update id is that of the step: however often the activity is tried, the event arrives once.
import type { RunTarget } from '@rgen/engine/host'
import { Context } from '@temporalio/activity'
import { decodeFailure, encodeFailure } from '../failure.ts'

/** What a run asks its worker to send. */
export interface SentEvent {
  readonly target: RunTarget
  readonly name: string
  readonly input?: unknown
}

/** Sends an event and answers what its handler returns; rejects with the failure that its handler threw. */
export type SendFromRun = (event: SentEvent, eventId: string, signal: AbortSignal) => Promise<unknown>

const beatMs = 5_000

/** The activity behind `externalAgent(id).event(…)`. */
export function sendEventFunction(send: SendFromRun): (input?: unknown) => Promise<unknown> {
  return async (event) => {
    const context = Context.current()
    const { workflowExecution, activityId } = context.info
    const beat = setInterval(() => context.heartbeat(), beatMs)
    try {
      const eventId = `${workflowExecution?.runId ?? ''}:event:${activityId}`
      return await send(event as SentEvent, eventId, context.cancellationSignal)
    } catch (error) {
      const failure = decodeFailure(error)
      // The target's answer is final; a server that cannot be reached is tried again.
      throw encodeFailure({ ...failure, nonRetryable: failure.code !== 'TEMPORAL_CONNECTION' })
    } finally {
      clearInterval(beat)
    }
  }
}
