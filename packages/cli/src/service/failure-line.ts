/** What opens the line by which a service tells why it ends; no log line and no stack begins so. */
const marker = '\u0000rgen-failure '

/** Errors of our packages are worded for the user: their stack says nothing more. */
const ownCode = /^(?:CONFIG|PROMPT|LLM|TOOL|ENGINE|TEMPORAL)_/

/** What tsx throws for a file that does not parse: the message has its place, the stack only leads into tsx. */
const unparsable = 'TransformError'

/** The line that tells of an error of ours, or of a file that does not parse; any other keeps its stack. */
export function printFailure(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const { message, code, hint, file, line, column, problems } = error as Error & Record<string, unknown>
  if (error.name === unparsable) return `${marker}${JSON.stringify({ message })}\n`
  if (typeof code !== 'string' || !ownCode.test(code)) return undefined
  return `${marker}${JSON.stringify({ message, code, hint, file, line, column, problems })}\n`
}

/** The error that a line tells of; undefined for any other line. */
export function parseFailure(line: string): Error | undefined {
  if (!line.startsWith(marker)) return undefined
  const fields = JSON.parse(line.slice(marker.length)) as { readonly message: string }
  return Object.assign(new Error(fields.message), fields)
}
