import { classifyInBand } from './classify.ts'
import { ANSWER_TOOL, isRecord, malformed, parseToolCalls, stringOr, tokenCount } from './adapter.ts'
import type { Decoded, DecodedAnswer, EncodeTarget, RawToolCall } from './adapter.ts'
import type { FinishReason, LlmUsage } from '../messages.ts'

/** How a dialect names the end of an answer. */
export type FinishVocabulary = Readonly<Record<string, FinishReason>>

export const OPENAI_FINISH: FinishVocabulary = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool_calls',
  function_call: 'tool_calls',
  content_filter: 'content_filter',
}

/** Reads the answer of `/chat/completions`. */
export function decodeOpenAi(body: unknown, target: EncodeTarget, vocabulary: FinishVocabulary): Decoded {
  if (!isRecord(body)) return malformed('the answer is not a JSON object')
  // Kong flags a frame that it could not translate with `error: true`.
  if (body.error !== undefined && body.error !== null && body.error !== false)
    return { ok: false, failure: classifyInBand(body.error === true ? body : body.error, false) }
  const usage = readOpenAiUsage(body.usage)
  const billed = usage === undefined ? {} : { usage }
  const choice: unknown = Array.isArray(body.choices) ? body.choices[0] : undefined
  if (!isRecord(choice)) return malformed('the answer has no choices', billed)
  const { message } = choice
  if (!isRecord(message)) return malformed('the answer has no message', billed)
  return assembleOpenAi(
    {
      content: typeof message.content === 'string' ? message.content : null,
      refusal: stringOr(message.refusal, undefined),
      rawFinish: choice.finish_reason,
      toolCalls: readToolCalls(message.tool_calls),
      model: stringOr(body.model, undefined),
      id: stringOr(body.id, undefined),
      usage,
      serviceTier: stringOr(body.service_tier, undefined),
    },
    target,
    vocabulary,
  )
}

/** What both the plain answer and the assembled stream know before they are judged. */
export interface OpenAiParts {
  readonly content: string | null
  readonly refusal: string | undefined
  /** As it came: anything that the vocabulary lacks makes the answer malformed. */
  readonly rawFinish: unknown
  /** Undefined when they are not in the form that the API promises. */
  readonly toolCalls: readonly RawToolCall[] | undefined
  readonly model: string | undefined
  readonly id: string | undefined
  readonly usage: LlmUsage | undefined
  readonly serviceTier: string | undefined
}

/** Judges whether the parts are an answer. */
export function assembleOpenAi(
  parts: OpenAiParts,
  target: EncodeTarget,
  vocabulary: FinishVocabulary,
): Decoded {
  const billed = parts.usage === undefined ? {} : { usage: parts.usage }
  const finish = typeof parts.rawFinish === 'string' ? vocabulary[parts.rawFinish] : undefined
  if (finish === undefined) return malformed('the answer ends with an unknown finish_reason', billed)
  if (parts.toolCalls === undefined) return malformed('a tool call is not in the promised form', billed)
  const parsed = parseToolCalls(parts.toolCalls, finish === 'length')
  if (parsed === undefined) return malformed('the arguments of a tool call are not JSON', billed)
  const { toolCalls, truncated } = parsed
  if (finish === 'tool_calls' && toolCalls.length === 0)
    return malformed('the answer announces a tool call and has none', billed)
  const answered = finish === 'length' || finish === 'content_filter' || parts.refusal !== undefined
  if (parts.content === null && parts.toolCalls.length === 0 && !answered)
    return malformed('the answer has neither content nor tool calls', billed)
  // Some servers say `stop` beside tool calls; a caller who looks at finishReason alone would miss them.
  const finishReason =
    parts.refusal !== undefined
      ? 'content_filter'
      : toolCalls.length > 0 && finish === 'stop'
        ? 'tool_calls'
        : finish
  const answer: DecodedAnswer = {
    content: parts.content ?? '',
    toolCalls,
    finishReason,
    model: parts.model,
    id: parts.id,
    usage: parts.usage,
    ...(parts.refusal === undefined ? {} : { refusal: parts.refusal }),
    ...(parts.serviceTier === undefined ? {} : { serviceTier: parts.serviceTier }),
    ...(truncated.length === 0 ? {} : { truncatedToolCalls: truncated }),
  }
  return { ok: true, answer: target.structured === 'tool' ? liftAnswerTool(answer) : answer }
}

/** An answer that was given through the answer's tool becomes the content that the caller asked for. */
export function liftAnswerTool(answer: DecodedAnswer): DecodedAnswer {
  const given = answer.toolCalls.find((call) => call.name === ANSWER_TOOL)
  if (given === undefined) return answer
  return { ...answer, content: JSON.stringify(given.arguments), toolCalls: [], finishReason: 'stop' }
}

function readToolCalls(value: unknown): RawToolCall[] | undefined {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) return undefined
  const calls: RawToolCall[] = []
  for (const [index, item] of value.entries()) {
    if (!isRecord(item) || !isRecord(item.function) || typeof item.function.name !== 'string')
      return undefined
    const given = item.function.arguments
    calls.push({
      id: stringOr(item.id, `call_${index}`),
      name: item.function.name,
      // Local servers send an object where the API promises a string of JSON.
      arguments:
        typeof given === 'string'
          ? given
          : given === undefined || given === null
            ? ''
            : JSON.stringify(given),
    })
  }
  return calls
}

/** `prompt_tokens` counts what came from the cache as well. Undefined when it cannot be believed. */
export function readOpenAiUsage(value: unknown): LlmUsage | undefined {
  if (!isRecord(value)) return undefined
  const inputTokens = tokenCount(value.prompt_tokens)
  const outputTokens = tokenCount(value.completion_tokens)
  if (inputTokens === undefined || outputTokens === undefined) return undefined
  const promptDetails = isRecord(value.prompt_tokens_details) ? value.prompt_tokens_details : {}
  const outputDetails = isRecord(value.completion_tokens_details) ? value.completion_tokens_details : {}
  return {
    inputTokens,
    outputTokens,
    totalTokens: inputTokens + outputTokens,
    cacheReadTokens: Math.min(tokenCount(promptDetails.cached_tokens) ?? 0, inputTokens),
    cacheWriteTokens: 0,
    reasoningTokens: Math.min(tokenCount(outputDetails.reasoning_tokens) ?? 0, outputTokens),
    estimated: false,
  }
}
