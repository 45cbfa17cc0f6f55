/** Options that say more about a failure. */
export interface FailureOptions {
  /** A name for this kind of failure, compared with `nonRetryableErrorTypes`. */
  readonly type?: string | null | undefined
  /** Whether trying again cannot help. */
  readonly nonRetryable?: boolean
  /** JSON values that travel with the failure. */
  readonly details?: readonly unknown[]
  readonly cause?: unknown
}

/** A failure that travels from a function, an agent or a workflow to whoever waits for it. */
class Failure extends Error {
  readonly type: string | null | undefined
  readonly nonRetryable: boolean
  readonly details: readonly unknown[]

  constructor(message: string, options: FailureOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.type = options.type
    this.nonRetryable = options.nonRetryable ?? false
    this.details = options.details ?? []
  }
}

/**
 * Thrown by a function to fail its step. A plain error does so too; this one can say that trying again is useless.
 *
 * @example throw FunctionFailure.nonRetryable('No such customer', 'NotFound')
 */
export class FunctionFailure extends Failure {
  override readonly name: string = 'FunctionFailure'
  /** Pause before the next attempt in milliseconds, instead of the one the retry policy gives. */
  readonly nextRetryDelayMs: number | undefined

  constructor(
    message: string,
    type?: string | null,
    nonRetryable = false,
    details?: readonly unknown[] | null,
    cause?: unknown,
    nextRetryDelay?: number,
  ) {
    super(message, { type, nonRetryable, details: details ?? [], cause })
    this.nextRetryDelayMs = nextRetryDelay
  }

  /** A failure that ends the step at once, whatever attempts are left. */
  static nonRetryable(message: string, type?: string | null, ...details: unknown[]): FunctionFailure {
    return new FunctionFailure(message, type, true, details)
  }
}

/** Thrown by an agent or a workflow to fail its run. */
export class AgentError extends Failure {
  override readonly name: string = 'AgentError'

  constructor(message: string, typeOrCause?: unknown) {
    super(message, typeof typeOrCause === 'string' ? { type: typeOrCause } : { cause: typeOrCause })
  }

  /** A failure that a parent or a retry policy need not try again. */
  static nonRetryable(message: string, type?: string | null, ...details: unknown[]): AgentError {
    return Object.assign(new AgentError(message), { type, nonRetryable: true, details })
  }
}
