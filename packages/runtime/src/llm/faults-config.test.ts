import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { checkLlm } from './check-llm.ts'
import { llmRouterConfig } from './config.ts'
import { isLlmError } from './errors.ts'
import { failureOf, hello, Pair } from './harness.fixture.ts'
import { loadRouter, resolveRouterConfig } from './load-router.ts'
import { createRedactor } from './redaction.ts'
import { createRouter } from './router.ts'
import type { FakeStep } from './testing/fake-server.ts'

let pair: Pair
let root: string
beforeEach(async () => {
  pair = await Pair.start()
  root = mkdtempSync(join(tmpdir(), 'rgen-llm-'))
  mkdirSync(join(root, 'config'))
})
afterEach(async () => {
  rmSync(root, { recursive: true, force: true })
  await pair.close()
})

const write = (text: string): void => writeFileSync(join(root, 'config/llm_router.yaml'), text)

const seed = `
llm:
  router:
    backend: "direct"
    url: "\${KONG_GATEWAY_URL:-http://localhost:8000}"
    timeout: 30
    features:
      ai_rate_limiting: { enabled: true, window: "minute", token_limit: 100000, request_limit: 100, strategy: "sliding", enforcement: "block" }
      cost_tracking: { enabled: true, export_to: ["prometheus"] }
      content_safety: { enabled: false, provider: "azure", block_on: ["high"], filters: ["violence", "hate", "sexual", "self-harm"], log_violations: true }
  providers:
    - { name: "openai-primary", type: "openai", model: "gpt-4o", base_url: "\${OPENAI_BASE_URL:-https://api.openai.com/v1}", api_key: "\${OPENAI_API_KEY}", priority: 1 }
    - { name: "anthropic-fallback", type: "anthropic", model: "claude-3-5-sonnet-20241022", base_url: "\${ANTHROPIC_BASE_URL:-https://api.anthropic.com}", api_key: "\${ANTHROPIC_API_KEY}", priority: 2 }
  fallback:
    conditions: [timeout, 5xx, rate_limit, malformed_response, llm_error]
    max_retries_per_provider: 2
    circuit_breaker: { enabled: true, failure_threshold: 5, cooldown_seconds: 60 }
`

