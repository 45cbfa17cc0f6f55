import { classifyInBand, classifyStatus, requestIdOf } from './classify.ts'
import { isRecord, malformed, parseToolCalls, stringOr, tokenCount } from './adapter.ts'
import { encodeAnthropic } from './anthropic-request.ts'
import { AnthropicStreamDecoder } from './anthropic-stream.ts'
import { liftAnswerTool } from './openai-response.ts'
import type { Adapter, Decoded, DecodedAnswer, EncodeTarget, RawToolCall } from './adapter.ts'
import type { FinishReason, LlmUsage } from '../messages.ts'

/** Anthropic's messages API. */
export const anthropicAdapter: Adapter = {
  encode: encodeAnthropic,
  decode: decodeAnthropic,
  decodeStream: (target) => new AnthropicStreamDecoder(target),
  classify: (status, headers, body, _sentBytes, wallNow) => classifyStatus(status, headers, body, wallNow),
  metadata: (headers) => {
    const requestId = requestIdOf(headers)
    return requestId === undefined ? {} : { requestId }
  },
}

export const ANTHROPIC_FINISH: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
  pause_turn: 'pause_turn',
}

function decodeAnthropic(body: unknown, target: EncodeTarget): Decoded {
  if (!isRecord(body)) return malformed('the answer is not a JSON object')
  if (body.type === 'error' || isRecord(body.error))
    return { ok: false, failure: classifyInBand(body.error, false) }
  const usage = readAnthropicUsage(body.usage)
  const billed = usage === undefined ? {} : { usage }
  if (!Array.isArray(body.content)) return malformed('the answer has no content', billed)
  const blocks = body.content.filter(isRecord)
  const calls: RawToolCall[] = []
  for (const block of blocks.filter(({ type }) => type === 'tool_use')) {
    if (typeof block.id !== 'string' || typeof block.name !== 'string')
      return malformed('a tool call is not in the promised form', billed)
    calls.push({ id: block.id, name: block.name, arguments: JSON.stringify(block.input ?? {}) })
  }
  return assembleAnthropic(
    {
      content: blocks.map((block) => (block.type === 'text' ? stringOr(block.text, '') : '')).join(''),
      calls,
      rawFinish: body.stop_reason,
      model: stringOr(body.model, undefined),
      id: stringOr(body.id, undefined),
      usage,
      serviceTier: isRecord(body.usage) ? stringOr(body.usage.service_tier, undefined) : undefined,
    },
    target,
  )
}

export interface AnthropicParts {
  readonly content: string
  readonly calls: readonly RawToolCall[]
  readonly rawFinish: unknown
  readonly model: string | undefined
  readonly id: string | undefined
  readonly usage: LlmUsage | undefined
  readonly serviceTier: string | undefined
}

/** Judges whether the parts are an answer. */
export function assembleAnthropic(parts: AnthropicParts, target: EncodeTarget): Decoded {
  const billed = parts.usage === undefined ? {} : { usage: parts.usage }
  const finishReason = typeof parts.rawFinish === 'string' ? ANTHROPIC_FINISH[parts.rawFinish] : undefined
  if (finishReason === undefined) return malformed('the answer ends with an unknown stop_reason', billed)
  const parsed = parseToolCalls(parts.calls, finishReason === 'length')
  if (parsed === undefined) return malformed('the arguments of a tool call are not JSON', billed)
  if (finishReason === 'tool_calls' && parsed.toolCalls.length === 0)
    return malformed('the answer announces a tool call and has none', billed)
  const answer: DecodedAnswer = {
    content: parts.content,
    toolCalls: parsed.toolCalls,
    finishReason,
    model: parts.model,
    id: parts.id,
    usage: parts.usage,
    ...(parts.rawFinish === 'refusal' ? { refusal: parts.content } : {}),
    ...(parts.serviceTier === undefined ? {} : { serviceTier: parts.serviceTier }),
    ...(parsed.truncated.length === 0 ? {} : { truncatedToolCalls: parsed.truncated }),
  }
  return { ok: true, answer: target.structured === 'tool' ? liftAnswerTool(answer) : answer }
}

/**
 * `input_tokens` leaves out what the cache gave and took, the reverse of OpenAI's count; ours includes both. The
 * split of cache writes by lifetime is used when it is there, the total otherwise, never their sum.
 */
export function readAnthropicUsage(value: unknown): LlmUsage | undefined {
  if (!isRecord(value)) return undefined
  const fresh = tokenCount(value.input_tokens)
  const outputTokens = tokenCount(value.output_tokens)
  if (fresh === undefined || outputTokens === undefined) return undefined
  const cacheReadTokens = tokenCount(value.cache_read_input_tokens) ?? 0
  const split = isRecord(value.cache_creation) ? value.cache_creation : {}
  const forMinutes = tokenCount(split.ephemeral_5m_input_tokens)
  const forAnHour = tokenCount(split.ephemeral_1h_input_tokens)
  const total = tokenCount(value.cache_creation_input_tokens) ?? 0
  const cacheWriteTokens =
    forMinutes === undefined && forAnHour === undefined ? total : (forMinutes ?? 0) + (forAnHour ?? 0)
  const details = isRecord(value.output_tokens_details) ? value.output_tokens_details : {}
  const inputTokens = fresh + cacheReadTokens + cacheWriteTokens
  return {
    inputTokens,
    outputTokens,
    totalTokens: inputTokens + outputTokens,
    cacheReadTokens,
    cacheWriteTokens,
    ...(forAnHour === undefined || forAnHour === 0 ? {} : { cacheWrite1hTokens: forAnHour }),
    reasoningTokens: Math.min(tokenCount(details.thinking_tokens) ?? 0, outputTokens),
    estimated: false,
  }
}
