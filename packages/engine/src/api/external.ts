import { runHost } from './host.ts'

/** Another run, reached from inside a run. */
export interface ExternalRun {
  readonly workflowId: string
  readonly runId: string | undefined
  /** Sends an event and waits for the handler's answer. */
  event(name: string | { readonly name: string }, input?: unknown): Promise<unknown>
  /** The same as {@link ExternalRun.event}, in Temporal's words. */
  signal(name: string | { readonly name: string }, input?: unknown): Promise<unknown>
  /** Asks the run to cancel; does not wait until it has. */
  cancel(): Promise<void>
}

/**
 * Another agent, by its id: events between agents are journaled on both sides and arrive once.
 *
 * @example const answer = await externalAgent('concierge-1').event('message', { text: 'hello' })
 */
export function externalAgent(id: string, runId?: string): ExternalRun {
  const target = runId === undefined ? { id } : { id, runId }
  const send: ExternalRun['event'] = async (name, input) =>
    runHost('externalAgent().event').sendEvent(target, typeof name === 'string' ? name : name.name, input)
  return {
    workflowId: id,
    runId,
    event: send,
    signal: send,
    cancel: async () => runHost('externalAgent().cancel').cancelRun(target),
  }
}

/** {@link externalAgent} under Temporal's name. */
export function getExternalWorkflowHandle(workflowId: string, runId?: string): ExternalRun {
  return externalAgent(workflowId, runId)
}
