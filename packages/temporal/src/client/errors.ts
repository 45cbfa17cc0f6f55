// What the server and runs answer, as the errors that clients of the embedded engine know.
import type { RunReference } from '@rgen/engine'
import { EngineError, errorOf, isEngineError, isRefusal, type FailureData } from '@rgen/engine/host'
import {
  isGrpcServiceError,
  QueryNotRegisteredError,
  QueryRejectedError,
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  ServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client'
import { ApplicationFailure, CancelledFailure, TerminatedFailure } from '@temporalio/common'
import { TemporalError } from '../errors.ts'
import { decodeFailure } from '../failure.ts'
import { movedEventCode } from '../workflow/moved.ts'

/** gRPC's number for it. */
const resourceExhausted = 8

/** A run that cannot be found, or has closed: the server has one error for both. */
export function missingRun(target: RunReference, error: unknown): EngineError {
  const id = target.runId === undefined ? target.id : `${target.id} (${target.runId})`
  if (error instanceof Error && /already completed/.test(error.message)) {
    return new EngineError('ENGINE_RUN_CLOSED', `Run ${id} is already completed`, { cause: error })
  }
  return new EngineError('ENGINE_RUN_NOT_FOUND', `There is no run ${id}`, {
    hint: 'Check the id, and that both sides use the same server, namespace and engine id.',
    cause: error,
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
  if (error instanceof ServiceError && error.cause !== undefined) return requestError(error.cause, target)
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

/** The failure of an event that another run answered than the one that took it. */
export class MovedEventFailure extends Error {
  readonly failure: FailureData

  constructor(failure: FailureData) {
    super(failure.message)
    this.failure = failure
  }
}

/** Whether a run handed the event to the next one, where its answer is to be asked for. */
export function wasMoved(error: unknown): boolean {
  return error instanceof WorkflowUpdateFailedError && decodeFailure(error.cause).type === movedEventCode
}

/** Whether a run closed before it took the event: the next one may. */
export function wasNotTaken(error: unknown): boolean {
  return error instanceof WorkflowNotFoundError && /aborted by closing workflow/.test(error.message)
}

/** Whether the server has as many events of the run in flight as it allows. */
export function isFull(error: unknown): boolean {
  const cause = error instanceof ServiceError ? error.cause : error
  return isGrpcServiceError(cause) && (cause.code as number) === resourceExhausted
}

/** The failure of an event as its handler threw it; undefined when it did not come so far. */
export function failureOfEvent(error: unknown, { id }: RunReference): FailureData | undefined {
  if (error instanceof MovedEventFailure) return error.failure
  if (!(error instanceof WorkflowUpdateFailedError)) return undefined
  const { cause } = error
  const closed = cause instanceof ApplicationFailure && cause.type === 'AcceptedUpdateCompletedWorkflow'
  if (!closed) return decodeFailure(cause)
  return { name: 'EngineError', code: 'ENGINE_RUN_CLOSED', message: `Run ${id} is already completed` }
}

/** The error that a sender gets. */
export function eventError(error: unknown, target: RunReference, name: string): unknown {
  const failure = failureOfEvent(error, target)
  if (failure === undefined) return requestError(error, target)
  if (isRefusal(failure)) return errorOf(failure)
  return new EngineError('ENGINE_EVENT_FAILED', `Event ${name} failed: ${failure.message}`, {
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
