import { PromptError } from './prompt-error.ts'

/** Values by name; of `{a.b}`, `a` is the name. */
export type PromptVariables = Readonly<Record<string, unknown>>

/** The value at a path, through own properties only; undefined when there is none. `null` counts as none. */
export function lookUp(variables: PromptVariables, path: readonly string[]): unknown {
  let value: unknown = variables
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return value ?? undefined
}

/**
 * What a value looks like in a prompt: text as it is, figures and true/false in words, moments in ISO 8601, lists and
 * objects as indented JSON.
 *
 * @throws {PromptError} `PROMPT_VARIABLE_INVALID` for what has no such form; it would be a blank, or `[object Object]`.
 */
export function variableText(name: string, value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value
    case 'boolean':
    case 'bigint':
      return String(value)
    case 'number':
      if (!Number.isFinite(value)) throw invalid(name, 'is not a finite number')
      return String(value)
    case 'object':
      return objectText(name, value as object)
    default:
      throw invalid(name, `is a ${typeof value}`)
  }
}

function objectText(name: string, value: object): string {
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw invalid(name, 'is not a valid date')
    return value.toISOString()
  }
  // JSON would say {} of them, whatever they hold.
  if (value instanceof Map || value instanceof Set) throw invalid(name, 'is a Map or Set')
  const text = jsonOf(name, value)
  if (typeof text !== 'string') throw invalid(name, 'cannot be written as JSON')
  return text
}

/** JSON answers undefined for what it has no form for, whatever its type says. */
function jsonOf(name: string, value: object): unknown {
  try {
    return JSON.stringify(value, undefined, 2)
  } catch (cause) {
    throw invalid(name, 'cannot be written as JSON', cause)
  }
}

function invalid(name: string, reason: string, cause?: unknown): PromptError {
  return new PromptError('PROMPT_VARIABLE_INVALID', `The variable ${name} ${reason}.`, {
    hint: 'Give a text, a number, true or false, a date, or plain data (lists and objects).',
    cause,
  })
}
