import { classifyInBand, parseJson } from './classify.ts'
import { isRecord, malformed, stringOr } from './adapter.ts'
import { assembleOpenAi, readOpenAiUsage } from './openai-response.ts'
import type { Decoded, EncodeTarget, StreamDecoder, StreamPiece } from './adapter.ts'
import type { FinishVocabulary } from './openai-response.ts'
import type { LlmFailure } from '../errors.ts'
import type { LlmUsage } from '../messages.ts'
import type { SseEvent } from '../sse.ts'

const NOTHING: readonly StreamPiece[] = []

interface GrowingCall {
  id: string
  name: string
  arguments: string
}

/** Puts the chunks of `/chat/completions` together. */
export class OpenAiStreamDecoder implements StreamDecoder {
  done = false
  text = ''
  model: string | undefined
  usage: LlmUsage | undefined
  readonly #target: EncodeTarget
  readonly #vocabulary: FinishVocabulary
  readonly #calls = new Map<number, GrowingCall>()
  #finish: unknown
  #refusal: string | undefined
  #id: string | undefined
  #serviceTier: string | undefined

  constructor(target: EncodeTarget, vocabulary: FinishVocabulary) {
    this.#target = target
    this.#vocabulary = vocabulary
  }

  push(event: SseEvent): readonly StreamPiece[] | LlmFailure {
    if (event.data === '[DONE]') {
      this.done = true
      return NOTHING
    }
    const chunk = parseJson(event.data)
    if (!isRecord(chunk)) return { class: 'malformed_response', message: 'a chunk of the stream is not JSON' }
    if (chunk.error !== undefined && chunk.error !== null && chunk.error !== false)
      return classifyInBand(chunk.error === true ? chunk : chunk.error, true)
    this.model ??= stringOr(chunk.model, undefined)
    this.#id ??= stringOr(chunk.id, undefined)
    this.#serviceTier ??= stringOr(chunk.service_tier, undefined)
    if (isRecord(chunk.usage)) this.usage = readOpenAiUsage(chunk.usage) ?? this.usage
    const choice: unknown = Array.isArray(chunk.choices) ? chunk.choices[0] : undefined
    if (!isRecord(choice)) return NOTHING
    if (choice.finish_reason !== undefined && choice.finish_reason !== null)
      this.#finish = choice.finish_reason
    return isRecord(choice.delta) ? this.#readDelta(choice.delta) : NOTHING
  }

  finish(): Decoded {
    if (this.#finish === undefined && !this.done)
      return malformed(
        'the stream ended before the answer did',
        this.usage === undefined ? {} : { usage: this.usage },
      )
    const calls = [...this.#calls.entries()].sort(([a], [b]) => a - b).map(([, call]) => call)
    const empty = this.text === '' && calls.length === 0
    return assembleOpenAi(
      {
        // A stream that says nothing but how it ended is an empty answer, not a missing one.
        content: this.text === '' && (calls.length > 0 || this.#finish === undefined) ? null : this.text,
        refusal: this.#refusal,
        rawFinish: this.#finish ?? (empty ? undefined : calls.length > 0 ? 'tool_calls' : 'stop'),
        toolCalls: calls.every((call) => call.name !== '') ? calls : undefined,
        model: this.model,
        id: this.#id,
        usage: this.usage,
        serviceTier: this.#serviceTier,
      },
      this.#target,
      this.#vocabulary,
    )
  }

  #readDelta(delta: Record<string, unknown>): readonly StreamPiece[] {
    if (typeof delta.refusal === 'string') this.#refusal = (this.#refusal ?? '') + delta.refusal
    const hasText = typeof delta.content === 'string' && delta.content !== ''
    if (!Array.isArray(delta.tool_calls)) {
      if (!hasText) return NOTHING
      this.text += delta.content as string
      return [{ type: 'text', text: delta.content as string }]
    }
    const pieces: StreamPiece[] = []
    if (hasText) {
      this.text += delta.content as string
      pieces.push({ type: 'text', text: delta.content as string })
    }
    for (const [position, item] of delta.tool_calls.entries()) {
      if (isRecord(item)) pieces.push(this.#readCall(item, position))
    }
    return pieces
  }

  /** Id and name come with the first delta of an index, arguments in pieces that may interleave. */
  #readCall(item: Record<string, unknown>, position: number): StreamPiece {
    const index = typeof item.index === 'number' ? item.index : position
    const part = isRecord(item.function) ? item.function : {}
    const fragment = stringOr(part.arguments, '')
    const known = this.#calls.get(index)
    if (known !== undefined) {
      known.arguments += fragment
      return { type: 'tool_call_delta', index, arguments: fragment }
    }
    const call = {
      id: stringOr(item.id, `call_${index}`),
      name: stringOr(part.name, ''),
      arguments: fragment,
    }
    this.#calls.set(index, call)
    return { type: 'tool_call_delta', index, id: call.id, name: call.name, arguments: fragment }
  }
}
