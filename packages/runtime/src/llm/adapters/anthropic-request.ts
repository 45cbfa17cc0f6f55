import { ANSWER_TOOL, isRecord } from './adapter.ts'
import { answerTool, forcedChoice } from './openai-request.ts'
import type { EncodedRequest, EncodeTarget } from './adapter.ts'
import type { ContentPart, LlmMessage, LlmRequest, LlmTool, LlmToolChoice } from '../messages.ts'

/** The API has no default for `max_tokens`. */
const DEFAULT_MAX_TOKENS = 4096

type Block = Record<string, unknown>
interface Turn {
  readonly role: 'user' | 'assistant'
  readonly content: Block[]
}

/**
 * Writes the body of `POST /v1/messages`. The API is stricter than the message model: system text stands apart,
 * users and assistants alternate, the user begins, nothing is empty, and all results of one turn's tools come
 * together, before any text.
 */
export function encodeAnthropic(request: LlmRequest, target: EncodeTarget): EncodedRequest {
  const warnings: string[] = []
  const { schema } = request
  const throughTool = schema !== undefined && target.structured === 'tool'
  const tools = throughTool ? [...(request.tools ?? []), answerTool(schema)] : (request.tools ?? [])
  const choice = throughTool ? forcedChoice(request) : request.toolChoice
  const system = request.messages
    .filter(({ role }) => role === 'system')
    .map(plainText)
    .filter(Boolean)
  const stop = (typeof request.stop === 'string' ? [request.stop] : (request.stop ?? [])).filter(
    (text) => text.trim() !== '',
  )
  const body = {
    model: target.sendModel ? target.model : undefined,
    max_tokens: request.maxTokens ?? DEFAULT_MAX_TOKENS,
    system: system.length === 0 ? undefined : system.join('\n\n'),
    messages: encodeTurns(request.messages, target.prefill),
    temperature: clampTemperature(request.temperature, warnings),
    top_p: request.topP,
    stop_sequences: stop.length === 0 ? undefined : stop,
    tools: tools.length === 0 ? undefined : tools.map(encodeTool),
    tool_choice: tools.length === 0 ? undefined : encodeToolChoice(choice, request.parallelToolCalls),
    output_config:
      schema !== undefined && target.structured === 'native'
        ? { format: { type: 'json_schema', schema: schema.schema } }
        : undefined,
    metadata: request.user === undefined ? undefined : { user_id: request.user },
    service_tier:
      request.serviceTier === 'auto' || request.serviceTier === 'standard_only'
        ? request.serviceTier
        : undefined,
    stream: target.stream ? true : undefined,
  }
  for (const key of ['seed', 'reasoningEffort'] as const)
    if (request[key] !== undefined) warnings.push(`${key} is not known to Anthropic and was left out`)
  return { body: JSON.stringify(body), warnings }
}

function encodeTurns(messages: readonly LlmMessage[], prefill: string | undefined): Turn[] {
  const turns: Turn[] = []
  const add = (role: Turn['role'], blocks: readonly Block[]): void => {
    const last = turns.at(-1)
    if (blocks.length === 0) return
    if (last?.role === role) last.content.push(...blocks)
    else turns.push({ role, content: [...blocks] })
  }
  for (const message of messages) {
    if (message.role === 'assistant') add('assistant', assistantBlocks(message))
    else if (message.role === 'tool') add('user', [toolResult(message)])
    else if (message.role === 'user') add('user', contentBlocks(message.content))
  }
  if (prefill !== undefined && prefill.trim() !== '')
    add('assistant', [{ type: 'text', text: prefill.trimEnd() }])
  if (turns[0]?.role !== 'user') turns.unshift({ role: 'user', content: [{ type: 'text', text: 'Begin.' }] })
  for (const turn of turns) if (turn.role === 'user') resultsFirst(turn.content)
  return turns
}

/** Stable, so that results keep the order of their calls. */
function resultsFirst(content: Block[]): void {
  content.sort((a, b) => Number(b.type === 'tool_result') - Number(a.type === 'tool_result'))
}

function assistantBlocks(message: LlmMessage): Block[] {
  const calls = (message.toolCalls ?? []).map((call) => ({
    type: 'tool_use',
    id: legalId(call.id),
    name: call.name,
    input: isRecord(call.arguments) ? call.arguments : {},
  }))
  return [...contentBlocks(message.content), ...calls]
}

function toolResult(message: LlmMessage): Block {
  const content = typeof message.content === 'string' ? message.content : contentBlocks(message.content)
  return {
    type: 'tool_result',
    tool_use_id: legalId(message.toolCallId ?? ''),
    ...(content.length === 0 ? {} : { content }),
    ...(message.isError === true ? { is_error: true } : {}),
  }
}

/** The API takes letters, digits, `_` and `-` only; ids that came from elsewhere are mapped alike in call and result. */
function legalId(id: string): string {
  return id.replace(/[^A-Za-z0-9_-]/g, '_')
}

/** Blocks without text are refused, so they are left out. */
function contentBlocks(content: LlmMessage['content']): Block[] {
  if (typeof content === 'string') return content.trim() === '' ? [] : [{ type: 'text', text: content }]
  return content.flatMap((part) => {
    if (part.type === 'image') return [imageBlock(part)]
    return part.text.trim() === '' ? [] : [{ type: 'text', text: part.text }]
  })
}

const DATA_URL = /^data:([^;,]+);base64,(.*)$/s

function imageBlock(part: Extract<ContentPart, { type: 'image' }>): Block {
  if ('data' in part) return base64Image(part.mediaType, part.data)
  const [, mediaType, data] = DATA_URL.exec(part.url) ?? []
  if (mediaType !== undefined && data !== undefined) return base64Image(mediaType, data)
  return { type: 'image', source: { type: 'url', url: part.url } }
}

function base64Image(mediaType: string, data: string): Block {
  return { type: 'image', source: { type: 'base64', media_type: mediaType, data } }
}

/** The text of a message, images left out. */
export function plainText(message: LlmMessage): string {
  if (typeof message.content === 'string') return message.content
  return message.content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n')
}

function encodeTool(tool: LlmTool): Block {
  return {
    name: tool.name,
    description: tool.description,
    input_schema: { type: 'object', ...tool.parameters },
  }
}

function encodeToolChoice(
  choice: LlmToolChoice | undefined,
  parallel: boolean | undefined,
): Block | undefined {
  const single = parallel === false ? { disable_parallel_tool_use: true } : {}
  if (choice === undefined) return parallel === false ? { type: 'auto', ...single } : undefined
  if (choice === 'none') return { type: 'none' }
  if (choice === 'auto') return { type: 'auto', ...single }
  if (choice === 'required') return { type: 'any', ...single }
  return {
    type: 'tool',
    name: choice.name,
    ...(choice.name === ANSWER_TOOL ? { disable_parallel_tool_use: true } : single),
  }
}

function clampTemperature(temperature: number | undefined, warnings: string[]): number | undefined {
  if (temperature === undefined || (temperature >= 0 && temperature <= 1)) return temperature
  warnings.push(`temperature ${temperature} is outside 0..1 and was clamped`)
  return Math.min(Math.max(temperature, 0), 1)
}
