import { z } from 'zod'
import { parseJson } from './adapters/classify.ts'
import type { DecodedAnswer } from './adapters/adapter.ts'
import type { LlmFailure } from './errors.ts'
import type { LlmAnswerSchema } from './messages.ts'

/** A schema made ready: what an answer must pass. */
export type AnswerCheck = (answer: DecodedAnswer) => { readonly object: unknown } | LlmFailure

/**
 * Makes the check for a schema.
 *
 * @throws {TypeError} when the schema uses what cannot be checked; better before the call than prose as success.
 */
export function answerCheck({ schema }: LlmAnswerSchema): AnswerCheck {
  const shape = readSchema(schema)
  return (answer) => {
    const object = parseJson(answer.content)
    if (object === undefined) {
      const cut = answer.finishReason === 'length'
      return mismatch(
        cut ? 'the answer was cut before its JSON was complete' : 'the answer is not JSON',
        answer,
      )
    }
    const checked = shape.safeParse(object)
    if (checked.success) return { object }
    const [issue] = checked.error.issues
    const place =
      issue === undefined || issue.path.length === 0 ? 'the answer' : issue.path.map(String).join('.')
    return mismatch(
      `the answer does not have the requested shape: ${place} (${issue?.code ?? 'invalid'})`,
      answer,
    )
  }
}

function readSchema(schema: Readonly<Record<string, unknown>>): z.ZodType {
  try {
    return z.fromJSONSchema(schema)
  } catch (cause) {
    throw new TypeError('This JSON Schema cannot be checked.', { cause })
  }
}

function mismatch(message: string, { usage }: DecodedAnswer): LlmFailure {
  return {
    class: 'malformed_response',
    code: 'LLM_SCHEMA_MISMATCH',
    message,
    ...(usage === undefined ? {} : { usage }),
  }
}
