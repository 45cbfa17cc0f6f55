import { runHost, type LogLevel } from './host.ts'

/** Fields of a log line. Anything that is not a plain object stands under `value`. */
export type LogFields = unknown

/** Writes a line at one level. */
export type LogMethod = (message: string, fields?: LogFields) => void

/** One method a level. */
export interface Log {
  readonly trace: LogMethod
  readonly debug: LogMethod
  readonly info: LogMethod
  readonly warn: LogMethod
  readonly error: LogMethod
  readonly critical: LogMethod
}

/** A {@link Log} that hands its lines to `write`. */
export function createLog(
  write: (level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>) => void,
): Log {
  const at =
    (level: LogLevel): LogMethod =>
    (message, fields) =>
      write(level, message, toFields(fields))
  return {
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    critical: at('critical'),
  }
}

function toFields(fields: LogFields): Readonly<Record<string, unknown>> {
  if (fields === undefined) return {}
  if (fields instanceof Error) return { error: { name: fields.name, message: fields.message } }
  if (typeof fields === 'object' && fields !== null && !Array.isArray(fields)) {
    return fields as Record<string, unknown>
  }
  return { value: fields }
}

/** The log of the run that is executing: lines carry its ids, and replay writes none twice. */
export const log: Log = createLog((level, message, fields) => runHost('log').log(level, message, fields))
