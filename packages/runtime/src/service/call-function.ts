// The workflow behind functions that are offered to MCP hosts or called by a test. A module of its own: every export of
// it is a workflow.
import { step } from '@rgen/engine/workflow'

/** Which function, and with what. */
export interface FunctionCall {
  readonly name: string
  readonly input: unknown
}

/**
 * Runs one function of the project as a durable step: the smallest workflow.
 *
 * @example const run = await engine.start(callFunction, { name: 'sendEmail', input: { text: 'hello' } })
 */
export async function callFunction({ name, input }: FunctionCall): Promise<unknown> {
  const call = step<Record<string, (input: unknown) => Promise<unknown>>>({})[name]
  return call?.(input)
}
