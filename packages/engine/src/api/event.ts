import { runHost } from './host.ts'
import type { StandardSchema } from './schema.ts'

/** The name of an event with the types of its input, of the handler's answer, and of what a sender gives. */
export interface EventDefinition<Input, Output, Sent = Input> {
  readonly name: string
  readonly type: 'event'
  readonly input?: StandardSchema<Sent, Input> | undefined
  readonly output?: StandardSchema<unknown, Output> | undefined
}

/** Schemas of an event: checked when it is sent (input) and answered (output). */
export interface EventSchemas<Input, Output, Sent = Input> {
  readonly input?: StandardSchema<Sent, Input>
  readonly output?: StandardSchema<unknown, Output>
}

/** The body of a request that sends an event to a workflow. */
export interface SendWorkflowEvent {
  readonly event: { readonly name: string; readonly input?: unknown }
  readonly workflow: { readonly workflowId: string; readonly runId?: string }
}

/**
 * Names an event that agents handle with {@link onEvent}.
 *
 * @example
 * const message = defineEvent('message', { input: z.object({ text: z.string() }), output: z.string() })
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- Restack's examples disagree about what T is; it must not constrain the handler
export function defineEvent<T = any>(name: string): EventDefinition<any, any> & { readonly payload?: T }
export function defineEvent<Input, Output = unknown, Sent = Input>(
  name: string,
  schemas: EventSchemas<Input, Output, Sent>,
): EventDefinition<Input, Output, Sent>
export function defineEvent(
  name: string,
  schemas: EventSchemas<unknown, unknown> = {},
): EventDefinition<unknown, unknown> {
  return { name, type: 'event', input: schemas.input, output: schemas.output }
}

/**
 * Handles an event for the rest of the run. What the handler returns is the sender's answer, what it throws the
 * sender's error. Handlers run beside the main function and one another, and may await steps.
 *
 * An event that arrived earlier is handled as soon as its handler is registered.
 */
export function onEvent<Input, Output, Sent>(
  event: EventDefinition<Input, Output, Sent>,
  handler: (input: Input) => Output | Promise<Output>,
): void {
  runHost('onEvent').onEvent({ name: event.name, handler, input: event.input, output: event.output })
}

/** Whether no event handler of this run is at work. Useful as a condition before the run ends. */
export function allEventsFinished(): boolean {
  return runHost('allEventsFinished').allEventsFinished()
}
