// How the server learns that the worker of a step died. Temporal waits for the whole start-to-close timeout (5 minutes
// unless given) before it hands the step to another worker, or for a heartbeat that does not come. So a step whose
// function this very service has gets a heartbeat timeout, and a header that asks the function's host to beat for it.
//
//   L1. Only functions of the run's own service: who serves another queue (Python, say) may not beat.
//   L2. A heartbeat timeout that the step was given is the author's: the function beats by itself, or has failed.
import { defaultPayloadConverter } from '@temporalio/common'
import { workflowInfo, type WorkflowInterceptorsFactory } from '@temporalio/workflow'

/** Header of a step whose function is beaten for. */
export const livenessHeader = 'rgen-beaten-for'

/** How long a worker may be silent before its steps go to another one: as on the embedded engine. */
export const livenessMs = 10_000

/** @param functions Names of the functions that the service has, on the queue of its runs. */
export function livenessInterceptors(functions: readonly string[]): WorkflowInterceptorsFactory {
  const own = new Set(functions)
  return () => ({
    outbound: [
      {
        scheduleActivity: async (input, next) => {
          const { activityType, options, headers } = input
          const foreign = !own.has(activityType) || options.taskQueue !== workflowInfo().taskQueue
          if (foreign || options.heartbeatTimeout !== undefined) return next(input)
          return next({
            ...input,
            options: { ...options, heartbeatTimeout: livenessMs },
            headers: { ...headers, [livenessHeader]: defaultPayloadConverter.toPayload(true) },
          })
        },
      },
    ],
  })
}
