// What a caller is told when a server cannot be used.
import { ToolError } from './errors.ts'
import type { ServerState } from './server-state.ts'

/** It does not run now; it may soon. */
export function unavailable(server: string, reason: string): ToolError {
  return new ToolError('TOOL_UNAVAILABLE', `Server "${server}" is not available: ${reason}.`, {
    server,
    retryable: true,
  })
}

/** It did not become ready while a call waited for it. */
export function notInTime(server: string, state: ServerState, timeoutMs: number): ToolError {
  const reason = 'reason' in state ? ` The last attempt failed: ${state.reason}.` : ''
  return new ToolError(
    'TOOL_UNAVAILABLE',
    `Server "${server}" was not ready within ${timeoutMs} ms.${reason}`,
    {
      server,
      retryable: true,
    },
  )
}

/** Only a person brings it back. */
export function givenUp(server: string, reason: string): ToolError {
  return new ToolError('TOOL_QUARANTINED', `Server "${server}" was given up: ${reason}.`, {
    server,
    hint: `Correct the cause, then rgen tools restart ${server} or restart the service.`,
  })
}
