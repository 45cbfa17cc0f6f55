import { Console } from 'node:console'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import type { CreateServer, RunningToolServer } from './serve.ts'

/** How long handlers may take to notice their abort signal before the process exits without them. */
const graceMs = 250

/** Serves the process's own stdin and stdout, and exits with them. */
export function serveOverStdio(createServer: CreateServer): RunningToolServer {
  // A stray console.log would be read as a broken message by the client.
  globalThis.console = new Console(process.stderr)
  const handle = serveStdio(createServer, {
    onerror: (error) => process.stderr.write(`${error.message}\n`),
  })
  let exiting = false
  const exit = (): void => {
    if (exiting) return
    exiting = true
    // Not unref'd work but this timer decides: a database pool or an interval must not keep an orphan alive.
    setTimeout(() => process.exit(0), graceMs)
    void handle.close().finally(() => setImmediate(() => process.exit(0)))
  }
  process.stdin.once('end', exit)
  process.stdin.once('close', exit)
  process.stdout.once('error', exit)
  process.once('SIGTERM', exit)
  process.once('SIGINT', exit)
  return {
    url: undefined,
    close: async () => {
      process.stdin.off('end', exit).off('close', exit)
      process.stdout.off('error', exit)
      process.off('SIGTERM', exit).off('SIGINT', exit)
      await handle.close()
    },
  }
}
