// Bounds on time are wide: they tell a wait from none, on a busy machine too. Figures belong to bench/.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { inspect } from 'node:util'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { retryAfterMs } from './adapters/retry-after.ts'
import { failureOf, handClock, hello, Pair } from './harness.fixture.ts'

let pair: Pair
beforeEach(async () => {
  pair = await Pair.start()
})
afterEach(() => pair.close())

const status = (
  code: number,
  extra: { headers?: Record<string, string>; code?: string; type?: string; message?: string } = {},
) => ({
  error: { status: code, ...extra },
})

describe('status and bodies', () => {
  it('11. a 429 with Retry-After 2 and no fallback is waited for, with jitter, and then succeeds', async () => {
    const clock = handClock()
    pair.primary.script(status(429, { headers: { 'retry-after': '2' } }))
    const router = pair.router({ providers: [pair.openai] }, { clock, random: () => 0.5 })
    const waiting = clock.timerOf(2000)
    const response = router.chat(hello, { deadlineMs: 1500 * 20 })
    // The first timers are those of the request itself; the wait is the first that begins after the answer.
    await pair.primary.nextRequest()
    expect(await waiting).toBeGreaterThanOrEqual(2000)
    await new Promise((resolve) => setTimeout(resolve, 50))
    clock.advance(2300)
    expect((await response).metadata.attempts).toMatchObject([
      { class: 'rate_limit', status: 429 },
      { outcome: 'ok' },
    ])
  })

  it('12. a 429 with Retry-After 3600 goes to the fallback within 50 ms and parks the primary', async () => {
    pair.primary.script(status(429, { headers: { 'retry-after': '3600' } }))
    const router = pair.router()
    await router.chat(hello)
    const startedAt = performance.now()
    await router.chat(hello)
    expect(performance.now() - startedAt).toBeLessThan(5_000)
    expect(pair.primary.requests).toHaveLength(1)
    expect(router.health().providers[0]?.parked?.forMs).toBeGreaterThan(3_590_000)
  })

  it('12. without a fallback it fails at once and says when to come back', async () => {
    pair.primary.script(status(429, { headers: { 'retry-after': '3600' } }))
    const router = pair.router({ providers: [pair.openai] })
    const failure = await failureOf(router.chat(hello))
    expect(failure).toMatchObject({ class: 'rate_limit', code: 'LLM_RATE_LIMITED', retryable: false })
    expect(failure.retryAfterMs).toBeGreaterThan(3_590_000)
    const second = await failureOf(router.chat(hello))
    expect(second.class).toBe('rate_limit')
    expect(pair.primary.requests).toHaveLength(1)
  })

  it.each([
    ['retry-after-ms', '1500', 1500],
    ['retry-after', 'Wed, 15 Nov 2023 00:00:00 GMT', 5000],
    ['retry-after', '-5', undefined],
    ['retry-after', 'soon', undefined],
    ['retry-after', '1e999', undefined],
    ['retry-after', '', undefined],
    ['retry-after', '0', 0],
    ['retry-after', '99999999', 86_400_000],
    ['x-ai-ratelimit-retry-after-minute-openai', '3', 3000],
  ])('13. %s: %s is read as %s ms', (name, value, expected) => {
    const wallNow = Date.parse('Tue, 14 Nov 2023 23:59:55 GMT')
    expect(retryAfterMs({ [name]: value }, wallNow)).toBe(expected)
  })

  it.each([
    [
      'the exhausted window of Kong',
      { 'x-ai-ratelimit-remaining-30-openai': '0', 'x-ai-ratelimit-reset-30-openai': '20' },
      20_000,
    ],
    [
      "OpenAI's exhausted tokens",
      { 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '1m30.5s' },
      90_500,
    ],
    [
      "Anthropic's exhausted requests",
      {
        'anthropic-ratelimit-requests-remaining': '0',
        'anthropic-ratelimit-requests-reset': '2023-11-15T00:00:00Z',
      },
      5000,
    ],
    [
      "Azure's placeholder",
      { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '-1' },
      undefined,
    ],
    [
      'what is not exhausted',
      { 'x-ratelimit-remaining-tokens': '7', 'x-ratelimit-reset-tokens': '9s' },
      undefined,
    ],
    ["Kong's plain reset", { 'x-ai-ratelimit-reset': '40' }, 40_000],
  ])('13. without Retry-After, %s is read', (_what, headers, expected) => {
    const wallNow = Date.parse('2023-11-14T23:59:55Z')
    expect(retryAfterMs(headers as Record<string, string>, wallNow, 429)).toBe(expected)
  })

  it('13. a hint that makes no sense is passed over, and the usual back-off takes its place', async () => {
    pair.primary.script(status(429, { headers: { 'retry-after': 'soon' } }))
    const response = await pair.router({ providers: [pair.openai] }).chat(hello)
    expect(response.metadata.attempts).toMatchObject([{ status: 429 }, { outcome: 'ok' }])
  })

  it.each(['insufficient_quota', 'enforced_spend_limit_reached'])(
    '14. a 429 %s is class quota: no retry, fallback, parked long',
    async (code) => {
      pair.primary.always(status(429, { code, type: code }))
      const router = pair.router()
      const response = await router.chat(hello)
      expect(response.metadata.attempts).toMatchObject([{ class: 'quota' }, { target: 'fallback' }])
      expect(router.health().providers[0]?.parked).toMatchObject({ reason: 'quota' })
      expect(router.health().providers[0]?.parked?.forMs).toBeGreaterThan(600_000)
    },
  )

  it("14. Anthropic's spend stop and a 402 are quota as well", async () => {
    pair.fallback.script(status(429, { type: 'rate_limit_error', code: 'enforced_spend_limit_reached' }))
    const first = await failureOf(pair.router({ providers: [pair.anthropic] }).chat(hello))
    expect(first.class).toBe('quota')
    pair.fallback.script(status(402, { type: 'billing_error' }))
    const second = await failureOf(pair.router({ providers: [pair.anthropic] }).chat(hello))
    expect(second.class).toBe('quota')
  })

  it('15. x-should-retry: false is obeyed: no retry, the fallback answers', async () => {
    pair.primary.always(status(503, { headers: { 'x-should-retry': 'false' } }))
    const response = await pair.router().chat(hello)
    expect(response.metadata.attempts).toMatchObject([{ status: 503 }, { target: 'fallback' }])
    expect(pair.primary.requests).toHaveLength(1)
  })

  it('15. x-should-retry: true has even a 400 asked again', async () => {
    pair.primary.script(status(400, { headers: { 'x-should-retry': 'true' } }))
    const response = await pair.router().chat(hello)
    expect(response.metadata.attempts).toMatchObject([{ status: 400 }, { target: 'primary', outcome: 'ok' }])
  })

  it('16. a 529 is retried with back-off, and goes to the fallback when the retries are used up', async () => {
    pair.fallback.always(status(529, { type: 'overloaded_error' }))
    const router = pair.router({ providers: [{ ...pair.anthropic, priority: 0 }, pair.openai] })
    const response = await router.chat(hello)
    expect(response.provider).toBe('primary')
    expect(response.metadata.attempts).toMatchObject([
      { class: '5xx', status: 529 },
      { class: '5xx' },
      { class: '5xx' },
      { outcome: 'ok' },
    ])
  })

  it('17. a 401 is not retried, and falls back only when auth is a condition; the key is nowhere in the error', async () => {
    pair.primary.always(
      status(401, { message: 'Incorrect API key provided: sk-primary-canary-key.', code: 'invalid_api_key' }),
    )
    const failure = await failureOf(pair.router().chat(hello))
    expect(failure).toMatchObject({ class: 'auth', code: 'LLM_AUTH', status: 401 })
    expect(pair.primary.requests).toHaveLength(1)
    expect(pair.fallback.requests).toHaveLength(0)
    for (const text of [
      failure.message,
      String(failure.stack),
      inspect(failure, { depth: null }),
      JSON.stringify(failure),
    ])
      expect(text).not.toContain('sk-primary-canary-key')
    const response = await pair.router({ fallback: { conditions: ['auth'] } }).chat(hello)
    expect(response.provider).toBe('fallback')
  })

  it("18. a 400 is the caller's fault: no retry, no fallback, breaker not touched", async () => {
    pair.primary.always(status(400, { type: 'invalid_request_error' }))
    const router = pair.router({ fallback: { circuit_breaker: { failure_threshold: 1 } } })
    for (let call = 0; call < 6; call++) expect((await failureOf(router.chat(hello))).class).toBe('request')
    expect(pair.primary.requests).toHaveLength(6)
    expect(pair.fallback.requests).toHaveLength(0)
    expect(router.health().providers[0]?.circuit).toBe('closed')
  })

  it('19. a context that is too long goes only to a larger window, and is surfaced unchanged otherwise', async () => {
    pair.primary.always(
      status(400, {
        code: 'context_length_exceeded',
        type: 'invalid_request_error',
        message: 'maximum context length',
      }),
    )
    const conditions = { conditions: ['context_length' as const] }
    const larger = await pair.router({ fallback: conditions }).chat(hello)
    expect(larger.provider).toBe('fallback')
    const smaller = { ...pair.anthropic, capabilities: { context_window: 8000 } }
    const failure = await failureOf(
      pair.router({ providers: [pair.openai, smaller], fallback: conditions }).chat(hello),
    )
    expect(failure).toMatchObject({ class: 'context_length', code: 'LLM_CONTEXT_LENGTH', status: 400 })
    expect((await failureOf(pair.router().chat(hello))).class).toBe('context_length')
  })

  it('20. a 200 that holds an error is llm_error and goes to the fallback', async () => {
    pair.primary.always({ body: { error: { message: 'model crashed', type: 'server_error' } } })
    const response = await pair.router().chat(hello)
    expect(response.metadata.attempts).toMatchObject([{ class: 'llm_error' }, { target: 'fallback' }])
  })

  const message = { role: 'assistant', content: 'x' }
  it.each([
    ['no choices', { choices: [] }],
    ['no message', { choices: [{ index: 0, finish_reason: 'stop' }] }],
    [
      'content null without tool calls',
      { choices: [{ message: { role: 'assistant', content: null }, finish_reason: 'stop' }] },
    ],
    ['an unknown finish_reason', { choices: [{ message, finish_reason: 'banana' }] }],
    ["another provider's finish_reason", { choices: [{ message, finish_reason: 'end_turn' }] }],
    ['a missing finish_reason', { choices: [{ message }] }],
    [
      'arguments that are not JSON',
      {
        choices: [
          {
            message: {
              role: 'assistant',
              content: null,
              tool_calls: [{ id: 'a', function: { name: 'f', arguments: '{' } }],
            },
            finish_reason: 'tool_calls',
          },
        ],
      },
    ],
    ['an array', []],
    ['null', null],
    ['HTML', '<html>Bad gateway</html>'],
    ['nothing', ''],
  ])('22. a 200 with %s is malformed_response', async (_what, body) => {
    pair.primary.always({ body: body ?? 'null' })
    const response = await pair.router().chat(hello)
    expect(response.metadata.attempts).toMatchObject([
      { class: 'malformed_response' },
      { target: 'fallback' },
    ])
  })

  it.each([
    ['missing', null],
    ['a string', 'no usage data returned from upstream'],
    ['negative', { prompt_tokens: -1, completion_tokens: 5 }],
    ['a fraction', { prompt_tokens: 1.5, completion_tokens: 5 }],
    ['empty', {}],
  ])('23. usage that is %s is estimated, and no metric is NaN', async (_what, usage) => {
    const figures: number[] = []
    const meter = {
      count: (_name: string, _labels: unknown, by = 1) => void figures.push(by),
      observe: () => undefined,
      set: () => undefined,
    }
    pair.primary.always({ usage })
    const response = await pair.router({}, { meter }).chat(hello)
    expect(response).toMatchObject({
      provider: 'primary',
      usage: { estimated: true },
      metadata: { costEstimated: true },
    })
    expect(response.costUsd).toBeGreaterThan(0)
    expect(figures.every(Number.isFinite)).toBe(true)
  })

  it.each([
    ['a page of HTML', '<html><body>Welcome</body></html>'],
    ['nothing', ''],
    ['an array', []],
    ['a number', 7],
  ])('21. a 200 with %s is malformed_response and goes to the fallback', async (_what, body) => {
    pair.primary.always({ body })
    const response = await pair.router().chat(hello)
    expect(response.metadata.attempts).toMatchObject([{ class: 'malformed_response' }, { outcome: 'ok' }])
  })

  it('21. a page of HTML with an error status is of the class of its status', async () => {
    pair.primary.always({ status: 502, body: '<html>Bad gateway</html>' })
    const response = await pair.router().chat(hello)
    expect(response.metadata.attempts).toMatchObject([
      { class: '5xx', status: 502 },
      {},
      {},
      { outcome: 'ok' },
    ])
  })

  const answer = Buffer.from(
    JSON.stringify({ choices: [{ index: 0, message: { content: 'packed' }, finish_reason: 'stop' }] }),
  )

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ] as const)(
    '24. a body that a proxy compressed (%s) is read, streamed or not',
    async (encoding, compress) => {
      const router = pair.router({ providers: [pair.openai] })
      const headers = { 'content-encoding': encoding }
      pair.primary.always({ body: compress(answer), headers })
      expect((await router.chat(hello)).content).toBe('packed')
      const frames = 'data: {"choices":[{"delta":{"content":"packed"}}]}\n\ndata: [DONE]\n\n'
      const streaming = { ...headers, 'content-type': 'text/event-stream' }
      pair.primary.always({ body: compress(Buffer.from(frames)), headers: streaming })
      expect((await router.stream(hello).final()).content).toBe('packed')
    },
  )

  it.each([
    ['a compressed body that is cut', gzipSync(answer).subarray(0, 30), { 'content-encoding': 'gzip' }],
    ['a body that is not what its encoding says', answer, { 'content-encoding': 'gzip' }],
    ['an encoding that nobody knows', answer, { 'content-encoding': 'rot13' }],
    ['a body that is longer than its content-length', answer, { 'content-length': '20' }],
    ['a body without end', ' '.repeat(33 * 1024 * 1024), {}],
  ])('24. %s is malformed_response and goes to the fallback', async (_what, body, headers) => {
    pair.primary.always({ body, headers: headers })
    const response = await pair.router().chat(hello)
    expect(response.metadata.attempts).toMatchObject([{ class: 'malformed_response' }, { outcome: 'ok' }])
  })

  it('24. of an endless error body the beginning is read', async () => {
    pair.primary.always({ status: 503, body: 'x'.repeat(8 * 1024 * 1024) })
    const failure = await failureOf(pair.router({ providers: [pair.openai] }).chat(hello))
    expect(failure).toMatchObject({ class: '5xx', status: 503 })
  })

  it('25. a condition that was removed surfaces: no 5xx in the list, the 503 comes out and the fallback is not called', async () => {
    pair.primary.always(status(503))
    const failure = await failureOf(pair.router({ fallback: { conditions: ['timeout'] } }).chat(hello))
    expect(failure).toMatchObject({ class: '5xx', status: 503, code: 'LLM_SERVER_ERROR' })
    expect(pair.fallback.requests).toHaveLength(0)
  })

  it('26. when all fail, one error lists every attempt, and retryAfterMs is the least of the targets', async () => {
    pair.primary.always(status(429, { headers: { 'retry-after': '120' } }))
    pair.fallback.always(status(429, { type: 'rate_limit_error', headers: { 'retry-after': '90' } }))
    const failure = await failureOf(pair.router({ router: { timeouts: { total: 10 } } }).chat(hello))
    expect(failure).toMatchObject({ code: 'LLM_ALL_FAILED', class: 'rate_limit', retryable: false })
    expect(failure.attempts).toMatchObject([
      { target: 'primary', class: 'rate_limit', status: 429, requestId: 'req_fake' },
      { target: 'fallback', class: 'rate_limit', status: 429, requestId: 'req_fake' },
    ])
    expect(failure.attempts.every(({ ms }) => ms >= 0)).toBe(true)
    expect(failure.retryAfterMs).toBeGreaterThan(85_000)
    expect(failure.retryAfterMs).toBeLessThanOrEqual(90_000)
  })

  it('a refused call carries the code, the class, and the next thing to do', async () => {
    pair.primary.always(status(404, { code: 'model_not_found', message: 'The model `gpt-9` does not exist' }))
    const failure = await failureOf(pair.router().chat(hello))
    expect(failure).toMatchObject({ class: 'config', code: 'LLM_CONFIG', provider: 'primary' })
    expect(failure.hint).toMatch(/model/)
  })
})
