import { currentScope } from '../core/context.ts'
import type { LogSink } from '../client/types.ts'
import { failureOf } from '../core/failure.ts'

/**
 * Keeps a rejection that agent code left unhandled (a step that nobody awaits, say) from ending the process. Rejections
 * from elsewhere are treated as if this guard did not exist. Returns how to remove it.
 */
export function guardRejections(logger: LogSink): () => void {
  const listener = (reason: unknown): void => {
    const scope = currentScope.getStore()
    if (scope !== undefined) {
      const { id, runId, type } = scope.execution.identity
      const { name, message } = failureOf(reason)
      logger.log('warn', 'A promise that the agent did not await was rejected', {
        workflowId: id,
        runId,
        workflowType: type,
        error: { name, message },
      })
      return
    }
    // Node ends the process only when nobody listens: we listen, so do what it would have done.
    if (process.listenerCount('unhandledRejection') === 1) throw reason
  }
  process.on('unhandledRejection', listener)
  return () => process.off('unhandledRejection', listener)
}
