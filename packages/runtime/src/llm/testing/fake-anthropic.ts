import { isRecord } from '../adapters/adapter.ts'
import type { FakeAnswer, FakeError, FakeRequest } from './fake-answer.ts'
import { startFakeServer } from './fake-server.ts'
import type { FakeDialect, FakeServer } from './fake-server.ts'

const DEFAULT_TEXT = 'Hello from the fake provider.'

/** Starts a server that answers like Anthropic's messages API. */
export function startFakeAnthropic(options: { readonly port?: number } = {}): Promise<FakeServer> {
  return startFakeServer(anthropicDialect, options)
}

const anthropicDialect: FakeDialect = {
  basePath: '',
  check: (request) => {
    if (!request.path.startsWith('/v1/messages'))
      return { status: 404, type: 'not_found_error', message: 'Not Found' }
    if (request.headers['x-api-key'] === undefined && request.headers.authorization === undefined)
      return { status: 401, type: 'authentication_error', message: 'x-api-key header is required' }
    if (request.headers['anthropic-version'] === undefined)
      return invalid('anthropic-version: header is required')
    return checkMessages(request)
  },
  whole,
  frames,
  headers: () => ({ 'request-id': 'req_fake', 'anthropic-organization-id': 'org_fake' }),
  errorBody: anthropicErrorBody,
}

export function anthropicErrorBody({ message, type, code }: FakeError): unknown {
  const details = code === undefined ? {} : { details: { error_code: code } }
  return {
    type: 'error',
    error: { type: type ?? 'api_error', message: message ?? 'The fake was told to fail.', ...details },
    request_id: 'req_fake',
  }
}

function invalid(message: string): FakeError {
  return { status: 400, type: 'invalid_request_error', message }
}

/** The rules that translations break most often. */
function checkMessages({ body }: FakeRequest): FakeError | undefined {
  if (body === undefined) return invalid('The request body is not valid JSON')
  if (typeof body.max_tokens !== 'number') return invalid('max_tokens: Field required')
  if (typeof body.temperature === 'number' && (body.temperature < 0 || body.temperature > 1))
    return invalid('temperature: range: 0..1')
  const messages = Array.isArray(body.messages) ? body.messages.filter(isRecord) : []
  if (messages.length === 0) return invalid('messages: at least one message is required')
  let pending: unknown[] = []
  for (const [index, message] of messages.entries()) {
    if (message.role !== 'user' && message.role !== 'assistant')
      return invalid(`messages.${index}.role: Unexpected role "${String(message.role)}"`)
    const blocks = Array.isArray(message.content)
      ? message.content.filter(isRecord)
      : [{ type: 'text', text: message.content }]
    if (blocks.length === 0 && index < messages.length - 1)
      return invalid(`messages.${index}: all messages must have non-empty content`)
    if (blocks.some(({ type, text }) => type === 'text' && String(text).trim() === ''))
      return invalid(`messages.${index}: text content blocks must contain non-whitespace text`)
    const answered = blocks.filter(({ type }) => type === 'tool_result').map(({ tool_use_id }) => tool_use_id)
    const missing = pending.filter((id) => !answered.includes(id))
    if (missing.length > 0)
      return invalid(
        `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing.map(String).join(', ')}`,
      )
    const firstOther = blocks.findIndex(({ type }) => type !== 'tool_result')
    if (firstOther !== -1 && blocks.slice(firstOther).some(({ type }) => type === 'tool_result'))
      return invalid(`messages.${index}: \`tool_result\` blocks must come first`)
    pending = blocks.filter(({ type }) => type === 'tool_use').map(({ id }) => id)
  }
  return undefined
}

const USAGE = {
  input_tokens: 12,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
  output_tokens: 6,
  service_tier: 'standard',
}

function modelOf(request: FakeRequest, answer: FakeAnswer): string {
  return answer.model ?? (typeof request.body?.model === 'string' ? request.body.model : 'claude-fake')
}

function finishOf(answer: FakeAnswer): string | null {
  if (answer.finishReason !== undefined) return answer.finishReason
  return (answer.toolCalls ?? []).length > 0
    ? 'tool_use'
    : answer.refusal === undefined
      ? 'end_turn'
      : 'refusal'
}

function textOf(answer: FakeAnswer): string {
  return answer.text ?? answer.refusal ?? ((answer.toolCalls ?? []).length > 0 ? '' : DEFAULT_TEXT)
}

function toolBlocks(answer: FakeAnswer): { type: 'tool_use'; id: string; name: string; input: unknown }[] {
  return (answer.toolCalls ?? []).map((call, index) => ({
    type: 'tool_use',
    id: call.id ?? `toolu_fake_${index}`,
    name: call.name,
    input: call.arguments,
  }))
}

function message(request: FakeRequest, answer: FakeAnswer): Record<string, unknown> {
  return { id: 'msg_fake', type: 'message', role: 'assistant', model: modelOf(request, answer) }
}

function whole(request: FakeRequest, answer: FakeAnswer): Record<string, unknown> {
  const text = textOf(answer)
  return {
    ...message(request, answer),
    content: [...(text === '' ? [] : [{ type: 'text', text }]), ...toolBlocks(answer)],
    stop_reason: finishOf(answer),
    stop_sequence: null,
    usage: answer.usage === undefined ? USAGE : answer.usage,
  }
}

/** Named events; figures of the end replace those of the beginning. */
function frames(request: FakeRequest, answer: FakeAnswer): string[] {
  const event = (type: string, data: Record<string, unknown>): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`
  const usage = answer.usage === undefined ? USAGE : answer.usage
  const beginning = isRecord(usage) ? { ...usage, output_tokens: 1 } : usage
  const text = textOf(answer)
  const blocks: string[][] = []
  if (text !== '')
    blocks.push([
      event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
      event('ping', {}),
      ...(text.match(/\S+\s*|\s+/g) ?? []).map((word) =>
        event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: word } }),
      ),
      event('content_block_stop', { index: 0 }),
    ])
  for (const block of toolBlocks(answer)) {
    const index = blocks.length
    const json =
      typeof block.input === 'string'
        ? block.input
        : isRecord(block.input) && Object.keys(block.input).length === 0
          ? ''
          : JSON.stringify(block.input)
    blocks.push([
      event('content_block_start', {
        index,
        content_block: { type: 'tool_use', id: block.id, name: block.name, input: {} },
      }),
      ...['', ...(json.match(/.{1,7}/gs) ?? [])].map((fragment) =>
        event('content_block_delta', { index, delta: { type: 'input_json_delta', partial_json: fragment } }),
      ),
      event('content_block_stop', { index }),
    ])
  }
  return [
    event('message_start', {
      message: {
        ...message(request, answer),
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: beginning,
      },
    }),
    ...blocks.flat(),
    event('message_delta', { delta: { stop_reason: finishOf(answer), stop_sequence: null }, usage }),
    event('message_stop', {}),
  ]
}
