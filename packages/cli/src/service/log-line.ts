import type { Output } from '../io.ts'

const levels = [
  { from: 60, name: 'FATAL', colour: 'red' },
  { from: 50, name: 'ERROR', colour: 'red' },
  { from: 40, name: 'WARN ', colour: 'yellow' },
  { from: 30, name: 'INFO ', colour: 'green' },
  { from: 20, name: 'DEBUG', colour: 'cyan' },
  { from: -Infinity, name: 'TRACE', colour: 'dim' },
] as const

/** What every line carries and nobody reads at a terminal. */
const uninteresting = new Set([
  'level',
  'time',
  'msg',
  'message',
  'pid',
  'hostname',
  'name',
  'v',
  'err',
  'error',
])

/**
 * One line of the service's log for a person: `12:04:31.512 INFO  Run completed  run=a1`. A line that is not a
 * JSON log line is returned as it is.
 */
export function prettyLogLine(line: string, { style }: Output): string {
  const record = parseRecord(line)
  if (!record) return line
  const level = levels.find(({ from }) => levelNumber(record.level) >= from) ?? levels[3]
  const fields = Object.entries(record)
    .filter(([name]) => !uninteresting.has(name))
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  const error = printLoggedError(record.err ?? record.error)
  return [
    style.dim(clockTime(record.time)),
    style[level.colour](level.name),
    messageOf(record),
    ...(fields.length > 0 ? [style.dim(fields.join(' '))] : []),
  ]
    .join(' ')
    .concat(error && `\n${style.red(error)}`)
}

function parseRecord(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const record = JSON.parse(line) as Record<string, unknown>
    return 'level' in record && ('msg' in record || 'message' in record) ? record : undefined
  } catch {
    return undefined
  }
}

/** Ours is `message`; pino's own name for it is `msg`, and a project may log with either. */
function messageOf({ message, msg }: Record<string, unknown>): string {
  const text = message ?? msg
  return typeof text === 'string' ? text : JSON.stringify(text)
}

function levelNumber(level: unknown): number {
  if (typeof level === 'number') return level
  return levels.find(({ name }) => name.trim().toLowerCase() === level)?.from ?? 30
}

function clockTime(time: unknown): string {
  const date = new Date(typeof time === 'number' || typeof time === 'string' ? time : NaN)
  if (Number.isNaN(date.getTime())) return ''
  const two = (value: number) => String(value).padStart(2, '0')
  const milliseconds = String(date.getMilliseconds()).padStart(3, '0')
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${milliseconds}`
}

/** An error as pino writes it: the stack when there is one, indented under its line. */
function printLoggedError(error: unknown): string {
  if (typeof error === 'string') return `  ${error}`
  if (typeof error !== 'object' || error === null) return ''
  const { stack, message } = error as { stack?: unknown; message?: unknown }
  const text =
    typeof stack === 'string' ? stack : typeof message === 'string' ? message : JSON.stringify(error)
  return text.replace(/^/gm, '  ')
}
