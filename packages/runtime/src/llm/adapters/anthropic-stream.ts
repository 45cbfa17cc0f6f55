import { classifyInBand, parseJson } from './classify.ts'
import { isRecord, malformed, stringOr } from './adapter.ts'
import { assembleAnthropic, readAnthropicUsage } from './anthropic.ts'
import type { Decoded, EncodeTarget, StreamDecoder, StreamPiece } from './adapter.ts'
import type { LlmFailure } from '../errors.ts'
import type { LlmUsage } from '../messages.ts'
import type { SseEvent } from '../sse.ts'

const NOTHING: readonly StreamPiece[] = []

interface GrowingCall {
  readonly id: string
  readonly name: string
  arguments: string
  /** Position among the tool calls, which is what a reader counts by. */
  readonly position: number
}

/** Puts the named events of `/v1/messages` together. */
export class AnthropicStreamDecoder implements StreamDecoder {
  done = false
  text = ''
  model: string | undefined
  readonly #target: EncodeTarget
  readonly #calls = new Map<unknown, GrowingCall>()
  /** Figures as they came: later ones replace earlier ones, field by field. */
  #usage: Record<string, unknown> = {}
  #stopReason: unknown
  #id: string | undefined

  constructor(target: EncodeTarget) {
    this.#target = target
  }

  get usage(): LlmUsage | undefined {
    return readAnthropicUsage(this.#usage)
  }

  push(event: SseEvent): readonly StreamPiece[] | LlmFailure {
    const data = parseJson(event.data)
    if (!isRecord(data)) return { class: 'malformed_response', message: 'an event of the stream is not JSON' }
    switch (data.type ?? event.event) {
      case 'content_block_delta':
        return this.#readDelta(data)
      case 'content_block_start':
        return this.#startBlock(data)
      case 'message_start':
        this.#startMessage(data)
        return NOTHING
      case 'message_delta':
        if (isRecord(data.delta) && data.delta.stop_reason != null) this.#stopReason = data.delta.stop_reason
        this.#takeUsage(data.usage)
        return NOTHING
      case 'message_stop':
        this.done = true
        return NOTHING
      case 'error':
        return classifyInBand(data.error, true)
      default:
        return NOTHING
    }
  }

  finish(): Decoded {
    const { usage } = this
    if (!this.done && this.#stopReason === undefined)
      return malformed('the stream ended before the answer did', usage === undefined ? {} : { usage })
    return assembleAnthropic(
      {
        content: this.text,
        calls: [...this.#calls.values()],
        rawFinish: this.#stopReason,
        model: this.model,
        id: this.#id,
        usage,
        serviceTier: stringOr(this.#usage.service_tier, undefined),
      },
      this.#target,
    )
  }

  #startMessage(data: Record<string, unknown>): void {
    if (!isRecord(data.message)) return
    this.model = stringOr(data.message.model, undefined)
    this.#id = stringOr(data.message.id, undefined)
    this.#takeUsage(data.message.usage)
  }

  #takeUsage(usage: unknown): void {
    if (!isRecord(usage)) return
    const given = Object.entries(usage).filter(([, value]) => value !== null)
    this.#usage = { ...this.#usage, ...Object.fromEntries(given) }
  }

  #startBlock(data: Record<string, unknown>): readonly StreamPiece[] {
    const block = isRecord(data.content_block) ? data.content_block : {}
    if (block.type === 'text' && typeof block.text === 'string') return this.#addText(block.text)
    if (block.type !== 'tool_use') return NOTHING
    const input =
      isRecord(block.input) && Object.keys(block.input).length > 0 ? JSON.stringify(block.input) : ''
    const call = {
      id: stringOr(block.id, `call_${this.#calls.size}`),
      name: stringOr(block.name, ''),
      arguments: input,
      position: this.#calls.size,
    }
    this.#calls.set(data.index, call)
    return [{ type: 'tool_call_delta', index: call.position, id: call.id, name: call.name, arguments: input }]
  }

  #readDelta(data: Record<string, unknown>): readonly StreamPiece[] {
    const delta = isRecord(data.delta) ? data.delta : {}
    if (typeof delta.text === 'string') return this.#addText(delta.text)
    if (typeof delta.partial_json !== 'string') return NOTHING
    const call = this.#calls.get(data.index)
    if (call === undefined) return NOTHING
    call.arguments += delta.partial_json
    return delta.partial_json === ''
      ? NOTHING
      : [{ type: 'tool_call_delta', index: call.position, arguments: delta.partial_json }]
  }

  #addText(text: string): readonly StreamPiece[] {
    if (text === '') return NOTHING
    this.text += text
    return [{ type: 'text', text }]
  }
}
