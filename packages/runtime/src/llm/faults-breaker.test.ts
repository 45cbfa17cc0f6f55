import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { failureOf, handClock, hello, Pair } from './harness.fixture.ts'
import type { StateStore } from './shared-state.ts'

let pair: Pair
beforeEach(async () => {
  pair = await Pair.start()
})
afterEach(() => pair.close())

const down = { error: { status: 503 } }
const noRetries = { max_retries_per_provider: 0 }

describe('breaker, in the router', () => {
  it('27. after five failures the next call makes no request to the primary', async () => {
    pair.primary.always(down)
    const router = pair.router({ fallback: noRetries })
    for (let call = 0; call < 5; call++) await router.chat(hello)
    expect(router.health().providers[0]?.circuit).toBe('open')
    await router.chat(hello)
    expect(pair.primary.requests).toHaveLength(5)
    expect(pair.fallback.requests).toHaveLength(6)
  })

  it('27. the gauge and the log say so', async () => {
    const gauges: unknown[] = []
    const lines: string[] = []
    const meter = {
      count: () => undefined,
      observe: () => undefined,
      set: (...all: unknown[]) => void gauges.push(all),
    }
    const logger = { log: (_level: string, message: string) => void lines.push(message) }
    pair.primary.always(down)
    const router = pair.router(
      { fallback: { ...noRetries, circuit_breaker: { failure_threshold: 1 } } },
      { meter, logger },
    )
    await router.chat(hello)
    expect(gauges).toContainEqual(['circuit_breaker_state', { provider: 'primary' }, 1])
    expect(lines).toContain('llm circuit changed')
  })

  it('29. one probe goes to the primary when the pause is over; the others go on to the fallback', async () => {
    const clock = handClock()
    pair.primary.always(down)
    const router = pair.router({ fallback: noRetries }, { clock })
    for (let call = 0; call < 5; call++) await router.chat(hello)
    clock.advance(60_000)
    pair.primary.always({ delayMs: 30 })
    const before = pair.primary.requests.length
    const responses = await Promise.all([router.chat(hello), router.chat(hello), router.chat(hello)])
    expect(responses.map(({ provider }) => provider).toSorted()).toEqual(['fallback', 'fallback', 'primary'])
    expect(pair.primary.requests.length - before).toBe(1)
    expect(router.health().providers[0]?.circuit).toBe('closed')
  })

  it('28. of twenty calls side by side one is the probe; the others are answered by the fallback', async () => {
    pair.primary.always(down)
    const clock = handClock()
    const router = pair.router({ fallback: noRetries }, { clock })
    for (let call = 0; call < 5; call++) await router.chat(hello)
    clock.advance(60_000)
    pair.primary.always({})
    const answers = await Promise.all(Array.from({ length: 20 }, () => router.chat(hello)))
    expect(answers.map(({ provider }) => provider).filter((name) => name === 'primary')).toHaveLength(1)
    expect(pair.primary.requests).toHaveLength(6)
    expect(router.health().providers[0]?.circuit).toBe('closed')
  })

  it('30. a probe whose caller gives up frees its slot', async () => {
    const clock = handClock()
    pair.primary.always(down)
    const router = pair.router({ fallback: noRetries }, { clock })
    for (let call = 0; call < 5; call++) await router.chat(hello)
    clock.advance(60_000)
    pair.primary.always({ hang: 'headers' })
    const controller = new AbortController()
    const seen = pair.primary.requests.length
    const failure = failureOf(router.chat(hello, { signal: controller.signal }))
    while (pair.primary.requests.length === seen) await new Promise((resolve) => setImmediate(resolve))
    controller.abort()
    await failure
    expect(router.health().providers[0]?.circuit).toBe('half-open')
    pair.primary.always({})
    expect((await router.chat(hello)).provider).toBe('primary')
  })

  it('31. one failure out of one call stays closed', async () => {
    pair.primary.always(down)
    const circuit_breaker = { failure_threshold: 1, min_volume: 5 }
    const router = pair.router({ fallback: { ...noRetries, circuit_breaker } })
    await router.chat(hello)
    expect(router.health().providers[0]?.circuit).toBe('closed')
  })

  const limited = (seconds: number) => ({
    error: { status: 429, headers: { 'retry-after': String(seconds) } },
  })

  it('32. a second 429 with a longer hint extends the pause, a shorter one does not cut it', async () => {
    pair.primary.script(limited(5), limited(60), limited(10))
    const router = pair.router({}, { clock: handClock() })
    await Promise.all([router.chat(hello), router.chat(hello), router.chat(hello)])
    expect(router.health().providers[0]?.parked).toEqual({ reason: 'rate_limit', forMs: 60_000 })
  })

  it('32. the success of a call that began before the 429 does not end the pause', async () => {
    pair.primary.script({ delayMs: 100 }, limited(60))
    const router = pair.router({}, { clock: handClock() })
    const early = router.chat(hello)
    await pair.primary.nextRequest()
    await router.chat(hello)
    expect((await early).provider).toBe('primary')
    expect(router.health().providers[0]?.parked).toEqual({ reason: 'rate_limit', forMs: 60_000 })
  })

  it('33. a jump of the wall clock by an hour changes neither breaker nor limiter', async () => {
    const clock = handClock()
    pair.primary.always(down)
    const limit = { enabled: true, request_limit: 7 }
    const router = pair.router(
      { fallback: noRetries, router: { features: { ai_rate_limiting: limit } } },
      { clock },
    )
    for (let call = 0; call < 6; call++) await router.chat(hello)
    for (const jump of [3_600_000, -7_200_000]) {
      clock.jump(jump)
      expect(router.health().providers[0]?.circuit).toBe('open')
    }
    await router.chat(hello)
    expect((await failureOf(router.chat(hello))).class).toBe('limit')
  })

  it('35. with all circuits open a call fails fast and says when to come back', async () => {
    pair.primary.always(down)
    pair.fallback.always(down)
    const router = pair.router({ fallback: { ...noRetries, circuit_breaker: { failure_threshold: 1 } } })
    await failureOf(router.chat(hello))
    const failure = await failureOf(router.chat(hello))
    expect(failure).toMatchObject({ class: 'circuit_open', code: 'LLM_CIRCUIT_OPEN' })
    expect(failure.retryAfterMs).toBeGreaterThan(50_000)
    expect([pair.primary.requests.length, pair.fallback.requests.length]).toEqual([1, 1])
  })

  it('35. or waits for the first probe inside the deadline, when that is configured', async () => {
    pair.primary.script(down)
    const breaker = { failure_threshold: 1, cooldown_seconds: 0.05 }
    const router = pair.router({
      providers: [pair.openai],
      fallback: { ...noRetries, when_all_open: 'wait', circuit_breaker: breaker },
    })
    await failureOf(router.chat(hello))
    await expect(router.chat(hello)).resolves.toMatchObject({ provider: 'primary' })
  })
})

