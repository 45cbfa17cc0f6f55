// Counting tokens without asking the provider: for reservations, dry runs, and answers that came without figures.

import { plainText } from './adapters/anthropic-request.ts'
import type { LlmMessage, LlmRequest, LlmUsage } from './messages.ts'

/** Counts the tokens of a text. */
export type TokenCounter = (text: string) => number

/** What a message costs beside its text, in all providers that publish it. */
const MESSAGE_OVERHEAD = 4

/** An image of middling size; the exact figure depends on pixels that we do not look at. */
const IMAGE_TOKENS = 800

/**
 * Four characters a token for ASCII, as English text and code average out, and three tokens for four other
 * characters. Good enough for a reservation.
 */
export const roughTokens: TokenCounter = (text) => {
  let other = 0
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 127) other++
  return Math.ceil((text.length - other) / 4 + other * 0.75)
}

/** Input tokens of a request. */
export function countInput(request: LlmRequest, count: TokenCounter = roughTokens): number {
  let total = 3
  for (const message of request.messages) total += countMessage(message, count)
  for (const tool of request.tools ?? [])
    total += count(tool.name) + count(tool.description ?? '') + count(JSON.stringify(tool.parameters)) + 8
  if (request.schema !== undefined) total += count(JSON.stringify(request.schema.schema))
  return total
}

function countMessage(message: LlmMessage, count: TokenCounter): number {
  let total = MESSAGE_OVERHEAD + count(plainText(message))
  if (typeof message.content !== 'string')
    total += IMAGE_TOKENS * message.content.filter(({ type }) => type === 'image').length
  for (const call of message.toolCalls ?? [])
    total += count(call.name) + count(JSON.stringify(call.arguments ?? {})) + 8
  return total
}

/** Usage that nobody reported: marked as estimated. */
export function estimateUsage(request: LlmRequest, answer: string): LlmUsage {
  return usageOf(countInput(request), roughTokens(answer))
}

/** Usage of so many tokens, none of them cached, as an estimate. */
export function usageOf(inputTokens: number, outputTokens: number): LlmUsage {
  return {
    inputTokens,
    outputTokens,
    totalTokens: inputTokens + outputTokens,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    reasoningTokens: 0,
    estimated: true,
  }
}

/**
 * An exact counter for OpenAI's models when the package gpt-tokenizer is installed; undefined otherwise. Loaded on
 * demand: it takes 150 ms and 80 MB.
 */
export async function loadTokenizer(): Promise<TokenCounter | undefined> {
  try {
    const specifier = 'gpt-tokenizer/encoding/o200k_base'
    const tokenizer = (await import(specifier)) as { countTokens?: TokenCounter }
    return tokenizer.countTokens
  } catch {
    return undefined
  }
}
