// OpenTelemetry, when the program has it: spans and metrics after the GenAI conventions (status: development, so all
// names stand in one table). Loaded on demand; without the package, or without an SDK behind it, nothing happens.

import type * as Otel from '@opentelemetry/api'
import type { DecodedAnswer } from './adapters/adapter.ts'
import type { Call } from './call.ts'
import type { LlmUsage } from './messages.ts'
import type { Redact } from './redaction.ts'
import type { Target } from './targets.ts'

type OtelApi = Pick<typeof Otel, 'trace' | 'metrics'>

type Attributes = Record<string, string | number | boolean | string[]>

/** What the router needs of an OpenTelemetry tracer; `trace.getTracer(…)` is one. */
export interface LlmTracer {
  startSpan(name: string, options: { readonly kind: number; readonly attributes: Attributes }): LlmSpan
}

export interface LlmSpan {
  setAttributes(attributes: Attributes): unknown
  setStatus(status: { readonly code: number; readonly message: string }): unknown
  end(): void
}

/** `SpanKind.CLIENT` and `SpanStatusCode.ERROR`: the package that names them need not be installed. */
const CLIENT = 2
const ERROR = 2

/** What a ticket tells about its attempt. */
export interface AttemptSpan {
  firstChunk(ms: number): void
  /** Another piece of a stream, so long after the one before. */
  nextChunk(ms: number): void
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
  seed: 'gen_ai.request.seed',
  stop: 'gen_ai.request.stop_sequences',
  outputType: 'gen_ai.output.type',
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
  nextChunk: 'gen_ai.client.operation.time_per_output_chunk',
} as const

const SECONDS_BUCKETS = Array.from({ length: 14 }, (_, power) => 0.01 * 2 ** power)
const TOKEN_BUCKETS = Array.from({ length: 14 }, (_, power) => 4 ** power)

/** Spans through the given tracer, or through the API's when that is installed; metrics through the API. */
export async function loadOtel(tracer: LlmTracer | undefined): Promise<SpanStarter> {
  try {
    const specifier = '@opentelemetry/api'
    return spanStarter((await import(specifier)) as OtelApi, tracer)
  } catch {
    return tracer === undefined ? NO_SPANS : spanStarter(undefined, tracer)
  }
}

interface Instruments {
  readonly provider: Otel.MeterProvider
  readonly duration: Otel.Histogram
  readonly tokens: Otel.Histogram
  readonly firstChunk: Otel.Histogram
  readonly nextChunk: Otel.Histogram
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
    nextChunk: histogram(NAMES.nextChunk, 's', SECONDS_BUCKETS),
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

/** Spans and metrics, where somebody listens. */
export function spanStarter(api: OtelApi | undefined, ownTracer: LlmTracer | undefined): SpanStarter {
  const tracer: LlmTracer | undefined = ownTracer ?? api?.trace.getTracer('@rgen/runtime')
  let instruments: Instruments | undefined

  return (call, target, model) => {
    const meters = api?.metrics.getMeterProvider()
    const heard = ownTracer !== undefined || (api !== undefined && meters && somebodyListens(api, meters))
    if (tracer === undefined || heard !== true) return undefined
    // An SDK may be started after the router: instruments of the empty provider would stay deaf.
    if (meters !== undefined && instruments?.provider !== meters) instruments = createInstruments(meters)
    const common = { ...commonAttributes(target), [NAMES.requestModel]: model }
    const span = tracer.startSpan(`chat ${model}`, {
      kind: CLIENT,
      attributes: { ...common, ...requestAttributes(call) },
    })
    return attemptSpan(span, common, instruments, call.snapshot.redact)
  }
}

/** What providers name themselves passes through `redact`: a broken one may echo a key. */
function attemptSpan(
  span: LlmSpan,
  common: Attributes,
  instruments: Instruments | undefined,
  redact: Redact,
): AttemptSpan {
  return {
    firstChunk: (ms) => {
      span.setAttributes({ [NAMES.timeToFirstChunk]: ms / 1000 })
      instruments?.firstChunk.record(ms / 1000, common)
    },
    nextChunk: (ms) => instruments?.nextChunk.record(ms / 1000, common),
    succeed: (answer, usage, ms) => {
      const model = answer.model === undefined ? {} : { [NAMES.responseModel]: redact(answer.model) }
      span.setAttributes({ ...model, ...answerAttributes(answer, usage, redact) })
      const measured = { ...common, ...model }
      instruments?.duration.record(ms / 1000, measured)
      instruments?.tokens.record(usage.inputTokens, { ...measured, [NAMES.tokenType]: 'input' })
      instruments?.tokens.record(usage.outputTokens, { ...measured, [NAMES.tokenType]: 'output' })
      span.end()
    },
    fail: (errorType, message, ms) => {
      span.setAttributes({ [NAMES.errorType]: errorType })
      span.setStatus({ code: ERROR, message })
      instruments?.duration.record(ms / 1000, { ...common, [NAMES.errorType]: errorType })
      span.end()
    },
    abandon: () => {
      span.setAttributes({ [NAMES.errorType]: 'aborted' })
      span.end()
    },
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

function requestAttributes({ request, streaming, tags }: Call): Attributes {
  const { maxTokens, temperature, topP, seed, stop, schema } = request
  return {
    [NAMES.requestStream]: streaming,
    [NAMES.outputType]: schema === undefined ? 'text' : 'json',
    ...(maxTokens === undefined ? {} : { [NAMES.maxTokens]: maxTokens }),
    ...(temperature === undefined ? {} : { [NAMES.temperature]: temperature }),
    ...(topP === undefined ? {} : { [NAMES.topP]: topP }),
    ...(seed === undefined ? {} : { [NAMES.seed]: seed }),
    ...(stop === undefined ? {} : { [NAMES.stop]: [stop].flat() }),
    ...(tags.conversation === undefined ? {} : { [NAMES.conversation]: tags.conversation }),
    ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`rgen.${key}`, value])),
  }
}

function answerAttributes(answer: DecodedAnswer, usage: LlmUsage, redact: Redact): Attributes {
  return {
    ...(answer.id === undefined ? {} : { [NAMES.responseId]: redact(answer.id) }),
    [NAMES.finishReasons]: [answer.finishReason],
    [NAMES.inputTokens]: usage.inputTokens,
    [NAMES.outputTokens]: usage.outputTokens,
    [NAMES.cacheRead]: usage.cacheReadTokens,
    [NAMES.cacheCreation]: usage.cacheWriteTokens,
    [NAMES.reasoning]: usage.reasoningTokens,
  }
}
