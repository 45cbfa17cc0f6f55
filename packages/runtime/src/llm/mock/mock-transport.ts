// The mock provider: speaks OpenAI's wire format without a wire, so that adapter, loop, limits and metrics are the
// same as for a real provider. Deterministic: the same request gives the same bytes.

import { createHash } from 'node:crypto'
import { isRecord } from '../adapters/adapter.ts'
import { parseJson } from '../adapters/classify.ts'
import { TransportError } from '../transport/transport.ts'
import type {
  Cancellation,
  PhaseLimits,
  Transport,
  WireRequest,
  WireResponse,
} from '../transport/transport.ts'
import { roughTokens } from '../tokens.ts'
import { writeAnswer } from './extract.ts'
import { readMessages } from './reading.ts'
import type { Reading } from './reading.ts'
import { synthesize, synthesizeArguments } from './synthesize.ts'

interface MockAnswer {
  readonly content: string | null
  readonly calls: readonly { readonly name: string; readonly arguments: unknown }[]
}

export class MockTransport implements Transport {
  async send(request: WireRequest, _limits: PhaseLimits, cancellation: Cancellation): Promise<WireResponse> {
    if (cancellation.reason !== undefined) throw new TransportError(cancellation.reason)
    const body = parseJson(request.body)
    const asked = isRecord(body) ? body : {}
    const answer = answerFor(asked)
    const id = `mock-${createHash('sha256').update(request.body).digest('hex').slice(0, 16)}`
    const usage = usageOf(request.body, answer)
    const chunks = asked.stream === true ? streamOf(id, answer, usage) : [wholeOf(id, answer, usage)]
    return new MockResponse(chunks, id)
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

class MockResponse implements WireResponse {
  readonly status = 200
  readonly headers: Readonly<Record<string, string>>
  readonly #chunks: string[]

  constructor(chunks: readonly string[], id: string) {
    this.#chunks = [...chunks]
    this.headers = { 'x-request-id': id }
  }

  text(): Promise<string> {
    return Promise.resolve(this.#chunks.join(''))
  }

  read(): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.readNow())
  }

  readNow(): Uint8Array | undefined {
    const chunk = this.#chunks.shift()
    return chunk === undefined ? undefined : Buffer.from(chunk)
  }

  extend(): void {
    // Nothing here takes time.
  }

  alive(): void {
    // Nothing here takes time.
  }

  discard(): void {
    this.#chunks.length = 0
  }

  release(): void {
    this.#chunks.length = 0
  }
}

function answerFor(body: Record<string, unknown>): MockAnswer {
  const reading = readMessages(body.messages)
  const call = toolCallFor(body, reading)
  if (call !== undefined) return { content: null, calls: [call] }
  const format = isRecord(body.response_format) ? body.response_format : {}
  const schema = isRecord(format.json_schema) ? format.json_schema.schema : undefined
  if (isRecord(schema)) return { content: JSON.stringify(synthesize(schema, reading)), calls: [] }
  return { content: writeAnswer(reading), calls: [] }
}

/** Calls one tool, once: the named one, else the one whose description shares most words with the question. */
function toolCallFor(
  body: Record<string, unknown>,
  reading: Reading,
): MockAnswer['calls'][number] | undefined {
  const declared = (Array.isArray(body.tools) ? body.tools : []).filter(isRecord)
  const tools = declared.map((tool) => tool.function).filter(isRecord)
  const choice = body.tool_choice
  const named = isRecord(choice) && isRecord(choice.function) ? choice.function.name : undefined
  if (choice === 'none' || (reading.hasToolResults && choice !== 'required' && named === undefined))
    return undefined
  const tool = tools.find(({ name }) => name === named) ?? mostFitting(tools, reading.question)
  if (tool === undefined) return undefined
  const parameters = isRecord(tool.parameters) ? tool.parameters : {}
  return { name: String(tool.name), arguments: synthesizeArguments(parameters, reading) }
}

function mostFitting(
  tools: readonly Record<string, unknown>[],
  question: string,
): Record<string, unknown> | undefined {
  const words = new Set(question.toLowerCase().match(/\p{L}{3,}/gu) ?? [])
  const kind = /\d\s*[-+*/^%]\s*\d/.test(question) ? /calculat|evaluat|math/ : /search|find|look/
  const score = (tool: Record<string, unknown>): number => {
    const about =
      `${String(tool.name)} ${typeof tool.description === 'string' ? tool.description : ''}`.toLowerCase()
    const hits = (about.match(/\p{L}{3,}/gu) ?? []).filter((word) => words.has(word)).length
    return hits + (kind.test(about) ? 2 : 0)
  }
  return tools.toSorted((a, b) => score(b) - score(a))[0]
}

interface WireUsage {
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly total_tokens: number
}

function usageOf(sent: string, answer: MockAnswer): WireUsage {
  const prompt = roughTokens(sent)
  const completion = roughTokens(answer.content ?? JSON.stringify(answer.calls))
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion }
}

const MODEL = 'mock'

function wireCalls(id: string, { calls }: MockAnswer): Record<string, unknown>[] {
  return calls.map((call, index) => ({
    id: `call_${id.slice(5)}_${index}`,
    type: 'function',
    function: { name: call.name, arguments: JSON.stringify(call.arguments) },
  }))
}

function wholeOf(id: string, answer: MockAnswer, usage: WireUsage): string {
  const calls = wireCalls(id, answer)
  const message = {
    role: 'assistant',
    content: answer.content,
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  }
  const choice = { index: 0, message, finish_reason: calls.length === 0 ? 'stop' : 'tool_calls' }
  return JSON.stringify({ id, object: 'chat.completion', created: 0, model: MODEL, choices: [choice], usage })
}

function streamOf(id: string, answer: MockAnswer, usage: WireUsage): string[] {
  const frame = (choices: readonly unknown[], extra: Record<string, unknown> = {}): string =>
    `data: ${JSON.stringify({ id, object: 'chat.completion.chunk', created: 0, model: MODEL, choices, ...extra })}\n\n`
  const delta = (piece: Record<string, unknown>, finish: string | null = null): string =>
    frame([{ index: 0, delta: piece, finish_reason: finish }])
  const words = answer.content?.match(/\S+\s*|\s+/g) ?? []
  const calls = wireCalls(id, answer)
  return [
    delta({ role: 'assistant', content: '' }),
    ...words.map((word) => delta({ content: word })),
    ...calls.map((call, index) => delta({ tool_calls: [{ index, ...call }] })),
    delta({}, calls.length === 0 ? 'stop' : 'tool_calls'),
    frame([], { usage }),
    'data: [DONE]\n\n',
  ]
}
