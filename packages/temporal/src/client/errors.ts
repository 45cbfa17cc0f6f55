// What the server and runs answer, as the errors that clients of the embedded engine know.
import type { RunReference } from '@rgen/engine'
import { EngineError, errorOf, isEngineError, type FailureData } from '@rgen/engine/host'
import {
  isGrpcServiceError,
  QueryNotRegisteredError,
  QueryRejectedError,
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client'
import { ApplicationFailure, CancelledFailure, TerminatedFailure } from '@temporalio/common'
import { TemporalError } from '../errors.ts'
import { decodeFailure } from '../failure.ts'
import { movedEventCode } from '../workflow/moved.ts'

/** Failures of events that are the engine's own answer; anything else is what the handler threw. */
const eventCodes: ReadonlySet<string | undefined> = new Set([
  'ENGINE_EVENT_INVALID',
  'ENGINE_RUN_CLOSED',
  'ENGINE_UNKNOWN_EVENT',
])

/** A run that cannot be found, or has closed: the server has one error for both. */
export function missingRun(target: RunReference, error: unknown): EngineError {
  const id = target.runId === undefined ? target.id : `${target.id} (${target.runId})`
  if (error instanceof Error && /already completed/.test(error.message)) {
    return new EngineError('ENGINE_RUN_CLOSED', `Run ${id} is already completed`)
  }
  return new EngineError('ENGINE_RUN_NOT_FOUND', `There is no run ${id}`, {
    hint: 'Check the id, and that both sides use the same server, namespace and engine id.',
  })
}

/** Any error of a request about a run. */
export function requestError(error: unknown, target: RunReference): unknown {
  if (isEngineError(error) || error instanceof TemporalError) return error
  if (error instanceof WorkflowNotFoundError) return missingRun(target, error)
  if (error instanceof WorkflowExecutionAlreadyStartedError) {
    return new EngineError(
      'ENGINE_ID_IN_USE',
      `The id ${target.id} is already running (a ${error.workflowType})`,
      {
        hint: 'Choose another id, wait for that run, or send it an event.',
      },
    )
  }
  if (error instanceof ScheduleAlreadyRunning) {
    return new EngineError('ENGINE_ID_IN_USE', `There is a schedule ${target.id} already`)
  }
  if (error instanceof ScheduleNotFoundError) {
    return new EngineError('ENGINE_SCHEDULE_NOT_FOUND', `There is no schedule ${target.id}`)
  }
  if (isGrpcServiceError(error)) {
    return new TemporalError(
      'TEMPORAL_CONNECTION',
      `The Temporal server refused: ${error.details || error.message}`,
      {
        cause: error,
      },
    )
  }
  return error
}

/** Whether an event was handed to the next run, where its answer is to be asked for. */
export function wasMoved(error: unknown): boolean {
  return error instanceof WorkflowUpdateFailedError && decodeFailure(error.cause).type === movedEventCode
}

/** The failure of an event as its handler threw it. */
export function eventFailure(error: WorkflowUpdateFailedError, target: RunReference): FailureData {
  const { cause } = error
  const closed = cause instanceof ApplicationFailure && cause.type === 'AcceptedUpdateCompletedWorkflow'
  if (!closed) return decodeFailure(cause)
  return { name: 'EngineError', code: 'ENGINE_RUN_CLOSED', message: `Run ${target.id} is already completed` }
}

/** The error that a sender gets. */
export function eventError(error: unknown, target: RunReference, name: string): unknown {
  if (!(error instanceof WorkflowUpdateFailedError)) return requestError(error, target)
  const failure = eventFailure(error, target)
  if (eventCodes.has(failure.code)) return errorOf(failure)
  return new EngineError('ENGINE_EVENT_FAILED', `Event ${name} of ${target.id} failed: ${failure.message}`, {
    cause: errorOf(failure),
  })
}

/** The error that who waits for a result gets. */
export function resultError(error: unknown, { id }: RunReference): unknown {
  if (!(error instanceof WorkflowFailedError)) return requestError(error, { id })
  if (error.cause instanceof CancelledFailure)
    return new EngineError('ENGINE_CANCELLED', `Run ${id} was cancelled`)
  if (error.cause instanceof TerminatedFailure) {
    const reason = error.cause.message === '' ? '' : `: ${error.cause.message}`
    return new EngineError('ENGINE_TERMINATED', `Run ${id} was terminated${reason}`)
  }
  const failure = decodeFailure(error.cause ?? error)
  return new EngineError('ENGINE_RUN_FAILED', `Run ${id} failed: ${failure.message}`, {
    cause: errorOf(failure),
  })
}

/** The error that who reads a state gets. The server passes on a message only, so the code stands in front of it. */
export function stateError(error: unknown, target: RunReference): unknown {
  if (error instanceof QueryRejectedError) return missingRun(target, error)
  if (!(error instanceof QueryNotRegisteredError)) return requestError(error, target)
  const unknown = /^ENGINE_UNKNOWN_STATE: (.*)$/s.exec(error.message)
  if (unknown?.[1] !== undefined || /did not register a handler|Query handler for/.test(error.message)) {
    return new EngineError('ENGINE_UNKNOWN_STATE', unknown?.[1] ?? error.message, {
      hint: 'Offer it with onState in the agent, or correct the name.',
    })
  }
  return new Error(error.message)
}
