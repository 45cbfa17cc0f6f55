// Calls the code of agents: JSON in, JSON out, both checked against the schemas that hang on the code.
import type { EventRegistration } from '../api/host.ts'
import type { RunFunction } from '../api/run-function.ts'
import { checkValue } from './check.ts'
import { decodePayload, encodePayload } from './payload.ts'

/** Calls the main function of a run. */
export async function callRun(body: RunFunction, type: string, data: string | null): Promise<string | null> {
  const value = await checkValue(body.input, decodePayload(data), 'ENGINE_INPUT_INVALID', type)
  const result: unknown = await body(value)
  const checked = await checkValue(body.output, result, 'ENGINE_OUTPUT_INVALID', type)
  return encodePayload(checked, `The result of ${type}`)
}

/** Calls the handler of an event. */
export async function callHandler(
  { name, handler, input, output }: EventRegistration,
  data: string | null,
): Promise<string | null> {
  const value = await checkValue(input, decodePayload(data), 'ENGINE_EVENT_INVALID', `Event ${name}`)
  const result: unknown = await handler(value as never)
  const checked = await checkValue(output, result, 'ENGINE_OUTPUT_INVALID', `The answer to event ${name}`)
  return encodePayload(checked, `The answer to event ${name}`)
}
