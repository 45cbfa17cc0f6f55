import { redactDeep, type Redact } from '../llm/redaction.ts'

const maxDepth = 8
const maxTextLength = 16_384

/** Fields whose value is never written, whatever it is. `tokens` and `maxTokens` are figures, not secrets. */
const secretField =
  /^(?:.*[-_]?(?:password|passwd|secret|api[-_]?key|private[-_]?key)|authorization|cookie|set-cookie|.*(?:access|refresh|bearer|auth)[-_]?token)$/i

/**
 * What a log line holds of the fields it was given: plain data without cycles, errors spelled out with their
 * causes, secrets removed, very long texts cut.
 */
export function plainFields(
  fields: Readonly<Record<string, unknown>>,
  redact: Redact,
): Record<string, unknown> {
  return redactDeep(plain(fields, [], undefined), redact) as Record<string, unknown>
}

function plain(value: unknown, parents: readonly object[], name: string | undefined): unknown {
  if (name !== undefined && secretField.test(name) && value !== undefined) return '[redacted]'
  if (typeof value === 'string')
    return value.length > maxTextLength
      ? `${value.slice(0, maxTextLength)}… (${value.length} characters)`
      : value
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'function' || typeof value === 'symbol') return undefined
  if (typeof value !== 'object' || value === null) return value
  if (parents.includes(value)) return '[circular]'
  if (parents.length >= maxDepth) return '[too deep]'
  return plainObject(value, [...parents, value])
}

function plainObject(value: object, parents: readonly object[]): unknown {
  if (value instanceof Error) return plainError(value, parents)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid date' : value.toISOString()
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (value instanceof Map) return plain(Object.fromEntries(value), parents, undefined)
  if (value instanceof Set || Array.isArray(value))
    return Array.from(value, (item) => plain(item, parents, undefined))
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item, parents, key)]))
}

function plainError(error: Error, parents: readonly object[]): Record<string, unknown> {
  const { name, message, stack, cause } = error
  const own = Object.entries(error).filter(([key]) => !['name', 'message', 'stack', 'cause'].includes(key))
  return {
    type: name,
    message: plain(message, parents, undefined),
    ...Object.fromEntries(own.map(([key, item]) => [key, plain(item, parents, key)])),
    ...(stack !== undefined && { stack: plain(stack, parents, undefined) }),
    ...(cause !== undefined && { cause: plain(cause, parents, undefined) }),
  }
}
