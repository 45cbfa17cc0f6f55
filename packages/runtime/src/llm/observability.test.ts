import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import * as otelApi from '@opentelemetry/api'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { failureOf, hello, Pair } from './harness.fixture.ts'

let pair: Pair
beforeEach(async () => {
  pair = await Pair.start()
})
afterEach(() => pair.close())

describe('exports', () => {
  it('writes DogStatsD lines for Datadog and embedded metric format for CloudWatch', async () => {
    const datagrams: string[] = []
    const lines: string[] = []
    const features = { cost_tracking: { export_to: ['datadog' as const, 'cloudwatch' as const] } }
    const deps = {
      sendDatagram: (line: string) => void datagrams.push(line),
      writeLine: (line: string) => void lines.push(line),
    }
    await pair.router({ router: { features } }, deps).chat(hello)
    expect(datagrams).toContain('rgen.llm_requests_total:1|c|#provider:primary,model:gpt-4o,status:ok')
    expect(datagrams).toContain('rgen.llm_cost_total_usd:0.00009|c|#provider:primary,model:gpt-4o')
    const cost = lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .find((line) => 'llm_cost_total_usd' in line)
    expect(cost).toMatchObject({
      provider: 'primary',
      llm_cost_total_usd: 0.00009,
      _aws: {
        CloudWatchMetrics: [
          {
            Namespace: 'rgen',
            Dimensions: [['provider', 'model']],
            Metrics: [{ Name: 'llm_cost_total_usd', Unit: 'None' }],
          },
        ],
      },
    })
  })

  it('an agent of Datadog that is not there does not disturb a call', async () => {
    const features = { cost_tracking: { export_to: ['datadog' as const], statsd: { port: 9 } } }
    await expect(pair.router({ router: { features } }).chat(hello)).resolves.toMatchObject({
      provider: 'primary',
    })
  })

  it('logs carry the tags of the call, and no prompt', async () => {
    const lines: unknown[] = []
    const logger = { log: (...all: unknown[]) => void lines.push(all) }
    pair.primary.script({ error: { status: 500 } })
    await pair
      .router({}, { logger })
      .chat(
        { messages: [{ role: 'user', content: 'a private question' }] },
        { tags: { run: 'r1', agent: 'a1', step: '3' } },
      )
    expect(lines).toMatchObject([
      ['warn', 'llm attempt failed', { run: 'r1', agent: 'a1', step: '3', class: '5xx', status: 500 }],
      ['info', 'llm call answered', { run: 'r1', provider: 'primary', inputTokens: 12, costUsd: 0.00009 }],
    ])
    expect(JSON.stringify(lines)).not.toContain('private question')
  })
})

describe('the circuit gauge', () => {
  it('is there for every provider before anything has happened', () => {
    const gauges: unknown[] = []
    const meter = {
      count: () => undefined,
      observe: () => undefined,
      set: (...all: unknown[]) => void gauges.push(all),
    }
    pair.router({}, { meter })
    expect(gauges).toEqual([
      ['circuit_breaker_state', { provider: 'primary' }, 0],
      ['circuit_breaker_state', { provider: 'fallback' }, 0],
    ])
  })
})

describe('OpenTelemetry', () => {
  afterEach(() => {
    otelApi.trace.disable()
  })

  it('makes no span while nobody listens, and one for each attempt once somebody does', async () => {
    const spans: { name: string; attributes: Record<string, unknown>; status?: unknown }[] = []
    const router = pair.router()
    await router.chat(hello)
    otelApi.trace.setGlobalTracerProvider({
      getTracer: () => ({
        startSpan: (name: string, options?: otelApi.SpanOptions) => {
          const span = {
            name,
            attributes: { ...options?.attributes } as Record<string, unknown>,
            status: undefined as unknown,
          }
          spans.push(span)
          return Object.assign(otelApi.trace.wrapSpanContext(otelApi.INVALID_SPAN_CONTEXT), {
            setAttribute: (key: string, value: unknown) => void (span.attributes[key] = value),
            setAttributes: (more: object) => void Object.assign(span.attributes, more),
            setStatus: (status: unknown) => void (span.status = status),
            end: () => undefined,
          })
        },
        startActiveSpan: () => undefined,
      }),
    })
    pair.primary.script({ error: { status: 503, headers: { 'x-should-retry': 'false' } } })
    await router.chat({ ...hello, temperature: 0.5 }, { tags: { run: 'r1' } })
    expect(spans).toMatchObject([
      {
        name: 'chat gpt-4o',
        attributes: {
          'gen_ai.operation.name': 'chat',
          'gen_ai.provider.name': 'openai',
          'gen_ai.request.temperature': 0.5,
          'error.type': '5xx',
          'rgen.run': 'r1',
          'server.address': '127.0.0.1',
        },
      },
      {
        name: 'chat claude-3-5-sonnet-20241022',
        attributes: {
          'gen_ai.provider.name': 'anthropic',
          'gen_ai.usage.input_tokens': 12,
          'gen_ai.response.finish_reasons': ['stop'],
        },
      },
    ])
    expect(JSON.stringify(spans)).not.toContain('Hello')
  })
})

