// fetch that reads no more of an answer than a message may hold: the SDK reads whatever comes, into memory.
import type { FetchLike } from '@modelcontextprotocol/client'
import { OversizedBody } from './made-up-answer.ts'

/**
 * Fetches, and breaks the body off with {@link OversizedBody} once a message in it exceeds `maxBytes`: the whole body,
 * or one event of a stream.
 *
 * @param onOversized Told of the request whose answer it was.
 */
export function boundedFetch(
  maxBytes: number,
  onOversized: (request: RequestInit | undefined) => void,
): FetchLike {
  return async (url, init) => {
    const response = await fetch(url, init)
    const { body, headers } = response
    const length = headers.get('content-length')
    if (body === null || (length !== null && Number(length) <= maxBytes)) return response
    const isStream = headers.get('content-type')?.startsWith('text/event-stream') ?? false
    const bounded = bound(body, maxBytes, isStream ? sizeAfterEvents() : (size, chunk) => size + chunk.length)
    return new Response(
      bounded(() => onOversized(init)),
      response,
    )
  }
}

/** How much of the message that is being read has come, this chunk included. */
type Measure = (size: number, chunk: Uint8Array) => number

function bound(body: ReadableStream<Uint8Array>, maxBytes: number, measure: Measure) {
  return (onOversized: () => void): ReadableStream<Uint8Array> => {
    const reader = body.getReader()
    let size = 0
    return new ReadableStream({
      async pull(controller) {
        const { done, value } = await reader.read()
        if (done) {
          controller.close()
          return
        }
        size = measure(size, value)
        if (size > maxBytes) {
          onOversized()
          controller.error(new OversizedBody(`A message is longer than ${maxBytes} bytes.`))
          await reader.cancel()
          return
        }
        controller.enqueue(value)
      },
      cancel: (reason) => reader.cancel(reason),
    })
  }
}

const lineFeed = 10
const carriageReturn = 13

/** Events end with an empty line; what was before it has been handed on. */
function sizeAfterEvents(): Measure {
  let atLineStart = true
  return (size, chunk) => {
    let current = size
    for (let index = chunk.indexOf(lineFeed), from = 0; ; index = chunk.indexOf(lineFeed, from)) {
      const end = index === -1 ? chunk.length : index
      const isBlank = chunk.subarray(from, end).every((byte) => byte === carriageReturn)
      if (index === -1) {
        if (end > from) atLineStart &&= isBlank
        return current + (end - from)
      }
      current = atLineStart && isBlank ? 0 : current + (end - from) + 1
      atLineStart = true
      from = index + 1
    }
  }
}
