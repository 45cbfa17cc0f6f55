import { runHost } from './host.ts'

/** Whether the history has grown so long (events, bytes or events received) that the run should continue as new. */
export function shouldContinueAsNew(): boolean {
  return runHost('shouldContinueAsNew').shouldContinueAsNew()
}

/**
 * Ends this run and starts a new one under the same id with `input`: pass along the state that matters. Waits for
 * event handlers; events that were not handled yet go to the new run. Never returns.
 */
export function agentContinueAsNew(input?: unknown): Promise<never> {
  return runHost('agentContinueAsNew').continueAsNew(input)
}

/** As {@link agentContinueAsNew}, in the words of workflows. */
export function workflowContinueAsNew(input?: unknown): Promise<never> {
  return runHost('workflowContinueAsNew').continueAsNew(input)
}
