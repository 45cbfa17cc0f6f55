import { parseDuration, type Duration } from './duration.ts'
import { currentFunctionHost, functionHost, type FunctionInfo } from './function-host.ts'
import { createLog, type Log } from './log.ts'

/** What the function may know about the step it runs for. Throws ENGINE_OUTSIDE_FUNCTION when called directly. */
export function functionInfo(): FunctionInfo {
  return functionHost('functionInfo').info()
}

/** The same as {@link functionInfo}, under Restack's older name. */
export function currentWorkflow(): FunctionInfo {
  return functionInfo()
}

/**
 * Says that the function is alive. `details` (JSON) are kept: the next attempt finds the last ones in
 * `functionInfo().heartbeatDetails`. Does nothing when the function was called directly, as in a unit test.
 */
export function heartbeat(details?: unknown): void {
  currentFunctionHost()?.heartbeat(details)
}

/** Hands a chunk (JSON) to whoever watches the run. Not journaled. Does nothing when called directly. */
export function publish(chunk: unknown): void {
  currentFunctionHost()?.publish(chunk)
}

/** Waits, in this process only: a function has no memory across restarts. Ends early when the step is aborted. */
export function sleep(duration: Duration): Promise<void> {
  const milliseconds = parseDuration(duration)
  const host = currentFunctionHost()
  return host === undefined ? new Promise((done) => setTimeout(done, milliseconds)) : host.sleep(milliseconds)
}

/** The log of the step: lines carry the ids of run and step. Called directly, it writes to stderr. */
export const log: Log = createLog((level, message, fields) => {
  const host = currentFunctionHost()
  if (host !== undefined) host.log(level, message, fields)
  else console.error(`[${level.toUpperCase()}] ${message}`, fields)
})
