import { inspect } from 'node:util'

/** One log line as data: what a JSON log file holds. */
export interface LogRecord {
  readonly level: string
  readonly time: string
  readonly message: string
  /** Which process wrote it; not shown to people, who look at one process. */
  readonly process?: string
  readonly [field: string]: unknown
}

const colours: Readonly<Record<string, number>> = { debug: 90, info: 36, warn: 33, error: 31 }

/**
 * A log line for a person: time of day, level, message, then the fields; an error's stack below it.
 *
 * @example 14:03:07 info  tool server is ready  server=research pid=4711
 */
export function printRecord(record: LogRecord, colour: boolean): string {
  const paint = (code: number | undefined, text: string) =>
    colour && code !== undefined ? `\u001b[${code}m${text}\u001b[0m` : text
  const { level, time, message, ...fields } = record
  const shown = Object.entries(fields)
    .filter(([key]) => key !== 'process')
    .map(([key, value]) => printField(key, value))
  const line = [
    paint(90, time.slice(11, 19)),
    paint(colours[level], level.padEnd(5)),
    `${message}${shown.length > 0 ? '  ' + paint(90, shown.map(({ inline }) => inline).join(' ')) : ''}`,
  ].join(' ')
  return (
    [line, ...shown.flatMap(({ below }) => (below === undefined ? [] : [indent(below)]))].join('\n') + '\n'
  )
}

function printField(key: string, value: unknown): { readonly inline: string; readonly below?: string } {
  if (isError(value)) {
    const code = typeof value.code === 'string' ? ` (${value.code})` : ''
    const below = typeof value.stack === 'string' ? { below: value.stack } : {}
    return { inline: `${key}=${JSON.stringify(value.message)}${code}`, ...below }
  }
  if (typeof value === 'string')
    return { inline: `${key}=${/^[^\s"=]+$/.test(value) ? value : JSON.stringify(value)}` }
  return { inline: `${key}=${inspect(value, { depth: 4, breakLength: Infinity, compact: true })}` }
}

function isError(value: unknown): value is { message: string; stack?: unknown; code?: unknown } {
  return (
    typeof value === 'object' && value !== null && 'type' in value && 'message' in value && 'stack' in value
  )
}

function indent(text: string): string {
  return text.replace(/^/gm, '    ')
}
