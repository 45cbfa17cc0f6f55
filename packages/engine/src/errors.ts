/** Every way in which the engine itself fails. Listed with advice in docs/errors.md. */
export type EngineErrorCode =
  | 'ENGINE_CANCELLED'
  | 'ENGINE_CHILD_FAILED'
  | 'ENGINE_CLOSED'
  | 'ENGINE_DATABASE'
  | 'ENGINE_DATABASE_LOCATION'
  | 'ENGINE_DATABASE_VERSION'
  | 'ENGINE_DURATION'
  | 'ENGINE_EVENT_FAILED'
  | 'ENGINE_EVENT_INVALID'
  | 'ENGINE_FOREIGN_AWAIT'
  | 'ENGINE_FORK'
  | 'ENGINE_ID_IN_USE'
  | 'ENGINE_INPUT_INVALID'
  | 'ENGINE_NONDETERMINISM'
  | 'ENGINE_NOT_REGISTERED'
  | 'ENGINE_OUTPUT_INVALID'
  | 'ENGINE_OUTSIDE_FUNCTION'
  | 'ENGINE_OUTSIDE_RUN'
  | 'ENGINE_PAYLOAD_NOT_JSON'
  | 'ENGINE_PAYLOAD_TOO_LARGE'
  | 'ENGINE_REAL_TIME'
  | 'ENGINE_REGISTRATION'
  | 'ENGINE_RUN_CLOSED'
  | 'ENGINE_RUN_FAILED'
  | 'ENGINE_RUN_NOT_FOUND'
  | 'ENGINE_SCHEDULE_INVALID'
  | 'ENGINE_SCHEDULE_NOT_FOUND'
  | 'ENGINE_STEP_FAILED'
  | 'ENGINE_STEP_TIMEOUT'
  | 'ENGINE_TERMINATED'
  | 'ENGINE_UNKNOWN_EVENT'
  | 'ENGINE_UNKNOWN_STATE'
  | 'ENGINE_WORKER_LOST'

/** An error that the engine raises. Match on `code`: two copies of the package may share a process. */
export class EngineError extends Error {
  readonly code: EngineErrorCode
  /** The next thing to do, when there is one. */
  readonly hint: string | undefined

  constructor(
    code: EngineErrorCode,
    message: string,
    options: { readonly hint?: string; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'EngineError'
    this.code = code
    this.hint = options.hint
  }
}

/** Whether `error` is one of ours, from whichever copy of the package it came; with a code when one is given. */
export function isEngineError(error: unknown, code?: EngineErrorCode): error is EngineError {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return false
  return code === undefined ? error.code.startsWith('ENGINE_') : error.code === code
}
