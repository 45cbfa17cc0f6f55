import type { LlmMessage, LlmRequest } from './messages.ts'

const ROLES: ReadonlySet<string> = new Set(['system', 'user', 'assistant', 'tool'])

/** What no provider could make sense of; undefined when there is nothing. Names no content. */
export function requestProblem(request: LlmRequest): string | undefined {
  // Callers in JavaScript, and inputs of a step that came from outside, are not held by the types.
  const { messages } = request as Partial<LlmRequest>
  if (!Array.isArray(messages) || messages.length === 0) return 'request.messages is empty'
  for (const [index, message] of messages.entries()) {
    const problem = messageProblem(message as Partial<LlmMessage> | null)
    if (problem !== undefined) return `request.messages[${index}] ${problem}`
  }
  const { maxTokens } = request
  if (maxTokens !== undefined && !(Number.isSafeInteger(maxTokens) && maxTokens > 0))
    return 'request.maxTokens is not a positive integer'
  return undefined
}

function messageProblem(message: Partial<LlmMessage> | null): string | undefined {
  if (typeof message !== 'object' || message === null) return 'is not an object'
  if (typeof message.role !== 'string' || !ROLES.has(message.role)) return 'has no role that is known'
  if (typeof message.content !== 'string' && !Array.isArray(message.content)) return 'has no content'
  return message.role === 'tool' && typeof message.toolCallId !== 'string'
    ? 'answers no toolCallId'
    : undefined
}
