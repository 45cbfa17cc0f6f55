// The service's log. Lines are JSON, or words for a person when they go to a terminal.
//
//   L1. Secrets are removed before a line is formed: no destination, format or transport sees them.
//   L2. Writing is synchronous: the last lines before a crash are there.
//   L3. Standard output is never written to: a tool server's protocol and a command's result own it.

import { pino, type DestinationStream, type Logger as Pino } from 'pino'
import { createRedactor, type Redact } from '../llm/redaction.ts'
import { plainFields } from './plain-fields.ts'
import { printRecord, type LogRecord } from './print-record.ts'

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]
type LineLevel = Exclude<LogLevel, 'silent'>

export interface LoggerOptions {
  /** Lines below this level are not formed at all. Default `info`. */
  readonly level?: LogLevel
  /** Stands on each JSON line as `process`, to tell processes apart. */
  readonly name?: string
  /** Default: standard error. A file is created with its folders, and appended to. */
  readonly destination?: 'stderr' | { readonly file: string } | { write(line: string): unknown }
  /** `auto` (default) writes for people on a terminal, and JSON everywhere else. */
  readonly format?: 'auto' | 'json' | 'pretty'
  /** Removes secrets; by default whatever looks like a key. Make one with `createRedactor`. */
  readonly redact?: Redact
  /** Set `NO_COLOR` to have no colours. Default: the environment of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

export type LogFields = Readonly<Record<string, unknown>>

/** A log, and every log that the parts of the service expect: the engine's, the router's, the tool manager's. */
export interface Logger {
  log(level: LineLevel, message: string, fields?: LogFields): void
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** A log whose lines all carry these fields, usually the ids of a run: `{ runId, agentId, correlationId }`. */
  child(fields: LogFields): Logger
  /** Writes out what is held back and lets go of the file. */
  close(): void
}

/**
 * Opens the log.
 *
 * @example
 * const log = createLogger({ level: 'info', destination: { file: 'logs/service.log' }, redact: createRedactor(keys) })
 * log.child({ agentId }).info('a message came', { kind: 'email' })
 */
export function createLogger(options: LoggerOptions = {}): Logger {
  const { level = 'info', name, redact = createRedactor([]) } = options
  const { stream, close } = openDestination(options)
  const sink = pino(
    {
      level,
      base: name === undefined ? null : { process: name },
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  )
  return wrap(sink, redact, close)
}

function wrap(sink: Pino, redact: Redact, close: () => void): Logger {
  const log = (level: LineLevel, message: string, fields?: LogFields) => {
    if (!sink.isLevelEnabled(level)) return
    if (fields === undefined) sink[level](redact(message))
    else sink[level](plainFields(withoutReserved(fields), redact), redact(message))
  }
  return {
    log,
    debug: (message, fields) => log('debug', message, fields),
    info: (message, fields) => log('info', message, fields),
    warn: (message, fields) => log('warn', message, fields),
    error: (message, fields) => log('error', message, fields),
    child: (fields) =>
      wrap(sink.child(plainFields(withoutReserved(fields), redact)), redact, () => undefined),
    close,
  }
}

/** A field of the caller must not take the place of the line's own. */
function withoutReserved(fields: LogFields): LogFields {
  const { level, time, message, process, ...others } = fields
  return {
    ...others,
    ...(level !== undefined && { field_level: level }),
    ...(time !== undefined && { field_time: time }),
    ...(message !== undefined && { field_message: message }),
    ...(process !== undefined && { field_process: process }),
  }
}

function openDestination(options: LoggerOptions): { stream: DestinationStream; close: () => void } {
  const { destination = 'stderr', format = 'auto', env = process.env } = options
  const terminal = destination === 'stderr' && process.stderr.isTTY
  const pretty = format === 'pretty' || (format === 'auto' && terminal)
  const colour = terminal && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb'
  const { write, close } = openSink(destination)
  if (!pretty) return { stream: { write }, close }
  return { stream: { write: (line) => write(printRecord(JSON.parse(line) as LogRecord, colour)) }, close }
}

function openSink(destination: NonNullable<LoggerOptions['destination']>) {
  if (typeof destination === 'object' && 'write' in destination)
    return { write: (line: string) => void destination.write(line), close: () => undefined }
  const file = destination === 'stderr' ? { dest: 2 } : { dest: destination.file, mkdir: true, append: true }
  const stream = pino.destination({ ...file, sync: true })
  const close = () => {
    stream.flushSync()
    if (destination !== 'stderr') stream.end()
  }
  return { write: (line: string) => void stream.write(line), close }
}
