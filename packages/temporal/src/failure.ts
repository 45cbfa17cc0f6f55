// Errors on their way over Temporal: ours become application failures that any SDK can read, and come back as what they
// were. Part of the workflow bundle: nothing here may reach a Node builtin.
import { failureOf, type FailureData } from '@rgen/engine/host'
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  TerminatedFailure,
  TimeoutFailure,
  WorkflowExecutionAlreadyStartedError,
} from '@temporalio/common'

/** What an application failure cannot say by itself stands in a detail of its own, behind those of the user. */
const markerKey = 'rgen.failure'

interface Marker {
  readonly name: string
  readonly code?: string
  readonly type?: string
  readonly hint?: string
  /** Attempts of the step that failed so. */
  readonly attempts?: number
}

/** Whatever was thrown, as a failure that travels: to Python as to us. */
export function toTemporalFailure(error: unknown): ApplicationFailure {
  return encodeFailure(failureOf(error))
}

/** The same, for an error that is JSON already. */
export function encodeFailure(data: FailureData, attempts?: number): ApplicationFailure {
  const { name, message, code, type, hint, nonRetryable, nextRetryDelayMs, details = [], stack, cause } = data
  const marker: Marker = {
    name,
    ...(code === undefined ? {} : { code }),
    ...(type === undefined ? {} : { type }),
    ...(hint === undefined ? {} : { hint }),
    ...(attempts === undefined ? {} : { attempts }),
  }
  const failure = ApplicationFailure.create({
    message,
    type: type ?? code ?? name,
    nonRetryable: nonRetryable === true,
    details: [...details, { [markerKey]: marker }],
    ...(cause === undefined ? {} : { cause: encodeFailure(cause) }),
    ...(nextRetryDelayMs === undefined ? {} : { nextRetryDelay: nextRetryDelayMs }),
  })
  if (stack !== undefined) failure.stack = stack
  return failure
}

/** What a Temporal failure says, in our words. */
export function decodeFailure(error: unknown): FailureData {
  if (error instanceof ApplicationFailure) return decodeApplicationFailure(error)
  if (error instanceof CancelledFailure) return engineFailure('ENGINE_CANCELLED', 'It was cancelled')
  if (error instanceof TerminatedFailure) return engineFailure('ENGINE_TERMINATED', 'It was terminated')
  if (error instanceof TimeoutFailure) return decodeTimeout(error)
  if (error instanceof ActivityFailure) return decodeActivity(error)
  if (error instanceof ChildWorkflowFailure) return decodeChild(error)
  if (error instanceof WorkflowExecutionAlreadyStartedError) {
    return engineFailure(
      'ENGINE_ID_IN_USE',
      `The id ${error.workflowId} is already running (a ${error.workflowType})`,
    )
  }
  return failureOf(error)
}

function decodeApplicationFailure(failure: ApplicationFailure): FailureData {
  const details = failure.details ?? []
  const marker = markerOf(details.at(-1))
  const own = marker === undefined ? details : details.slice(0, -1)
  const type = marker === undefined ? (failure.type ?? undefined) : marker.type
  return {
    name: marker?.name ?? failure.type ?? 'Error',
    message: failure.message,
    ...(marker?.code === undefined ? {} : { code: marker.code }),
    ...(type === undefined ? {} : { type }),
    ...(marker?.hint === undefined ? {} : { hint: marker.hint }),
    ...(failure.nonRetryable === true ? { nonRetryable: true } : {}),
    ...(own.length === 0 ? {} : { details: own }),
    ...(failure.stack === undefined || failure.stack === '' ? {} : { stack: failure.stack }),
    ...causeOf(failure),
  }
}

function markerOf(detail: unknown): Marker | undefined {
  if (typeof detail !== 'object' || detail === null || !(markerKey in detail)) return undefined
  return detail[markerKey] as Marker
}

function decodeActivity(error: ActivityFailure): FailureData {
  const cause = error.cause === undefined ? undefined : decodeFailure(error.cause)
  if (cause?.code === 'ENGINE_CANCELLED') return cause
  const { attempts = 1 } =
    (error.cause instanceof ApplicationFailure && markerOf(error.cause.details?.at(-1))) ||
    ({} as Partial<Marker>)
  const after = attempts > 1 ? ` after ${attempts} attempts` : ''
  return {
    ...engineFailure(
      'ENGINE_STEP_FAILED',
      `Step ${error.activityType} failed${after}: ${cause?.message ?? error.message}`,
    ),
    ...(cause === undefined ? {} : { cause }),
  }
}

function decodeChild(error: ChildWorkflowFailure): FailureData {
  const cause = error.cause === undefined ? undefined : decodeFailure(error.cause)
  const child = `Child ${error.workflowType} ${error.execution.workflowId ?? ''}`
  if (cause?.code === 'ENGINE_CANCELLED') return engineFailure('ENGINE_CANCELLED', `${child} was cancelled`)
  const end = cause?.code === 'ENGINE_TERMINATED' ? 'terminated' : 'not successful'
  return {
    ...engineFailure('ENGINE_CHILD_FAILED', `${child} was ${end}: ${cause?.message ?? error.message}`),
    ...(cause === undefined ? {} : { cause }),
  }
}

/** In the words of step options: `START_TO_CLOSE` is `startToCloseTimeout`. */
function decodeTimeout(error: TimeoutFailure): FailureData {
  const words = (error.timeoutType ?? 'unknown')
    .toLowerCase()
    .replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
  return {
    ...engineFailure('ENGINE_STEP_TIMEOUT', `${words}Timeout passed`),
    type: `${words}Timeout`,
    ...(error.cause === undefined ? {} : { cause: decodeFailure(error.cause) }),
  }
}

function causeOf(error: Error): Pick<FailureData, 'cause'> {
  return error.cause === undefined || error.cause === null ? {} : { cause: decodeFailure(error.cause) }
}

function engineFailure(code: string, message: string): FailureData {
  return { name: 'EngineError', code, message }
}
