import { ANSWER_TOOL } from './adapter.ts'
import type { EncodedRequest, EncodeTarget } from './adapter.ts'
import type {
  ContentPart,
  LlmAnswerSchema,
  LlmMessage,
  LlmRequest,
  LlmTool,
  LlmToolChoice,
} from '../messages.ts'

/** Writes the body of `POST /chat/completions`. */
export function encodeOpenAi(request: LlmRequest, target: EncodeTarget): EncodedRequest {
  const { schema } = request
  const throughTool = schema !== undefined && target.structured === 'tool'
  const tools = throughTool ? [...(request.tools ?? []), answerTool(schema)] : (request.tools ?? [])
  const choice = throughTool ? forcedChoice(request) : request.toolChoice
  const messages = request.messages.map(encodeMessage)
  if (target.prefill !== undefined) messages.push({ role: 'assistant', content: target.prefill })
  const body = {
    model: target.sendModel ? target.model : undefined,
    messages,
    temperature: request.temperature,
    top_p: request.topP,
    [target.maxTokensParameter]: request.maxTokens,
    stop: request.stop,
    seed: request.seed,
    tools: tools.length === 0 ? undefined : tools.map(encodeTool),
    tool_choice: tools.length === 0 || choice === undefined ? undefined : encodeToolChoice(choice),
    parallel_tool_calls: tools.length === 0 ? undefined : request.parallelToolCalls,
    response_format:
      schema !== undefined && target.structured === 'native' ? responseFormat(schema) : undefined,
    reasoning_effort: request.reasoningEffort,
    service_tier: request.serviceTier,
    user: request.user,
    stream: target.stream ? true : undefined,
    stream_options: target.stream ? { include_usage: true } : undefined,
  }
  return { body: JSON.stringify(body), warnings: [] }
}

/** With tools beside it the model may use any of them first; alone the answer's tool is forced. */
export function forcedChoice(request: LlmRequest): LlmToolChoice {
  return (request.tools ?? []).length > 0 ? 'required' : { name: ANSWER_TOOL }
}

export function answerTool(schema: LlmAnswerSchema): LlmTool {
  return {
    name: ANSWER_TOOL,
    description: schema.description ?? 'Gives the final answer.',
    parameters: schema.schema,
  }
}

function encodeMessage(message: LlmMessage): Record<string, unknown> {
  const content = typeof message.content === 'string' ? message.content : message.content.map(encodePart)
  if (message.role === 'tool') return { role: 'tool', tool_call_id: message.toolCallId ?? '', content }
  if (message.toolCalls === undefined || message.toolCalls.length === 0)
    return { role: message.role, content }
  return {
    role: message.role,
    content: content.length === 0 ? null : content,
    tool_calls: message.toolCalls.map((call) => ({
      id: call.id,
      type: 'function',
      function: { name: call.name, arguments: JSON.stringify(call.arguments ?? {}) },
    })),
  }
}

function encodePart(part: ContentPart): Record<string, unknown> {
  if (part.type === 'text') return { type: 'text', text: part.text }
  const url = 'url' in part ? part.url : `data:${part.mediaType};base64,${part.data}`
  return {
    type: 'image_url',
    image_url: { url, ...(part.detail === undefined ? {} : { detail: part.detail }) },
  }
}

function encodeTool(tool: LlmTool): Record<string, unknown> {
  return {
    type: 'function',
    function: {
      name: tool.name,
      description: tool.description,
      parameters: tool.parameters,
      strict: tool.strict,
    },
  }
}

function encodeToolChoice(choice: LlmToolChoice): unknown {
  return typeof choice === 'string' ? choice : { type: 'function', function: { name: choice.name } }
}

function responseFormat(schema: LlmAnswerSchema): Record<string, unknown> {
  return {
    type: 'json_schema',
    json_schema: {
      name: schema.name ?? ANSWER_TOOL,
      description: schema.description,
      schema: schema.schema,
      strict: isStrict(schema.schema),
    },
  }
}

/** `strict` is refused unless every object is closed and requires all of its properties. */
function isStrict(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(isStrict)
  if (typeof schema !== 'object' || schema === null) return true
  const { properties, required, additionalProperties } = schema as Record<string, unknown>
  if (typeof properties === 'object' && properties !== null) {
    const names: readonly unknown[] = Array.isArray(required) ? required : []
    if (additionalProperties !== false || !Object.keys(properties).every((name) => names.includes(name)))
      return false
    return Object.values(properties).every(isStrict)
  }
  return Object.values(schema).every(isStrict)
}
