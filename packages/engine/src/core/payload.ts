import { EngineError } from '../errors.ts'

/** Largest JSON text of one input, result or event, in bytes. */
export const maxPayloadBytes = 2 * 1024 * 1024

/**
 * JSON text of a value that leaves a run or a function; null stands for `undefined`.
 *
 * @throws {EngineError} ENGINE_PAYLOAD_NOT_JSON, ENGINE_PAYLOAD_TOO_LARGE.
 */
export function encodePayload(value: unknown, what: string): string | null {
  if (value === undefined) return null
  let text: string | undefined
  try {
    text = stringify(value)
  } catch (cause) {
    throw new EngineError('ENGINE_PAYLOAD_NOT_JSON', `${what} cannot be written as JSON`, {
      hint: 'Pass plain data: no cycles, no BigInt.',
      cause,
    })
  }
  if (text === undefined) return null
  // Three bytes of UTF-8 at most for one unit of UTF-16: most texts need no counting.
  if (text.length * 3 > maxPayloadBytes) {
    // Not Buffer: this file is part of Temporal's workflow bundle, too.
    const bytes = new TextEncoder().encode(text).byteLength
    if (bytes > maxPayloadBytes) {
      throw new EngineError(
        'ENGINE_PAYLOAD_TOO_LARGE',
        `${what} has ${bytes} bytes of JSON, more than ${maxPayloadBytes}`,
        { hint: 'Store large data elsewhere (a file, a database) and pass its name.' },
      )
    }
  }
  return text
}

/** The value that {@link encodePayload} wrote. */
export function decodePayload(text: string | null): unknown {
  return text === null ? undefined : (JSON.parse(text) as unknown)
}

/** The types of JSON.stringify deny it, but a function or a symbol has no JSON. */
const stringify = JSON.stringify as (value: unknown) => string | undefined
