// OpenTelemetry, when the program has it: spans and metrics after the GenAI conventions (status: development, so all
// names stand in one table). Loaded on demand; without the package, or without an SDK behind it, nothing happens.

import type * as Otel from '@opentelemetry/api'
import type { DecodedAnswer } from './adapters/adapter.ts'
import type { Call } from './call.ts'
import type { LlmUsage } from './messages.ts'
import type { Target } from './targets.ts'

type OtelApi = Pick<typeof Otel, 'trace' | 'metrics' | 'SpanKind' | 'SpanStatusCode'>

/** What a ticket tells about its attempt. */
export interface AttemptSpan {
  firstChunk(ms: number): void
  succeed(answer: DecodedAnswer, usage: LlmUsage, ms: number): void
  fail(errorType: string, message: string, ms: number): void
  abandon(): void
}

export type SpanStarter = (call: Call, target: Target, model: string) => AttemptSpan | undefined

export const NO_SPANS: SpanStarter = () => undefined

const NAMES = {
  operation: 'gen_ai.operation.name',
  provider: 'gen_ai.provider.name',
  requestModel: 'gen_ai.request.model',
  requestStream: 'gen_ai.request.stream',
  maxTokens: 'gen_ai.request.max_tokens',
  temperature: 'gen_ai.request.temperature',
  topP: 'gen_ai.request.top_p',
  responseModel: 'gen_ai.response.model',
  responseId: 'gen_ai.response.id',
  finishReasons: 'gen_ai.response.finish_reasons',
  timeToFirstChunk: 'gen_ai.response.time_to_first_chunk',
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  cacheRead: 'gen_ai.usage.cache_read.input_tokens',
  cacheCreation: 'gen_ai.usage.cache_creation.input_tokens',
  reasoning: 'gen_ai.usage.reasoning.output_tokens',
  conversation: 'gen_ai.conversation.id',
  tokenType: 'gen_ai.token.type',
  server: 'server.address',
  port: 'server.port',
  errorType: 'error.type',
  duration: 'gen_ai.client.operation.duration',
  tokenUsage: 'gen_ai.client.token.usage',
  firstChunk: 'gen_ai.client.operation.time_to_first_chunk',
} as const

const SECONDS_BUCKETS = Array.from({ length: 14 }, (_, power) => 0.01 * 2 ** power)
const TOKEN_BUCKETS = Array.from({ length: 14 }, (_, power) => 4 ** power)

/** Loads the API when it is installed. */
export async function loadOtel(): Promise<SpanStarter> {
  try {
    const specifier = '@opentelemetry/api'
    return spanStarter((await import(specifier)) as OtelApi)
  } catch {
    return NO_SPANS
  }
}

interface Instruments {
  readonly provider: Otel.MeterProvider
  readonly duration: Otel.Histogram
  readonly tokens: Otel.Histogram
  readonly firstChunk: Otel.Histogram
}

function createInstruments(provider: Otel.MeterProvider): Instruments {
  const meter = provider.getMeter('@rgen/runtime')
  const histogram = (name: string, unit: string, explicitBucketBoundaries: number[]): Otel.Histogram =>
    meter.createHistogram(name, { unit, advice: { explicitBucketBoundaries } })
  return {
    provider,
    duration: histogram(NAMES.duration, 's', SECONDS_BUCKETS),
    tokens: histogram(NAMES.tokenUsage, '{token}', TOKEN_BUCKETS),
    firstChunk: histogram(NAMES.firstChunk, 's', SECONDS_BUCKETS),
  }
}

/** The API is often there without an SDK: then nobody listens, and attributes need not be made. */
function somebodyListens({ trace }: OtelApi, meters: Otel.MeterProvider): boolean {
  const traces = trace.getTracerProvider() as { getDelegateTracer?: (name: string) => unknown }
  return (
    meters.constructor.name !== 'NoopMeterProvider' ||
    traces.getDelegateTracer === undefined ||
    traces.getDelegateTracer('@rgen/runtime') !== undefined
  )
}

/** Spans and metrics through this API. */
export function spanStarter(api: OtelApi): SpanStarter {
  const tracer = api.trace.getTracer('@rgen/runtime')
  let instruments: Instruments | undefined

  return (call, target, model) => {
    const meters = api.metrics.getMeterProvider()
    if (!somebodyListens(api, meters)) return undefined
    // An SDK may be started after the router: instruments of the empty provider would stay deaf.
    if (instruments?.provider !== meters) instruments = createInstruments(meters)
    const { duration, tokens, firstChunk } = instruments
    const common = { ...commonAttributes(target), [NAMES.requestModel]: model }
    const span = tracer.startSpan(`chat ${model}`, {
      kind: api.SpanKind.CLIENT,
      attributes: { ...common, ...requestAttributes(call) },
    })
    return {
      firstChunk: (ms) => {
        span.setAttribute(NAMES.timeToFirstChunk, ms / 1000)
        firstChunk.record(ms / 1000, common)
      },
      succeed: (answer, usage, ms) => {
        span.setAttributes(answerAttributes(answer, usage))
        duration.record(ms / 1000, common)
        tokens.record(usage.inputTokens, { ...common, [NAMES.tokenType]: 'input' })
        tokens.record(usage.outputTokens, { ...common, [NAMES.tokenType]: 'output' })
        span.end()
      },
      fail: (errorType, message, ms) => {
        span.setAttribute(NAMES.errorType, errorType)
        span.setStatus({ code: api.SpanStatusCode.ERROR, message })
        duration.record(ms / 1000, { ...common, [NAMES.errorType]: errorType })
        span.end()
      },
      abandon: () => {
        span.end()
      },
    }
  }
}

function commonAttributes({ system, origin }: Target): Record<string, string | number> {
  const url = origin.startsWith('http') ? new URL(origin) : undefined
  const port = url === undefined || url.port !== '' ? url?.port : url.protocol === 'https:' ? 443 : 80
  return {
    [NAMES.operation]: 'chat',
    [NAMES.provider]: system,
    ...(url === undefined ? {} : { [NAMES.server]: url.hostname, [NAMES.port]: Number(port) }),
  }
}

function requestAttributes({ request, streaming, tags }: Call): Record<string, string | number | boolean> {
  return {
    [NAMES.requestStream]: streaming,
    ...(request.maxTokens === undefined ? {} : { [NAMES.maxTokens]: request.maxTokens }),
    ...(request.temperature === undefined ? {} : { [NAMES.temperature]: request.temperature }),
    ...(request.topP === undefined ? {} : { [NAMES.topP]: request.topP }),
    ...(tags.conversation === undefined ? {} : { [NAMES.conversation]: tags.conversation }),
    ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`rgen.${key}`, value])),
  }
}

function answerAttributes(
  answer: DecodedAnswer,
  usage: LlmUsage,
): Record<string, string | number | string[]> {
  return {
    ...(answer.model === undefined ? {} : { [NAMES.responseModel]: answer.model }),
    ...(answer.id === undefined ? {} : { [NAMES.responseId]: answer.id }),
    [NAMES.finishReasons]: [answer.finishReason],
    [NAMES.inputTokens]: usage.inputTokens,
    [NAMES.outputTokens]: usage.outputTokens,
    [NAMES.cacheRead]: usage.cacheReadTokens,
    [NAMES.cacheCreation]: usage.cacheWriteTokens,
    [NAMES.reasoning]: usage.reasoningTokens,
  }
}