describe('config, secrets, durability', () => {
  it('the keys of the first specification are accepted as they stand', () => {
    write(seed)
    const { config, skipped, mockBecause } = resolveRouterConfig(root, {
      OPENAI_API_KEY: 'sk-a',
      ANTHROPIC_API_KEY: 'sk-b',
    })
    expect(config.llm.providers.map(({ name }) => name)).toEqual(['openai-primary', 'anthropic-fallback'])
    expect([skipped, mockBecause]).toEqual([[], undefined])
  })

  it('a provider whose key is not set is left out with a warning; with none set the mock provider answers', async () => {
    write(seed)
    const lines: unknown[] = []
    const router = loadRouter(root, {
      env: { ANTHROPIC_API_KEY: 'sk-b', OPENAI_API_KEY: '' },
      logger: { log: (...all) => void lines.push(all) },
    })
    expect(router.providers()).toEqual(['anthropic-fallback'])
    expect(lines).toContainEqual([
      'warn',
      'llm provider left out: its key is not set',
      { provider: 'openai-primary', variable: 'OPENAI_API_KEY' },
    ])
    await router.close()
    const mocked = loadRouter(root, { env: {} })
    expect(await mocked.chat(hello)).toMatchObject({ provider: 'mock', model: 'mock' })
    await mocked.close()
    const checks = await checkLlm(root, { env: { ANTHROPIC_API_KEY: 'sk-b' } })
    expect(checks).toContainEqual({
      area: 'LLM router',
      name: 'openai-primary',
      status: 'warn',
      detail: 'left out: OPENAI_API_KEY is not set',
      fix: 'Set OPENAI_API_KEY in .env.',
    })
  })

  it('a key with a default of nothing counts as unset, and without a file the mock provider answers', async () => {
    write(
      seed
        .replace('${OPENAI_API_KEY}', '${OPENAI_API_KEY:-}')
        .replace('${ANTHROPIC_API_KEY}', '${ANTHROPIC_API_KEY:-}'),
    )
    expect(resolveRouterConfig(root, {}).mockBecause).toBe('no key')
    rmSync(join(root, 'config/llm_router.yaml'))
    expect(resolveRouterConfig(root, { OPENAI_API_KEY: 'sk-a' }).mockBecause).toBe('no file')
  })

  it('base addresses of the environment are respected', async () => {
    write(
      'llm: { providers: [{ name: o, type: openai, model: gpt-4o }, { name: a, type: anthropic, model: claude-3-5-haiku-latest }] }',
    )
    const env = {
      OPENAI_API_KEY: 'sk-a',
      ANTHROPIC_API_KEY: 'sk-b',
      OPENAI_BASE_URL: pair.primary.url,
      ANTHROPIC_BASE_URL: `${pair.fallback.url}/v1`,
    }
    const router = loadRouter(root, { env })
    pair.primary.script({ error: { status: 503, headers: { 'x-should-retry': 'false' } } })
    expect((await router.chat(hello)).provider).toBe('a')
    expect([pair.primary.requests.length, pair.fallback.requests.length]).toEqual([1, 1])
    await router.close()
  })

  it.each(['sk-a:b#c', 'sk-"quoted"-\'key\'', 'sk-with-${BRACES}', 'sk-trailing-newline\n', '{sk: yaml}'])(
    '71. a key of %j arrives as it is',
    async (key) => {
      write('llm: { providers: [{ name: o, type: openai, model: gpt-4o, api_key: "${OPENAI_API_KEY}" }] }')
      const router = loadRouter(root, { env: { OPENAI_API_KEY: key, OPENAI_BASE_URL: pair.primary.url } })
      await router.chat(hello)
      expect(pair.primary.requests[0]!.headers.authorization).toBe(`Bearer ${key.trim()}`)
      await router.close()
    },
  )

  it('71. an unset variable without default is an error that names it, the file and the line', () => {
    write('llm:\n  router:\n    backend: kong\n    url: ${NOWHERE}\n  providers: []\n')
    expect(() => resolveRouterConfig(root, {})).toThrow(
      /llm_router\.yaml:4:\d+ the environment variable NOWHERE is not set/,
    )
  })

  it('an unknown key is refused with the nearest known one', () => {
    write('llm:\n  fallback:\n    max_retry_per_provider: 2\n')
    expect(() => resolveRouterConfig(root, {})).toThrow(/Did you mean "max_retries_per_provider"/)
  })

  const canaries = {
    OPENAI_API_KEY: 'canary-openai-7f3a9c',
    ANTHROPIC_API_KEY: 'canary-anthropic-51bd"x',
    OTHER_SECRET: 'canary-other-e0e0e0e0',
  }
  const base64 = Buffer.from(`user:${canaries.OPENAI_API_KEY}`).toString('base64')
  const faults: [string, FakeStep][] = [
    [
      'echoed in a 401',
      (request) => ({
        error: {
          status: 401,
          message: `Incorrect key ${String(request.headers.authorization)} ${String(request.headers['x-api-key'])}`,
        },
      }),
    ],
    [
      'echoed in base64 and in a URL',
      {
        error: {
          status: 500,
          message: `${base64} ?key=${encodeURIComponent(canaries.ANTHROPIC_API_KEY)} ${canaries.OTHER_SECRET}`,
        },
      },
    ],
    ['echoed inside a 200', (request) => ({ body: { error: { message: JSON.stringify(request.headers) } } })],
    [
      'in a request id',
      (request) => ({
        error: {
          status: 503,
          headers: { 'x-request-id': String(request.headers.authorization ?? request.headers['x-api-key']) },
        },
      }),
    ],
    ['with a broken connection', { drop: 'reset' }],
    ['with half a body', { cutAfterBytes: 20 }],
    ['with a 429', { error: { status: 429, headers: { 'retry-after': '9999' } } }],
    ['with HTML', { body: `<html>${canaries.OPENAI_API_KEY}</html>` }],
  ]

  it.each(faults)('72. no canary leaves the router: %s', async (_what, step) => {
    const said: unknown[] = []
    const logger = { log: (...all: unknown[]) => void said.push(all) }
    const meter = {
      count: (...all: unknown[]) => void said.push(all),
      observe: (...all: unknown[]) => void said.push(all),
      set: (...all: unknown[]) => void said.push(all),
    }
    const span = {
      setAttributes: (...all: unknown[]) => void said.push(all),
      setStatus: (...all: unknown[]) => void said.push(all),
      end: () => undefined,
    }
    const tracer = { startSpan: (...all: unknown[]) => (said.push(all), span) }
    pair.primary.always(step)
    pair.fallback.always(step)
    const providers = [
      { ...pair.openai, api_key: canaries.OPENAI_API_KEY },
      { ...pair.anthropic, api_key: canaries.ANTHROPIC_API_KEY },
    ]
    const router = pair.router(
      {
        providers,
        fallback: {
          conditions: ['auth', '5xx', 'timeout', 'rate_limit', 'malformed_response', 'llm_error'],
          max_retries_per_provider: 0,
        },
      },
      { logger, meter, env: canaries, tracer },
    )
    for (const attempt of [() => router.chat(hello), () => router.stream(hello).final()]) {
      const failure = await failureOf(attempt())
      said.push(
        failure.message,
        failure.stack,
        JSON.stringify(failure),
        inspect(failure, { depth: null, showHidden: true }),
        inspect(failure.cause),
        failure.attempts,
      )
    }
    const everything = inspect(said, { depth: null, maxArrayLength: null, maxStringLength: null })
    for (const canary of Object.values(canaries))
      for (const spelling of [
        canary,
        encodeURIComponent(canary),
        JSON.stringify(canary).slice(1, -1),
        Buffer.from(canary).toString('base64').slice(0, -4),
      ])
        expect(everything).not.toContain(spelling)
    expect(everything).not.toContain(base64.slice(8, -4))
    expect(everything).not.toContain('Hello')
  })

  it('72. a redactor knows a secret in base64 at any offset, and what only looks like a key', () => {
    const redact = createRedactor(['super-secret-value'])
    for (const before of ['', 'a', 'ab', 'abc'])
      expect(redact(Buffer.from(`${before}super-secret-value!`).toString('base64'))).toContain('[redacted]')
    expect(redact('x-api-key: abcdef123456')).not.toContain('abcdef123456')
    expect(redact('Incorrect API key provided: sk-proj-********abcd.')).not.toContain('sk-proj')
    expect(redact('an ordinary sentence about a task-force')).toBe('an ordinary sentence about a task-force')
  })

  it('73. a program may give references too; they are resolved in every depth, and what they hold is not read again', async () => {
    const env = { BASE: pair.primary.url, KEY: 'sk-${NOT_A_REFERENCE}', TEAM: 'blue' }
    const provider = {
      ...pair.openai,
      base_url: '${BASE}',
      api_key: '${KEY}',
      headers: { 'x-team': '${TEAM:-red}' },
    }
    await pair.router({ providers: [provider] }, { env }).chat(hello)
    expect(pair.primary.requests[0]!.headers).toMatchObject({
      authorization: 'Bearer sk-${NOT_A_REFERENCE}',
      'x-team': 'blue',
    })
  })

  it('73. a variable that is not set, and a key that is not known, are named with their place and without values', () => {
    const open = (providers: object[]) => () =>
      createRouter({ llm: { providers } } as never, { env: { SET: 'canary-value' } })
    expect(open([{ ...pair.openai, api_key: '${UNSET}', base_url: '${SET}' }])).toThrow(
      'llm.providers[0].api_key: the environment variable UNSET is not set',
    )
    expect(open([{ ...pair.openai, modle: '${SET}' }])).toThrow(
      'unknown key "modle" in llm.providers[0]. Did you mean "model"?',
    )
    expect(open([{ ...pair.openai, base_url: '${SET}' }])).not.toThrow('canary-value')
  })

  it('71. a key that HTTP cannot carry is class config, sent nowhere, and blames nobody', async () => {
    const broken = { ...pair.openai, api_key: 'sk-two\nlines' }
    const failure = await failureOf(pair.router({ providers: [broken] }).chat(hello))
    expect(failure).toMatchObject({ class: 'config', attempts: [{ class: 'config' }] })
    expect(inspect(failure)).not.toContain('sk-two')
  })

  it('74. a reload lets calls in flight finish with the old configuration, and keeps the circuit of an unchanged target', async () => {
    pair.primary.always({ error: { status: 503 } })
    const config = (model: string) => ({
      llm: {
        providers: [pair.openai, { ...pair.anthropic, model }],
        fallback: { max_retries_per_provider: 0, circuit_breaker: { failure_threshold: 1 } },
      },
    })
    const router = createRouter(config('claude-3-5-haiku-latest'), { env: {} })
    await router.chat(hello)
    pair.fallback.always({ delayMs: 40 })
    const inFlight = Array.from({ length: 100 }, () => router.chat(hello))
    await pair.fallback.nextRequest()
    router.reload(config('claude-3-opus-latest'))
    const finished = await Promise.all(inFlight)
    expect(new Set(finished.map(({ model }) => model))).toEqual(new Set(['claude-3-5-haiku-latest']))
    expect((await router.chat(hello)).model).toBe('claude-3-opus-latest')
    expect(pair.primary.requests).toHaveLength(1)
    await router.close()
  })

  it('74. a reload with an exporter disturbs no call in flight', async () => {
    const config = (model: string) => ({
      llm: {
        router: { features: { cost_tracking: { export_to: ['datadog' as const], namespace: model } } },
        providers: [{ ...pair.openai, model }],
      },
    })
    pair.primary.always({ delayMs: 50 })
    const router = createRouter(config('gpt-4o'), { env: {} })
    const calls = Array.from({ length: 20 }, () => router.chat(hello))
    await pair.primary.nextRequest()
    router.reload(config('gpt-4o-mini'))
    expect((await Promise.all(calls)).map(({ model }) => model)).toEqual(Array(20).fill('gpt-4o'))
    await router.close()
  })

  it('75. two routers in one process share neither circuits nor figures', async () => {
    const figures: unknown[] = []
    const meter = { count: () => void figures.push(1), observe: () => undefined, set: () => undefined }
    const one = pair.router({
      fallback: { circuit_breaker: { failure_threshold: 1 }, max_retries_per_provider: 0 },
    })
    const other = pair.router({}, { meter })
    pair.primary.script({ error: { status: 500 } })
    await one.chat(hello)
    expect([one, other].map((router) => router.health().providers[0]?.circuit)).toEqual(['open', 'closed'])
    expect(figures).toEqual([])
    await one.close()
    await expect(other.chat(hello)).resolves.toMatchObject({ provider: 'primary' })
  })

  it('76. close breaks off what is in flight, or waits for it; afterwards nothing is accepted', async () => {
    pair.primary.always({ hang: 'headers' })
    const broken = pair.router()
    const failure = failureOf(broken.chat(hello))
    await pair.primary.nextRequest()
    await broken.close()
    expect(await failure).toMatchObject({ class: 'closed', code: 'LLM_CLOSED', retryable: true })
    expect((await failureOf(broken.chat(hello))).code).toBe('LLM_CLOSED')
    pair.primary.always({ delayMs: 30 })
    const drained = pair.router()
    const answer = drained.chat(hello)
    await drained.close({ mode: 'drain' })
    await expect(answer).resolves.toMatchObject({ provider: 'primary' })
  })

  it('a request that no provider could make sense of is refused before it is sent', async () => {
    const router = pair.router()
    for (const request of [
      { messages: [] },
      { messages: [{ role: 'tool' as const, content: 'x' }] },
      { ...hello, maxTokens: -1 },
    ])
      expect((await failureOf(router.chat(request))).code).toBe('LLM_REQUEST')
    expect(pair.primary.requests).toHaveLength(0)
  })

  it('an error is recognised by its code, and carries the idempotency key of the step to the provider', async () => {
    await pair.router().chat(hello, { idempotencyKey: 'run-1:step:4' })
    expect(pair.primary.requests[0]!.headers['idempotency-key']).toBe('run-1:step:4')
    expect(isLlmError(Object.assign(new Error('x'), { code: 'LLM_TIMEOUT' }))).toBe(true)
    expect(isLlmError(new Error('x'))).toBe(false)
  })

  it('the schema has a JSON Schema for editors', async () => {
    const { z } = await import('zod')
    const schema = z.toJSONSchema(llmRouterConfig, { io: 'input' })
    expect(schema).toMatchObject({ type: 'object', required: ['llm'] })
  })
})
