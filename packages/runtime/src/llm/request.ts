import { isRecord } from './adapters/adapter.ts'
import type { LlmMessage, LlmRequest, LlmTool } from './messages.ts'

const ROLES: ReadonlySet<string> = new Set(['system', 'user', 'assistant', 'tool'])

/** What no provider could make sense of; undefined when there is nothing. Names no content. */
export function requestProblem(request: LlmRequest): string | undefined {
  // Callers in JavaScript, and inputs of a step that came from outside, are not held by the types.
  if (typeof request !== 'object' || (request as unknown) === null) return 'the request is not an object'
  const { messages, tools = [] } = request as Partial<LlmRequest>
  if (!Array.isArray(messages) || messages.length === 0) return 'request.messages is empty'
  for (const [index, message] of messages.entries()) {
    const problem = messageProblem(message as Partial<LlmMessage> | null)
    if (problem !== undefined) return `request.messages[${index}] ${problem}`
  }
  for (const [index, tool] of tools.entries())
    if (typeof (tool as Partial<LlmTool> | null)?.name !== 'string' || !isRecord(tool.parameters))
      return `request.tools[${index}] has no name or no parameters`
  const { maxTokens } = request
  if (maxTokens !== undefined && !(Number.isSafeInteger(maxTokens) && maxTokens > 0))
    return 'request.maxTokens is not a positive integer'
  return undefined
}

function messageProblem(message: Partial<LlmMessage> | null): string | undefined {
  if (typeof message !== 'object' || message === null) return 'is not an object'
  if (typeof message.role !== 'string' || !ROLES.has(message.role)) return 'has no role that is known'
  if (typeof message.content !== 'string') {
    if (!Array.isArray(message.content)) return 'has no content'
    const unknown = message.content.findIndex((part) => !isPart(part))
    if (unknown !== -1) return `has a part (content[${unknown}]) that is neither text nor an image`
  }
  return message.role === 'tool' && typeof message.toolCallId !== 'string'
    ? 'answers no toolCallId'
    : undefined
}

function isPart(part: unknown): boolean {
  if (!isRecord(part)) return false
  if (part.type === 'text') return typeof part.text === 'string'
  const given = typeof part.data === 'string' && typeof part.mediaType === 'string'
  return part.type === 'image' && (typeof part.url === 'string' || given)
}
