import { classifyStatus, header, parseJson, readErrorBody } from './classify.ts'
import { encodeOpenAi } from './openai-request.ts'
import { decodeOpenAi, OPENAI_FINISH } from './openai-response.ts'
import { OpenAiStreamDecoder } from './openai-stream.ts'
import { ANTHROPIC_FINISH } from './anthropic.ts'
import { plainText } from './anthropic-request.ts'
import type { Adapter, EncodedRequest, EncodeTarget } from './adapter.ts'
import type { FinishVocabulary } from './openai-response.ts'
import type { LlmFailure } from '../errors.ts'
import type { LlmRequest } from '../messages.ts'
import type { ResponseHeaders } from '../transport/transport.ts'

/** Kong translates an answer's shape, but hands on the words of the provider behind it. */
const KONG_FINISH: FinishVocabulary = { ...ANTHROPIC_FINISH, ...OPENAI_FINISH }

/** ai-proxy's own limit unless the operator raised it. */
const DEFAULT_MAX_BODY_BYTES = 8192

/** Kong AI Gateway: OpenAI's shape for every provider, with what ai-proxy changes on the way. */
export const kongAdapter: Adapter = {
  encode: encodeKong,
  decode: (body, target) => decodeOpenAi(body, target, KONG_FINISH),
  decodeStream: (target) => new OpenAiStreamDecoder(target, KONG_FINISH),
  classify: classifyKong,
  metadata: kongMetadata,
}

/** What ai-proxy does not hand on to Anthropic. */
const DROPPED = [
  'topP',
  'stop',
  'seed',
  'user',
  'reasoningEffort',
  'serviceTier',
  'parallelToolCalls',
] as const

/** Of several system messages ai-proxy keeps the last for Anthropic, so they go as one. */
function encodeKong(request: LlmRequest, target: EncodeTarget): EncodedRequest {
  if (target.upstream === 'openai') return encodeOpenAi(request, target)
  const system = request.messages.filter(({ role }) => role === 'system')
  const others = request.messages.filter(({ role }) => role !== 'system')
  const merged =
    system.length < 2
      ? request.messages
      : [{ role: 'system' as const, content: system.map(plainText).join('\n\n') }, ...others]
  const dropped = DROPPED.filter((key) => request[key] !== undefined)
  const { body } = encodeOpenAi({ ...request, messages: merged }, target)
  return { body, warnings: dropped.map((key) => `Kong does not hand ${key} on to Anthropic`) }
}

function classifyKong(
  status: number,
  headers: ResponseHeaders,
  body: string,
  sentBytes: number,
  wallNow: number,
): LlmFailure {
  const failure = classifyStatus(status, headers, body, wallNow)
  const { message } = readErrorBody(parseJson(body))
  const explained = explainKong(status, message, sentBytes)
  return explained === undefined ? failure : { ...failure, ...explained }
}

/** Kong's words are short; this is what they mean. */
function explainKong(status: number, message: string, sentBytes: number): Partial<LlmFailure> | undefined {
  if (/cannot use own model/i.test(message))
    return {
      class: 'config',
      hint: 'The route pins the model: set kong.send_model: false for this provider, or name the pinned model.',
    }
  if (/model parameter not found/i.test(message))
    return { class: 'config', hint: 'The route pins no model: set kong.send_model: true for this provider.' }
  if (/response streaming is not enabled/i.test(message))
    return { class: 'config', hint: 'Set response_streaming: allow in the ai-proxy plugin of this route.' }
  const tooLarge = /content-type header does not match request body|request body file too big/i.test(message)
  if (status === 413 || (tooLarge && sentBytes > DEFAULT_MAX_BODY_BYTES))
    return {
      class: 'config',
      message: `HTTP ${status}: Kong refused a request of ${sentBytes} bytes, probably over max_request_body_size (default ${DEFAULT_MAX_BODY_BYTES})`,
      hint: 'Raise max_request_body_size in the ai-proxy plugin of this route.',
    }
  if (status === 404 && /no route matched/i.test(message))
    return {
      class: 'config',
      hint: 'Kong has no such route: compare kong.route in config/llm_router.yaml with kong.yaml.',
    }
  if (status === 401 && /no api key found|invalid authentication credentials|^unauthorized$/i.test(message))
    return {
      hint: "Kong wants its own key: set router.kong.api_key, and compare the header with the route's key-auth.",
    }
  if (status === 400 && message === 'bad request')
    return {
      class: 'request',
      hint: "Kong's prompt guard refused the request, or it has parts other than text.",
    }
  return undefined
}

function kongMetadata(headers: ResponseHeaders): Record<string, unknown> {
  const requestId =
    header(headers, 'x-kong-request-id') ?? header(headers, 'x-request-id') ?? header(headers, 'request-id')
  const number = (name: string): number | undefined => {
    const value = Number(header(headers, name) ?? Number.NaN)
    return Number.isFinite(value) ? value : undefined
  }
  const limits = Object.entries(headers).filter(([name]) => name.startsWith('x-ai-ratelimit-'))
  const kong = {
    model: header(headers, 'x-kong-llm-model'),
    upstreamLatencyMs: number('x-kong-upstream-latency'),
    proxyLatencyMs: number('x-kong-proxy-latency'),
    responseLatencyMs: number('x-kong-response-latency'),
    requestId: header(headers, 'x-kong-request-id'),
    rateLimit:
      limits.length === 0
        ? undefined
        : Object.fromEntries(limits.map(([name, value]) => [name, String(value)])),
  }
  return { ...(requestId === undefined ? {} : { requestId }), kong: withoutUndefined(kong) }
}

function withoutUndefined(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined))
}
