import { FunctionFailure } from '@rgen/engine/function'

interface CodedError extends Error {
  readonly code: string
  readonly retryable?: boolean
  readonly hint?: string | undefined
}

function isCoded(error: unknown): error is CodedError {
  return error instanceof Error && typeof (error as { code?: unknown }).code === 'string'
}

/**
 * Turns an error of the router, the tools or the prompts into a step's failure: its type is the error's code, and the
 * engine tries again only where the error says that it may help.
 */
export function asStepFailure(error: unknown, retry: 'as the error says' | 'never'): unknown {
  if (!isCoded(error)) return error
  const nonRetryable = retry === 'never' || error.retryable !== true
  const message = error.hint === undefined ? error.message : `${error.message} ${error.hint}`
  return new FunctionFailure(message, error.code, nonRetryable)
}

/** Runs the body of a built-in step and rethrows what it throws as {@link asStepFailure} says. */
export async function withStepFailures<T>(
  retry: 'as the error says' | 'never',
  body: () => Promise<T>,
): Promise<T> {
  try {
    return await body()
  } catch (error) {
    throw asStepFailure(error, retry)
  }
}
