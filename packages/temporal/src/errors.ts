/** Every way in which running on Temporal itself fails. Listed with advice in docs/errors.md. */
export type TemporalErrorCode =
  | 'TEMPORAL_BUNDLE'
  | 'TEMPORAL_CODEC'
  | 'TEMPORAL_CONNECTION'
  | 'TEMPORAL_MOVE'
  | 'TEMPORAL_NO_SERVER'
  | 'TEMPORAL_NOT_EXPORTED'
  | 'TEMPORAL_OPTIONS'
  | 'TEMPORAL_UNSUPPORTED'

/** An error of this package. What agents and clients get wrong is an `EngineError`, as on the embedded engine. */
export class TemporalError extends Error {
  readonly code: TemporalErrorCode
  /** The next thing to do. */
  readonly hint: string | undefined

  constructor(
    code: TemporalErrorCode,
    message: string,
    options: { readonly hint?: string; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'TemporalError'
    this.code = code
    this.hint = options.hint
  }
}
