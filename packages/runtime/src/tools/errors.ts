/**
 * Everything that can go wrong between an agent and a tool. The code says what happened, `retryable` whether the
 * same call may succeed when it is made again: a durable step decides by it.
 */
export type ToolErrorCode =
  | 'TOOL_UNKNOWN_SERVER'
  | 'TOOL_UNAVAILABLE'
  | 'TOOL_QUARANTINED'
  | 'TOOL_TIMEOUT'
  | 'TOOL_CANCELLED'
  | 'TOOL_DENIED'
  | 'TOOL_CHANGED'
  | 'TOOL_FAILED'
  | 'TOOL_UNKNOWN_TOOL'
  | 'TOOL_INVALID_ARGUMENTS'
  | 'TOOL_INVALID_RESULT'
  | 'TOOL_OUTPUT_TOO_LARGE'
  | 'TOOL_PROTOCOL'
  | 'TOOL_UNAUTHORIZED'
  | 'TOOL_UNSAFE_BIND'
  | 'TOOL_CONFIG'
  | 'TOOL_SEARCH_FAILED'

/** What a {@link ToolError} is made of, besides its message. */
export interface ToolErrorOptions {
  readonly retryable?: boolean
  readonly server?: string
  readonly tool?: string
  readonly hint?: string
  readonly cause?: unknown
}

/**
 * A tool, its server or the way to it failed. Recognise it by {@link code}, never by its message.
 *
 * @example
 * try { await client.call('web_search', { query }) }
 * catch (error) { if (error instanceof ToolError && error.retryable) … }
 */
export class ToolError extends Error {
  override readonly name = 'ToolError'
  readonly code: ToolErrorCode
  /** Whether the same call may succeed when it is made again. */
  readonly retryable: boolean
  readonly server: string | undefined
  readonly tool: string | undefined
  /** The next thing to do. */
  readonly hint: string | undefined

  constructor(code: ToolErrorCode, message: string, options: ToolErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retryable = options.retryable ?? false
    this.server = options.server
    this.tool = options.tool
    this.hint = options.hint
  }
}
