import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { readAnthropicUsage } from './adapters/anthropic.ts'
import { llmRouterConfig } from './config.ts'
import { PriceBook } from './cost.ts'
import { failureOf, handClock, hello, Pair } from './harness.fixture.ts'
import { SlidingLimiter } from './limiter.ts'
import { PRICES } from './prices.ts'

let pair: Pair
beforeEach(async () => {
  pair = await Pair.start()
})
afterEach(() => pair.close())

const pricing = { models: { 'gpt-4o': { input_per_1m: 0, output_per_1m: 1_000_000 } } }
/** One dollar a call: one output token at a dollar each. */
const dollarCall = { ...hello, maxTokens: 1 }
const dollarUsage = { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 }

describe('limits, budgets, cost', () => {
  it.each(['run', 'agent', 'tag'] as const)(
    '57. of 50 calls side by side a budget of the %s for 3 admits 3',
    async (scope) => {
      pair.primary.always({ delayMs: 20, usage: dollarUsage })
      const budget = [{ scope, ...(scope === 'tag' ? { tag: 'team' } : {}), limit_usd: 3 }]
      const router = pair.router({ providers: [pair.openai], router: { features: { pricing, budget } } })
      const tags = { run: 'r1', agent: 'a1', team: 'red' }
      const results = await Promise.allSettled(
        Array.from({ length: 50 }, () => router.chat(dollarCall, { tags })),
      )
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
      const refused = results.find(({ status }) => status === 'rejected') as PromiseRejectedResult
      expect(refused.reason).toMatchObject({ class: 'budget', code: 'LLM_BUDGET', retryable: false })
      expect(pair.primary.requests).toHaveLength(3)
      // Another run, agent or team has a budget of its own.
      await expect(
        router.chat(dollarCall, { tags: { run: 'r2', agent: 'a2', team: 'blue' } }),
      ).resolves.toBeDefined()
    },
  )

  it('57. a call whose attempts are billed one after the other cannot overrun its budget either', async () => {
    const usage = { prompt_tokens: 8, completion_tokens: 100, total_tokens: 108 }
    pair.primary.always({ finishReason: 'banana', usage })
    const budget = [{ scope: 'run' as const, limit_usd: 0.0015 }]
    const router = pair.router({ providers: [pair.openai], router: { features: { budget } } })
    const failure = await failureOf(router.chat({ ...hello, maxTokens: 100 }))
    expect(failure).toMatchObject({ class: 'budget', attempts: [{ class: 'malformed_response' }] })
    expect(pair.primary.requests).toHaveLength(1)
  })

  it('58. a budget with a window forgets what was spent before it', async () => {
    const clock = handClock()
    const budget = [{ scope: 'agent' as const, limit_usd: 0.0011, window: 'hour' as const }]
    pair.primary.always({ usage: { prompt_tokens: 8, completion_tokens: 100, total_tokens: 108 } })
    const router = pair.router({ providers: [pair.openai], router: { features: { budget } } }, { clock })
    const call = () => router.chat({ ...hello, maxTokens: 100 }, { tags: { agent: 'a' } })
    await call()
    const refused = await failureOf(call())
    expect(refused).toMatchObject({ class: 'budget', retryAfterMs: 3_600_000 })
    clock.advance(3_600_000)
    await expect(call()).resolves.toBeDefined()
  })

  it('57. what was reserved and not spent comes back', async () => {
    pair.primary.always({ usage: { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 } })
    const router = pair.router({
      providers: [pair.openai],
      router: { features: { pricing, budget: [{ scope: 'run', limit_usd: 10 }] } },
    })
    for (let call = 0; call < 9; call++) await router.chat({ ...hello, maxTokens: 2 })
    expect((await failureOf(router.chat({ ...hello, maxTokens: 2 }))).class).toBe('budget')
  })

  it('57. a budget that only logs lets calls through', async () => {
    const lines: string[] = []
    const budget = [{ scope: 'run' as const, limit_usd: 0.5, enforcement: 'log' as const }]
    const router = pair.router(
      { providers: [pair.openai], router: { features: { pricing, budget } } },
      { logger: { log: (_level, message) => void lines.push(message) } },
    )
    await router.chat(dollarCall)
    expect(lines).toContain('llm budget exceeded')
  })

  it('59. around the edge of a minute there is no double burst', () => {
    const limiter = new SlidingLimiter({ windowMs: 60_000, tokenLimit: 100, requestLimit: 1000 })
    expect(limiter.reserve(100, 59_999).kind).toBe('admitted')
    expect(limiter.reserve(1, 60_001).kind).toBe('wait')
    expect(limiter.reserve(1, 119_000).kind).toBe('wait')
    expect(limiter.reserve(100, 120_001).kind).toBe('admitted')
  })

  it('59. in no window of a minute more leaves than the limit, whenever calls come', () => {
    const limiter = new SlidingLimiter({ windowMs: 60_000, tokenLimit: 50, requestLimit: 1000 })
    const admitted: number[] = []
    for (let now = 0; now < 600_000; now += 137)
      if (limiter.reserve(1, now).kind === 'admitted') admitted.push(now)
    for (const start of admitted)
      expect(admitted.filter((at) => at >= start && at < start + 60_000).length).toBeLessThanOrEqual(50)
    expect(admitted.length).toBeGreaterThan(400)
  })

  it('59. the wait that it names is long enough, and a settlement frees what was not used', () => {
    const limiter = new SlidingLimiter({ windowMs: 60_000, tokenLimit: 100, requestLimit: 10 })
    const first = limiter.reserve(80, 0)
    const second = limiter.reserve(30, 10)
    if (first.kind !== 'admitted' || second.kind !== 'wait') throw new Error('unexpected')
    expect(limiter.reserve(30, 10 + second.waitMs).kind).toBe('admitted')
    const third = new SlidingLimiter({ windowMs: 60_000, tokenLimit: 100, requestLimit: 10 })
    const held = third.reserve(80, 0)
    if (held.kind === 'admitted') third.settle(held.reservation, 10, true)
    expect(third.reserve(90, 10).kind).toBe('admitted')
  })

  it('60. a request larger than the whole limit fails at once, also when calls may queue', async () => {
    const limit = { enabled: true, token_limit: 100, enforcement: 'queue' as const }
    const router = pair.router({ router: { features: { ai_rate_limiting: limit } } })
    const failure = await failureOf(router.chat({ ...hello, maxTokens: 5000 }))
    expect(failure).toMatchObject({ class: 'limit', code: 'LLM_LIMIT', retryAfterMs: undefined })
    expect(failure.message).toContain('100 tokens')
    expect(pair.primary.requests).toHaveLength(0)
  })

  it('enforcement queue waits for its turn inside the deadline', async () => {
    const clock = handClock()
    const limit = {
      enabled: true,
      request_limit: 1,
      enforcement: 'queue' as const,
      window: 'second' as const,
    }
    const router = pair.router({ router: { features: { ai_rate_limiting: limit } } }, { clock })
    await router.chat(hello)
    const waiting = router.chat(hello)
    await new Promise((resolve) => setImmediate(resolve))
    expect(pair.primary.requests).toHaveLength(1)
    clock.advance(1100)
    await expect(waiting).resolves.toMatchObject({ provider: 'primary' })
  })

  it('enforcement block says when to come back', async () => {
    const limit = { enabled: true, request_limit: 1 }
    const router = pair.router({ router: { features: { ai_rate_limiting: limit } } })
    await router.chat(hello)
    const failure = await failureOf(router.chat(hello))
    expect(failure.retryAfterMs).toBeGreaterThan(50_000)
  })

  const book = new PriceBook(PRICES, {})
  const sonnet = (usage: unknown) => book.cost('claude-3-7-sonnet-20250219', readAnthropicUsage(usage)!)

  it('61. 3 input, 12304 cache write, 550 output on Sonnet 3.7 cost 0.054399 USD', () => {
    expect(sonnet({ input_tokens: 3, cache_creation_input_tokens: 12304, output_tokens: 550 })).toBe(0.054399)
  })

  it('61. the split of cache writes is used where it is there, and not added to the total', () => {
    const usage = { input_tokens: 3, cache_creation_input_tokens: 12304, output_tokens: 550 }
    const short = {
      ...usage,
      cache_creation: { ephemeral_5m_input_tokens: 12304, ephemeral_1h_input_tokens: 0 },
    }
    const long = {
      ...usage,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 12304 },
    }
    expect(sonnet(short)).toBe(0.054399)
    expect(sonnet(long)).toBeCloseTo((3 * 3 + 12304 * 6 + 550 * 15) / 1e6, 9)
  })

  it('61. a stream costs what the plain answer costs, cache figures included', async () => {
    pair.fallback.always({
      usage: {
        input_tokens: 3,
        cache_creation_input_tokens: 12304,
        cache_read_input_tokens: 100,
        output_tokens: 550,
      },
    })
    const router = pair.router({ providers: [{ ...pair.anthropic, model: 'claude-3-7-sonnet-20250219' }] })
    const [plain, streamed] = [await router.chat(hello), await router.stream(hello).final()]
    expect(plain.costUsd).toBeCloseTo(0.054429, 9)
    expect(streamed.costUsd).toBe(plain.costUsd)
    expect(plain.usage).toMatchObject({ inputTokens: 12407, cacheReadTokens: 100, cacheWriteTokens: 12304 })
  })

  it("63. OpenAI's cached tokens are part of its prompt tokens and cost less; tiers and long contexts cost more", () => {
    const usage = {
      inputTokens: 1000,
      outputTokens: 100,
      totalTokens: 1100,
      cacheReadTokens: 600,
      cacheWriteTokens: 0,
      reasoningTokens: 0,
      estimated: false,
    }
    expect(book.cost('gpt-4o-2024-08-06', usage)).toBeCloseTo((400 * 2.5 + 600 * 1.25 + 100 * 10) / 1e6, 12)
    expect(book.cost('gpt-4o', usage, 'priority')).toBeCloseTo(
      (400 * 4.25 + 600 * 2.125 + 100 * 17) / 1e6,
      12,
    )
    expect(book.cost('gpt-4o', usage, 'unheard-of')).toBeNull()
    const long = { ...usage, inputTokens: 300_000, cacheReadTokens: 0 }
    expect(book.cost('claude-sonnet-4-5-20250929', long)).toBeCloseTo((300_000 * 6 + 100 * 22.5) / 1e6, 9)
  })

  it('62. an unknown model costs null, never 0, and is counted', async () => {
    const counted: string[] = []
    const meter = {
      count: (name: string) => void counted.push(name),
      observe: () => undefined,
      set: () => undefined,
    }
    const router = pair.router({ providers: [{ ...pair.openai, model: 'gpt-from-the-future' }] }, { meter })
    expect((await router.chat(hello)).costUsd).toBeNull()
    expect(counted).toContain('llm_unpriced_requests_total')
    expect(counted).not.toContain('llm_cost_total_usd')
    expect(router.health().providers[0]?.priced).toBe(false)
  })

  it('62. a price per thousand that must be per million is refused', () => {
    const config = (prompt_per_1k: number) => ({
      llm: {
        router: { features: { pricing: { models: { m: { prompt_per_1k, completion_per_1k: 0.01 } } } } },
      },
    })
    expect(llmRouterConfig.safeParse(config(0.0025)).success).toBe(true)
    expect(llmRouterConfig.safeParse(config(2.5)).error?.issues[0]?.message).toContain('price of a million')
  })

  it('64. after retry and fallback every billed attempt is counted once', async () => {
    const costs: number[] = []
    const meter = {
      count: (name: string, _labels: unknown, by = 1) => {
        if (name === 'llm_cost_total_usd') costs.push(by)
      },
      observe: () => undefined,
      set: () => undefined,
    }
    pair.primary.always({ finishReason: 'banana', usage: dollarUsage })
    const router = pair.router({ router: { features: { pricing } } }, { meter })
    const response = await router.chat(dollarCall)
    const own = (12 * 3 + 6 * 15) / 1e6
    expect(response.provider).toBe('fallback')
    expect(response.costUsd).toBeCloseTo(1 + own, 9)
    expect(costs).toHaveLength(2)
  })

  it('weighted, latency, cost and usage order the providers of one priority', async () => {
    const equal = [
      { ...pair.openai, priority: 1 },
      { ...pair.anthropic, priority: 1 },
    ]
    const cheap = pair.router({
      router: {
        strategy: 'cost',
        features: { pricing: { models: { 'gpt-4o': { input_per_1m: 100, output_per_1m: 100 } } } },
      },
      providers: equal,
    })
    expect((await cheap.chat(hello)).provider).toBe('fallback')
    pair.primary.always({ delayMs: 60 })
    const fast = pair.router({ router: { strategy: 'latency' }, providers: equal })
    const order: string[] = []
    for (let call = 0; call < 4; call++) order.push((await fast.chat(hello)).provider)
    expect(order).toEqual(['primary', 'fallback', 'fallback', 'fallback'])
    pair.primary.always({})
    const used = pair.router({ router: { strategy: 'usage' }, providers: equal })
    expect([(await used.chat(hello)).provider, (await used.chat(hello)).provider]).toEqual([
      'primary',
      'fallback',
    ])
    const draws = pair.router({
      router: { strategy: 'weighted' },
      providers: [
        { ...equal[0]!, weight: 9 },
        { ...equal[1]!, weight: 1 },
      ],
    })
    const counts = { primary: 0, fallback: 0 }
    for (let call = 0; call < 100; call++) counts[(await draws.chat(hello)).provider as keyof typeof counts]++
    expect(counts.primary).toBeGreaterThan(70)
    expect(counts.fallback).toBeGreaterThan(0)
  })

  it('max_concurrency sends what does not fit to the next, and waits when there is none', async () => {
    pair.primary.always({ delayMs: 30 })
    const router = pair.router({ providers: [{ ...pair.openai, max_concurrency: 1 }, pair.anthropic] })
    const both = await Promise.all([router.chat(hello), router.chat(hello)])
    expect(both.map(({ provider }) => provider)).toEqual(['primary', 'fallback'])
    const alone = pair.router({ providers: [{ ...pair.openai, max_concurrency: 1 }] })
    const queued = await Promise.all([alone.chat(hello), alone.chat(hello), alone.chat(hello)])
    expect(queued.map(({ provider }) => provider)).toEqual(['primary', 'primary', 'primary'])
  })

  it('the cache answers the same request once, and costs nothing the second time', async () => {
    const router = pair.router({ router: { features: { cache: { enabled: true } } } })
    const first = await router.chat(hello)
    const again = await router.chat(hello)
    expect(again).toMatchObject({ content: first.content, costUsd: 0, metadata: { cached: true } })
    await router.chat({ messages: [{ role: 'user', content: 'Something else' }] })
    expect(pair.primary.requests).toHaveLength(2)
    expect((await router.stream(hello).final()).metadata.cached).toBe(true)
  })

  it('a hedge asks the next provider when the first is slow, and closes the loser', async () => {
    pair.primary.always({ hang: 'headers' })
    const hedge = { enabled: true, delay_ms: 30 }
    const router = pair.router({ router: { features: { hedge } } })
    const response = await router.chat(hello)
    expect(response.provider).toBe('fallback')
    expect(response.metadata.attempts).toMatchObject([{ target: 'fallback', outcome: 'ok' }])
    await expect(pair.primary.requests[0]!.closed).resolves.toBe('client')
    expect(router.health().providers[0]?.circuit).toBe('closed')
  })
})
