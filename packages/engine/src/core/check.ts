import { formatIssues, type StandardSchema } from '../api/schema.ts'
import { EngineError, type EngineErrorCode } from '../errors.ts'

/**
 * The value as its schema has it (defaults applied), or the value itself without one.
 *
 * @param what What the value belongs to, for the message: `researchAgent`, `Event message`.
 * @throws {EngineError} `code`, with every issue.
 */
export async function checkValue(
  schema: StandardSchema | undefined,
  value: unknown,
  code: EngineErrorCode,
  what: string,
): Promise<unknown> {
  if (schema === undefined) return value
  const checked = await schema['~standard'].validate(value)
  if (checked.issues === undefined) return checked.value
  const subject = code === 'ENGINE_OUTPUT_INVALID' ? 'returned something invalid' : 'was given invalid input'
  throw new EngineError(code, `${what} ${subject}: ${formatIssues(checked.issues)}`)
}
