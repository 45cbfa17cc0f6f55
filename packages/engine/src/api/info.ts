import { runHost, type RunInfo } from './host.ts'

/** What the agent may know about itself: ids, type, queue, parent, length of its history. */
export function agentInfo(): RunInfo {
  return runHost('agentInfo').info()
}

/** What the workflow may know about itself: ids, type, queue, parent, length of its history. */
export function workflowInfo(): RunInfo {
  return runHost('workflowInfo').info()
}

/**
 * Guards a change of code under runs that are under way: true in runs that reach this line for the first time with
 * the changed code, false in those that passed it before. Keep the id until no old run is left.
 *
 * @example const summary = patched('short-summary') ? await step<F>({}).shortSummary(text) : await step<F>({}).summary(text)
 */
export function patched(id: string): boolean {
  return runHost('patched').patched(id)
}
