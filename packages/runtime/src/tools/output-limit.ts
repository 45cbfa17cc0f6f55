// A result that is too long for a model is cut where one can see it; a structured one is never cut, because half a
// value is another value.
import type { CallToolResult, ContentBlock } from '@modelcontextprotocol/client'

/** A result within the limit. */
export interface LimitedResult {
  readonly content: readonly ContentBlock[]
  readonly truncated: boolean
}

/**
 * Cuts the content of a result to `maxBytes`.
 *
 * @returns undefined when its structured content alone is larger.
 */
export function limitOutput(result: CallToolResult, maxBytes: number): LimitedResult | undefined {
  if (result.structuredContent !== undefined && !fits(result.structuredContent, maxBytes)) return undefined
  // The common case: the characters of a short text are at most its bytes.
  if (roughSize(result.content) * 4 <= maxBytes) return { content: result.content, truncated: false }
  let room = maxBytes
  let truncated = false
  const content = result.content.map((block): ContentBlock => {
    const size = sizeOf(block)
    if (size <= room) {
      room -= size
      return block
    }
    truncated = true
    const kept = block.type === 'text' ? cutText(block.text, room) : ''
    room = 0
    const left = size - Buffer.byteLength(kept)
    return {
      type: 'text',
      text: `${kept}\n[${block.type} cut by rgen: ${left} of ${size} bytes are not shown]`,
    }
  })
  return { content, truncated }
}

function roughSize(content: readonly ContentBlock[]): number {
  return content.reduce((sum, block) => sum + (block.type === 'text' ? block.text.length : Infinity), 0)
}

function sizeOf(block: ContentBlock): number {
  return block.type === 'text' ? Buffer.byteLength(block.text) : Buffer.byteLength(JSON.stringify(block))
}

/** At most `maxBytes` of UTF-8, never half a character. */
function cutText(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text)
  let end = Math.min(maxBytes, bytes.length)
  while (end > 0 && end < bytes.length && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}

/** Whether a value is surely within the limit when written as JSON; walks no further than the limit. */
function fits(value: unknown, maxBytes: number): boolean {
  let room = maxBytes
  const walk = (inner: unknown): boolean => {
    if (typeof inner === 'string') room -= inner.length > room ? inner.length : Buffer.byteLength(inner) + 2
    else if (Array.isArray(inner)) room -= 2
    else if (typeof inner === 'object' && inner !== null) {
      room -= 2
      for (const [key, item] of Object.entries(inner)) {
        room -= key.length + 4
        if (room < 0 || !walk(item)) return false
      }
      return room >= 0
    } else room -= 5
    if (room < 0) return false
    return Array.isArray(inner) ? inner.every(walk) : true
  }
  return walk(value)
}