describe('state shared by the processes of a host', () => {
  let root: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'rgen-llm-'))
  })
  afterEach(() => rmSync(root, { recursive: true, force: true }))

  const shared = { shared_state: { enabled: true, path: 'state', interval: 0.02 } }

  async function until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise((resolve) => setImmediate(resolve))
  }

  it('36. when one opens a circuit, the other stops sending within an interval', async () => {
    pair.primary.always(down)
    const fallback = { ...noRetries, circuit_breaker: { failure_threshold: 1 } }
    const [a, b] = [
      pair.router({ router: shared, fallback }, { root }),
      pair.router({ router: shared, fallback }, { root }),
    ]
    await a.chat(hello)
    await until(() => b.health().providers[0]?.circuit === 'open')
    const before = pair.primary.requests.length
    expect((await b.chat(hello)).provider).toBe('fallback')
    expect(pair.primary.requests.length).toBe(before)
  })

  it('36. parking is shared, and with it the reason', async () => {
    pair.primary.script({ error: { status: 429, code: 'insufficient_quota' } })
    const [a, b] = [pair.router({ router: shared }, { root }), pair.router({ router: shared }, { root })]
    await a.chat(hello)
    await until(() => b.health().providers[0]?.parked !== undefined)
    expect(b.health().providers[0]?.parked?.reason).toBe('quota')
  })

  it('36. a limit is one limit for all of them', async () => {
    const router = { ...shared, features: { ai_rate_limiting: { enabled: true, request_limit: 2 } } }
    const [a, b] = [pair.router({ router }, { root }), pair.router({ router }, { root })]
    await a.chat(hello)
    await a.chat(hello)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect((await failureOf(b.chat(hello))).class).toBe('limit')
  })

  it('36. a file that is no JSON, or a folder that cannot be made, means local state alone, said once', async () => {
    mkdirSync(join(root, 'state'))
    writeFileSync(join(root, 'state', 'broken.json'), '{"writtenAt": 1, "open": ')
    writeFileSync(join(root, 'blocked'), 'a file where a folder should be')
    for (const path of ['state', 'blocked/inside']) {
      const lines: string[] = []
      const logger = { log: (_level: string, message: string) => void lines.push(message) }
      const router = pair.router(
        { router: { shared_state: { ...shared.shared_state, path } } },
        { root, logger },
      )
      await router.chat(hello)
      await new Promise((resolve) => setTimeout(resolve, 100))
      await router.chat(hello)
      expect(lines.filter((line) => line.startsWith('llm state is not shared'))).toHaveLength(1)
    }
  })

  it('36. a store of the program takes the place of the folder; one that is locked means local state alone, said once', async () => {
    const left = new Map<string, string>()
    const storeOf = (name: string): StateStore => ({
      write: (text) => void left.set(name, text),
      readOthers: () => [...left].filter(([key]) => key !== name).map(([, text]) => text),
      close: () => void left.delete(name),
    })
    pair.primary.always(down)
    const config = {
      router: { shared_state: { interval: 0.02 } },
      fallback: { ...noRetries, circuit_breaker: { failure_threshold: 1 } },
    }
    const [a, b] = ['a', 'b'].map((name) => pair.router(config, { store: storeOf(name) }))
    await a!.chat(hello)
    await until(() => b!.health().providers[0]?.circuit === 'open')
    await b!.chat(hello)
    expect(pair.primary.requests).toHaveLength(1)
    expect([...left.values()].join()).not.toContain('sk-')

    const lines: string[] = []
    const locked = () => {
      throw new Error('locked')
    }
    const store = { write: locked, readOthers: locked, close: locked }
    const logger = { log: (_level: string, message: string) => void lines.push(message) }
    const alone = pair.router(config, { store, logger })
    await alone.chat(hello)
    await until(() => lines.includes('llm circuit changed'))
    expect(lines.filter((line) => line.startsWith('llm state is not shared'))).toHaveLength(1)
  })
})