describe('content safety', () => {
  const bad = { messages: [{ role: 'user' as const, content: 'Well. How to make a bomb, quickly?' }] }
  const safety = (more: object) => ({ router: { features: { content_safety: { enabled: true, ...more } } } })

  it('blocks before the call, with a code and without the text', async () => {
    const failure = await failureOf(pair.router(safety({})).chat(bad))
    expect(failure).toMatchObject({ class: 'content_filter', code: 'LLM_CONTENT_FILTER' })
    expect(failure.message).toContain('violence (high)')
    expect(failure.message).not.toContain('bomb')
    expect(pair.primary.requests).toHaveLength(0)
  })

  it('redacts, or only logs, when that is what was asked for', async () => {
    await pair.router(safety({ action: 'redact' })).chat(bad)
    expect(JSON.stringify(pair.primary.requests[0]!.body)).toContain('Well. [removed], quickly?')
    const lines: unknown[] = []
    await pair
      .router(safety({ action: 'log' }), { logger: { log: (...all) => void lines.push(all) } })
      .chat(bad)
    expect(lines).toContainEqual([
      'warn',
      'content safety violation',
      { where: 'input', found: 'violence (high)', action: 'log' },
    ])
  })

  it('redacts the text of a message in parts, and leaves its images', async () => {
    const image = { type: 'image' as const, url: 'https://example.org/a.png' }
    const text = { type: 'text' as const, text: bad.messages[0]!.content }
    await pair
      .router(safety({ action: 'redact' }))
      .chat({ messages: [{ role: 'user', content: [text, image] }] })
    expect(pair.primary.requests[0]!.body?.messages).toMatchObject([
      { content: [{ text: 'Well. [removed], quickly?' }, { type: 'image_url' }] },
    ])
  })

  it('holds a checker that does not answer to the deadline of the call', async () => {
    const safetyChecker = {
      check: (_text: string, signal: AbortSignal) =>
        new Promise<never>((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('given up')))
        }),
    }
    const failure = await failureOf(
      pair.router(safety({}), { safetyChecker }).chat(hello, { deadlineMs: 50 }),
    )
    expect(failure.class).toBe('timeout')
    expect(pair.primary.requests).toHaveLength(0)
  })

  it('looks at filters, severities and rules of your own', async () => {
    await expect(pair.router(safety({ filters: ['hate'] })).chat(bad)).resolves.toBeDefined()
    await expect(pair.router(safety({ block_on: ['low'] })).chat(bad)).resolves.toBeDefined()
    const rules = [{ pattern: 'project zebra', category: 'hate', severity: 'high' }]
    const own = pair.router(safety({ rules }))
    expect(
      (await failureOf(own.chat({ messages: [{ role: 'user', content: 'About Project Zebra' }] }))).class,
    ).toBe('content_filter')
  })

  it('holds a streamed answer back until it was checked', async () => {
    pair.primary.always({ text: 'I will kill you. Bye.' })
    const stream = pair.router(safety({})).stream(hello)
    expect((await failureOf(stream.next())).class).toBe('content_filter')
    const redacted = await pair
      .router(safety({ action: 'redact' }))
      .stream(hello)
      .final()
    expect(redacted.content).toBe('[removed]. Bye.')
  })

  it('asks Azure, in its words, and blocks when Azure does not answer', async () => {
    const asked: Record<string, unknown>[] = []
    let status = 200
    const azure = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk) => (body += String(chunk)))
      request.on('end', () => {
        asked.push({
          url: request.url,
          key: request.headers['ocp-apim-subscription-key'],
          ...(JSON.parse(body) as object),
        })
        response.writeHead(status).end(
          JSON.stringify({
            blocklistsMatch: [],
            categoriesAnalysis: [{ category: 'SelfHarm', severity: 6 }],
          }),
        )
      })
    })
    await new Promise<void>((resolve) => azure.listen(0, '127.0.0.1', resolve))
    const endpoint = `http://127.0.0.1:${(azure.address() as AddressInfo).port}`
    const settings = { provider: 'azure', endpoint, api_key: 'azure-key-123' }
    expect((await failureOf(pair.router(safety(settings)).chat(hello))).message).toContain('self-harm (high)')
    expect(asked[0]).toMatchObject({
      url: '/contentsafety/text:analyze?api-version=2024-09-01',
      key: 'azure-key-123',
      text: 'Hello',
      outputType: 'FourSeverityLevels',
    })
    status = 500
    expect((await failureOf(pair.router(safety(settings)).chat(hello))).class).toBe('content_filter')
    await expect(
      pair.router(safety({ ...settings, on_unavailable: 'allow' })).chat(hello),
    ).resolves.toBeDefined()
    azure.closeAllConnections()
    azure.close()
  })
})
