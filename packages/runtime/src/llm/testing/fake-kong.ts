import { ANTHROPIC_FINISH } from '../adapters/anthropic.ts'
import { isRecord } from '../adapters/adapter.ts'
import { checkChat, openAiErrorBody, openAiFrames, openAiWhole } from './fake-openai.ts'
import type { FakeAnswer, FakeError, FakeRequest } from './fake-answer.ts'
import { startFakeServer } from './fake-server.ts'
import type { FakeDialect, FakeServer } from './fake-server.ts'

/** A route of the gateway, with ai-proxy on it. */
export interface FakeKongRoute {
  readonly path: string
  readonly provider: 'openai' | 'anthropic'
  /** The model that the route pins. */
  readonly model?: string
}

export interface FakeKongOptions {
  readonly port?: number
  readonly routes: readonly FakeKongRoute[]
  /** With it the gateway wants this key in the header `apikey`. */
  readonly apiKey?: string
  /** ai-proxy's `max_request_body_size`, in bytes. */
  readonly maxBodyBytes?: number
}

/** Starts a server that answers like Kong AI Gateway: routing, key-auth, and what ai-proxy does to both directions. */
export function startFakeKong(options: FakeKongOptions): Promise<FakeServer> {
  return startFakeServer(kongDialect(options), options.port === undefined ? {} : { port: options.port })
}

function kongDialect({ routes, apiKey, maxBodyBytes = 8192 }: FakeKongOptions): FakeDialect {
  const routeOf = (request: FakeRequest): FakeKongRoute | undefined =>
    routes.find(({ path }) => request.path.split('?')[0] === path)
  return {
    basePath: '',
    check: (request) => {
      const route = routeOf(request)
      if (route === undefined)
        return { status: 404, type: 'kong', message: 'no Route matched with those values' }
      if (apiKey !== undefined && request.headers.apikey !== apiKey)
        return {
          status: 401,
          type: 'kong',
          message: request.headers.apikey === undefined ? 'No API key found in request' : 'Unauthorized',
        }
      return checkProxy(request, route, maxBodyBytes)
    },
    whole: (request, answer) => kongWhole(request, answer, routeOf(request)),
    frames: (request, answer) => kongFrames(request, answer, routeOf(request)),
    headers: (request) => headersFor(request, routeOf(request)),
    errorBody: (error) => errorBody(error),
  }
}

/** The rules of ai-proxy's normalize-request. */
function checkProxy(request: FakeRequest, route: FakeKongRoute, maxBodyBytes: number): FakeError | undefined {
  const refused = (message: string): FakeError => ({ status: 400, type: 'ai-proxy', message })
  if (request.body === undefined || Buffer.byteLength(request.text) > maxBodyBytes)
    return refused('content-type header does not match request body, or bad JSON formatting')
  const { model, messages } = request.body
  if (route.model !== undefined && model !== undefined && model !== route.model)
    return refused(`cannot use own model - must be: ${route.model}`)
  if (route.model === undefined && model === undefined)
    return refused('model parameter not found in request, nor in gateway configuration')
  if (!Array.isArray(messages)) return refused("request body doesn't contain valid prompts")
  return checkChat(request)
}

/** Kong's own errors have a shape of their own; its AI plugins say `{error:{message}}`. */
function errorBody(error: FakeError): unknown {
  if (error.type === 'kong')
    return { message: error.message ?? 'An unexpected error occurred', request_id: 'kong-request-fake' }
  if (error.type === 'ai-proxy') return { error: { message: error.message } }
  return openAiErrorBody(error)
}

function headersFor(request: FakeRequest, route: FakeKongRoute | undefined): Record<string, string> {
  const own = { 'x-kong-request-id': 'kong-request-fake', server: 'kong/3.9.0' }
  if (route === undefined) return { ...own, 'x-kong-response-latency': '1' }
  return {
    ...own,
    via: '1.1 kong/3.9.0',
    'x-kong-upstream-latency': '12',
    'x-kong-proxy-latency': '2',
    'x-kong-llm-model': `${route.provider}/${route.model ?? String(request.body?.model)}`,
  }
}

const BACK_TO_ANTHROPIC: Readonly<Record<string, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
}

/** ai-proxy hands Anthropic's own stop reason on, and leaves out id, creation time and cache figures. */
function kongWhole(
  request: FakeRequest,
  answer: FakeAnswer,
  route: FakeKongRoute | undefined,
): Record<string, unknown> {
  const named = { ...answer, model: answer.model ?? route?.model ?? 'kong-fake' }
  const whole = openAiWhole(request, named)
  if (route?.provider !== 'anthropic') return whole
  const [choice] = whole.choices as Record<string, unknown>[]
  const finish = String(choice?.finish_reason)
  return {
    object: 'chat.completion',
    model: whole.model,
    choices: [
      {
        ...choice,
        finish_reason: finish in ANTHROPIC_FINISH ? finish : (BACK_TO_ANTHROPIC[finish] ?? finish),
      },
    ],
    usage:
      answer.usage === undefined
        ? { prompt_tokens: 12, completion_tokens: 6, total_tokens: 18 }
        : answer.usage,
  }
}

/** For Anthropic: no finish, no usage, tool calls lost, and an end mark without its blank line. */
function kongFrames(request: FakeRequest, answer: FakeAnswer, route: FakeKongRoute | undefined): string[] {
  const named = { ...answer, model: answer.model ?? route?.model ?? 'kong-fake' }
  if (route?.provider !== 'anthropic') return openAiFrames(request, named)
  const text = answer.text ?? ((answer.toolCalls ?? []).length > 0 ? '' : 'Hello from the fake provider.')
  const frame = (delta: Record<string, unknown>): string =>
    `data: ${JSON.stringify({ object: 'chat.completion.chunk', model: named.model, choices: [{ index: 0, delta, finish_reason: null }] })}\n\n`
  const lost = (answer.toolCalls ?? []).map(() => frame({ content: '' }))
  const words = (text.match(/\S+\s*|\s+/g) ?? []).map((word) => frame({ content: word }))
  const sendsRole = isRecord(request.body)
  return [
    ...(sendsRole ? [frame({ role: 'assistant', content: '' })] : []),
    ...words,
    ...lost,
    'data: [DONE]',
  ]
}
