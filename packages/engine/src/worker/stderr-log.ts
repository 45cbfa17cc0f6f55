import type { LogSink } from '../client/types.ts'

/** Lines as Restack writes them, on stderr: `[restack]2026-01-01T00:00:00.000Z [INFO] message {"field":1}`. */
export const stderrLog: LogSink = {
  log(level, message, fields) {
    const text = Object.keys(fields).length === 0 ? '' : ` ${JSON.stringify(fields)}`
    process.stderr.write(`[restack]${new Date().toISOString()} [${level.toUpperCase()}] ${message}${text}\n`)
  },
}
