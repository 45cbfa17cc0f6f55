import { isRecord } from '../adapters/adapter.ts'
import type { FakeAnswer, FakeError, FakeRequest } from './fake-answer.ts'
import { startFakeServer } from './fake-server.ts'
import type { FakeDialect, FakeServer } from './fake-server.ts'

const DEFAULT_TEXT = 'Hello from the fake provider.'

/** Starts a server that answers like OpenAI's chat completions. */
export function startFakeOpenAi(options: { readonly port?: number } = {}): Promise<FakeServer> {
  return startFakeServer(openAiDialect, options)
}

const openAiDialect: FakeDialect = {
  basePath: '/v1',
  check: (request) => {
    if (!request.path.startsWith('/v1/chat/completions'))
      return {
        status: 404,
        message: `Unknown request URL: POST ${request.path}`,
        type: 'invalid_request_error',
        code: 'unknown_url',
      }
    if (request.headers.authorization === undefined)
      return { status: 401, message: "You didn't provide an API key.", type: 'invalid_request_error' }
    return checkChat(request)
  },
  whole: openAiWhole,
  frames: openAiFrames,
  headers: () => ({
    'x-request-id': 'req_fake',
    'openai-processing-ms': '5',
    'openai-version': '2020-10-01',
  }),
  errorBody: openAiErrorBody,
}

/** What every API of this shape refuses. */
export function checkChat({ body }: FakeRequest): FakeError | undefined {
  const invalid = (message: string): FakeError => ({ status: 400, message, type: 'invalid_request_error' })
  if (body === undefined) return invalid('We could not parse the JSON body of your request.')
  if (!Array.isArray(body.messages) || body.messages.length === 0)
    return invalid("'messages' must not be empty")
  const open = new Set<unknown>()
  for (const message of body.messages.filter(isRecord)) {
    if (message.role === 'tool' && !open.delete(message.tool_call_id))
      return invalid("messages with role 'tool' must be a response to a preceding message with 'tool_calls'.")
    if (Array.isArray(message.tool_calls))
      for (const call of message.tool_calls.filter(isRecord)) open.add(call.id)
  }
  return undefined
}

export function openAiErrorBody({ message, type, code }: FakeError): unknown {
  return {
    error: {
      message: message ?? 'The fake was told to fail.',
      type: type ?? 'server_error',
      param: null,
      code: code ?? null,
    },
  }
}

function toolCallsOf(answer: FakeAnswer): Record<string, unknown>[] {
  return (answer.toolCalls ?? []).map((call, index) => ({
    id: call.id ?? `call_fake_${index}`,
    type: 'function',
    function: {
      name: call.name,
      arguments: typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments),
    },
  }))
}

function finishOf(answer: FakeAnswer): string | null {
  if (answer.finishReason !== undefined) return answer.finishReason
  return (answer.toolCalls ?? []).length > 0 ? 'tool_calls' : 'stop'
}

const USAGE = {
  prompt_tokens: 12,
  completion_tokens: 6,
  total_tokens: 18,
  prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
  completion_tokens_details: {
    reasoning_tokens: 0,
    audio_tokens: 0,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0,
  },
}

function modelOf(request: FakeRequest, answer: FakeAnswer): string {
  return answer.model ?? (typeof request.body?.model === 'string' ? request.body.model : 'gpt-fake')
}

export function openAiWhole(request: FakeRequest, answer: FakeAnswer): Record<string, unknown> {
  const calls = toolCallsOf(answer)
  return {
    id: 'chatcmpl-fake',
    object: 'chat.completion',
    created: 1700000000,
    model: modelOf(request, answer),
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content:
            answer.refusal !== undefined || calls.length > 0
              ? (answer.text ?? null)
              : (answer.text ?? DEFAULT_TEXT),
          refusal: answer.refusal ?? null,
          ...(calls.length === 0 ? {} : { tool_calls: calls }),
          annotations: [],
        },
        logprobs: null,
        finish_reason: finishOf(answer),
      },
    ],
    usage: answer.usage === undefined ? USAGE : answer.usage,
    service_tier: 'default',
    system_fingerprint: 'fp_fake',
  }
}

/** Frames of the stream; arguments come in fragments, the usage in a chunk of its own when it was asked for. */
export function openAiFrames(request: FakeRequest, answer: FakeAnswer): string[] {
  const withUsage =
    isRecord(request.body?.stream_options) && request.body.stream_options.include_usage === true
  const chunk = (choices: readonly unknown[], usage: unknown = null): string =>
    `data: ${JSON.stringify({
      id: 'chatcmpl-fake',
      object: 'chat.completion.chunk',
      created: 1700000000,
      model: modelOf(request, answer),
      service_tier: 'default',
      system_fingerprint: 'fp_fake',
      choices,
      ...(withUsage ? { usage } : {}),
    })}\n\n`
  const delta = (piece: unknown, finish: string | null = null): string =>
    chunk([{ index: 0, delta: piece, logprobs: null, finish_reason: finish }])
  const calls = toolCallsOf(answer)
  const text = answer.text ?? (calls.length > 0 || answer.refusal !== undefined ? '' : DEFAULT_TEXT)
  return [
    delta({ role: 'assistant', content: calls.length > 0 ? null : '', refusal: null }),
    ...(answer.refusal === undefined ? [] : [delta({ refusal: answer.refusal })]),
    ...(text.match(/\S+\s*|\s+/g) ?? []).map((word) => delta({ content: word })),
    ...calls.flatMap((call, index) => callDeltas(call, index).map((piece) => delta(piece))),
    delta({}, finishOf(answer)),
    ...(withUsage && answer.usage !== null ? [chunk([], answer.usage ?? USAGE)] : []),
    'data: [DONE]\n\n',
  ]
}

function callDeltas(call: Record<string, unknown>, index: number): unknown[] {
  const { name, arguments: text } = call.function as { name: string; arguments: string }
  const fragments = text.match(/.{1,7}/gs) ?? []
  return [
    { tool_calls: [{ index, id: call.id, type: 'function', function: { name, arguments: '' } }] },
    ...fragments.map((fragment) => ({ tool_calls: [{ index, function: { arguments: fragment } }] })),
  ]
}
