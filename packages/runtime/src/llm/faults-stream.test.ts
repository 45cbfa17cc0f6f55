import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { LlmError } from './errors.ts'
import { failureOf, hello, Pair } from './harness.fixture.ts'
import type { LlmStreamEvent } from './messages.ts'
import type { LlmStream } from './stream.ts'
import type { FakeRequest } from './testing/fake-answer.ts'
import { openAiWhole } from './testing/fake-openai.ts'

let pair: Pair
beforeEach(async () => {
  pair = await Pair.start()
})
afterEach(() => pair.close())

async function eventsOf(stream: LlmStream): Promise<LlmStreamEvent[]> {
  const events: LlmStreamEvent[] = []
  for await (const event of stream) events.push(event)
  return events
}

const textOf = (events: readonly LlmStreamEvent[]): string =>
  events.map((event) => (event.type === 'text' ? event.text : '')).join('')

const role =
  'data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}\n\n'
const word = (text: string): string =>
  `data: {"choices":[{"index":0,"delta":{"content":${JSON.stringify(text)}},"finish_reason":null}]}\n\n`

describe('streaming', () => {
  it.each([
    ['the connection breaks', { frames: [role], cutAfterBytes: role.length }],
    [
      'an error comes in band',
      { frames: [role, 'data: {"error":{"message":"boom","type":"server_error"}}\n\n'] },
    ],
    ['the stream ends', { frames: [role] }],
    ['a frame is not JSON', { frames: [role, 'data: {"choi\n\n'] }],
  ])(
    '37. when before any content %s, the stream of the fallback is delivered, with one start and no trace',
    async (_what, step) => {
      pair.primary.always(step)
      const stream = pair.router().stream(hello)
      const events = await eventsOf(stream)
      expect(events.filter(({ type }) => type === 'start')).toEqual([
        { type: 'start', provider: 'fallback', model: 'claude-3-5-sonnet-20241022' },
      ])
      expect(textOf(events)).toBe('Hello from the fake provider.')
      expect((await stream.final()).provider).toBe('fallback')
    },
  )

  it('37. an error status before the stream is retried and falls back as in chat', async () => {
    pair.primary.always({ error: { status: 500 } })
    const stream = pair.router().stream(hello)
    expect((await eventsOf(stream))[0]).toMatchObject({ type: 'start', provider: 'fallback' })
    expect(pair.primary.requests).toHaveLength(3)
  })

  it('38. when both die before content, the call is rejected; no event is seen', async () => {
    pair.primary.always({ frames: [role] })
    pair.fallback.always({
      frames: ['event: message_start\ndata: {"type":"message_start","message":{}}\n\n'],
    })
    const stream = pair.router().stream(hello)
    const failure = await failureOf(stream.next())
    expect(failure).toMatchObject({ code: 'LLM_ALL_FAILED', class: 'malformed_response' })
    expect((await failureOf(stream.final())).code).toBe('LLM_ALL_FAILED')
  })

  it('39. a death after ten tokens is a typed error with the text and usage so far; the fallback is not called', async () => {
    const words = Array.from({ length: 10 }, (_, index) => word(`w${index} `))
    pair.primary.always({ frames: [role, ...words], cutAfterBytes: 100_000 })
    const stream = pair.router().stream(hello)
    const events: LlmStreamEvent[] = []
    const failure = await failureOf(
      (async () => {
        for await (const event of stream) events.push(event)
      })(),
    )
    expect(events.at(-1)).toMatchObject({ type: 'error' })
    expect(failure.class).toBe('malformed_response')
    expect(failure.partial?.text).toBe('w0 w1 w2 w3 w4 w5 w6 w7 w8 w9 ')
    expect(failure.partial?.usage).toMatchObject({ estimated: true })
    expect(failure.partial?.usage.outputTokens).toBeGreaterThan(0)
    expect(pair.fallback.requests).toHaveLength(0)
    expect((await failureOf(stream.final())).partial?.text).toBe(failure.partial?.text)
  })

  it('39. mode restart resets and begins again at the fallback', async () => {
    pair.primary.always({ frames: [role, word('half ')], cutAfterBytes: 100_000 })
    const stream = pair.router({ fallback: { on_midstream_failure: 'restart' } }).stream(hello)
    const events = await eventsOf(stream)
    expect(events.map(({ type }) => type).filter((type) => type !== 'text')).toEqual([
      'start',
      'reset',
      'usage',
      'finish',
    ])
    expect((await stream.final()).content).toBe('Hello from the fake provider.')
  })

  it('39. mode continue goes on from the text so far, only where the target allows a prefill', async () => {
    pair.primary.always({ frames: [role, word('Hello ')], cutAfterBytes: 100_000 })
    pair.fallback.always({ text: 'world.' })
    const continuing = { fallback: { on_midstream_failure: 'continue' as const } }
    expect((await failureOf(eventsOf(pair.router(continuing).stream(hello)))).partial?.text).toBe('Hello ')
    const able = { ...pair.anthropic, capabilities: { prefill: true } }
    const stream = pair.router({ ...continuing, providers: [pair.openai, able] }).stream(hello)
    expect(textOf(await eventsOf(stream))).toBe('Hello world.')
    expect(await stream.final()).toMatchObject({ content: 'Hello world.', provider: 'fallback' })
    expect(pair.fallback.requests[0]?.body?.messages).toMatchObject([
      { role: 'user' },
      { role: 'assistant', content: [{ text: 'Hello' }] },
    ])
  })

  it('41. an end without [DONE] and without finish_reason is malformed_response', async () => {
    pair.primary.always({ frames: [role, word('cut')] })
    const failure = await failureOf(eventsOf(pair.router().stream(hello)))
    expect(failure).toMatchObject({ class: 'malformed_response', partial: { text: 'cut' } })
  })

  it('41. a finish_reason without [DONE] is complete', async () => {
    const finish = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
    pair.primary.always({ frames: [role, word('whole'), finish] })
    const stream = pair.router().stream(hello)
    await eventsOf(stream)
    expect(await stream.final()).toMatchObject({
      content: 'whole',
      finishReason: 'stop',
      usage: { estimated: true },
    })
  })

  it('42. whatever comes after [DONE] is not part of the answer', async () => {
    pair.primary.always({
      frames: [role, word('one'), 'data: [DONE]\n\n', word(' more'), 'data: [DONE]\n\n', 'data: {"err'],
    })
    const stream = pair.router().stream(hello)
    expect(textOf(await eventsOf(stream))).toBe('one')
    expect((await stream.final()).content).toBe('one')
  })

  describe.each(['primary', 'fallback'] as const)('43. the bytes of %s', (which) => {
    const request = { ...hello, tools: [{ name: 'look', parameters: { type: 'object' } }] }
    const answer = { text: 'naïve — 漢字 🙂', toolCalls: [{ name: 'look', arguments: { at: 'ü🙂' } }] }
    const routerOf = () => pair.router({ providers: [which === 'primary' ? pair.openai : pair.anthropic] })

    it.each([1, 2, 3, 5, 7, 11, 64])(
      'give the same answer when they are cut every %i',
      async (splitEvery) => {
        pair[which].script(answer, { ...answer, splitEvery })
        const router = routerOf()
        const whole = await router.stream(request).final()
        const cut = await router.stream(request).final()
        expect([cut.content, cut.toolCalls, cut.usage]).toEqual([whole.content, whole.toolCalls, whole.usage])
        expect(cut.content).toBe(answer.text)
      },
    )

    it('give the events of the plain answer', async () => {
      pair[which].always(answer)
      const plain = await routerOf().chat(request)
      const stream = routerOf().stream(request)
      const events = await eventsOf(stream)
      const streamed = await stream.final()
      expect(textOf(events)).toBe(plain.content)
      expect(events.map(({ type }) => type).filter((type, index, all) => type !== all[index - 1])).toEqual([
        'start',
        'text',
        'tool_call_delta',
        'usage',
        'finish',
      ])
      for (const key of ['content', 'toolCalls', 'finishReason', 'usage', 'costUsd'] as const)
        expect(streamed[key]).toEqual(plain[key])
    })
  })

  it('44. an overloaded error of Anthropic after the 200, before content, goes to the fallback', async () => {
    pair.fallback.always({
      frames: [
        'event: message_start\ndata: {"type":"message_start","message":{"usage":{"input_tokens":3,"output_tokens":1}}}\n\n',
        'event: ping\ndata: {"type":"ping"}\n\n',
        'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n',
      ],
    })
    const router = pair.router({
      providers: [{ ...pair.anthropic, priority: 0 }, pair.openai],
      fallback: { max_retries_per_provider: 0 },
    })
    const stream = router.stream(hello)
    await eventsOf(stream)
    const response = await stream.final()
    expect(response.provider).toBe('primary')
    expect(response.metadata.attempts).toMatchObject([{ class: '5xx' }, { outcome: 'ok' }])
  })

  it('45. a stall longer than the idle limit is a typed timeout', async () => {
    pair.primary.always({ frames: [role, word('one '), word('two')], hang: 'body' })
    const failure = await failureOf(
      eventsOf(pair.router({ router: { timeouts: { idle: 0.1 } } }).stream(hello)),
    )
    expect(failure).toMatchObject({ class: 'timeout', partial: { text: 'one two' } })
  })

  const pinging = {
    frames: [
      role,
      word('x'),
      ...Array.from({ length: 30 }, () => ': ping\n\n'),
      word('y'),
      'data: [DONE]\n\n',
    ],
    chunkDelayMs: 30,
  }

  it('45. pings keep a stream alive, unless content alone is to count', async () => {
    pair.primary.always(pinging)
    // Together the pings take longer than the limit, one alone far less, on a busy machine too.
    const alive = await eventsOf(pair.router({ router: { timeouts: { idle: 0.8 } } }).stream(hello))
    expect(textOf(alive)).toBe('xy')
    const strict = pair.router({ router: { timeouts: { idle: 0.8, liveness: 'content' } } })
    expect((await failureOf(eventsOf(strict.stream(hello)))).class).toBe('timeout')
  })

  it('46. a slow reader holds the server back instead of filling the memory', async () => {
    const big = word('x'.repeat(64 * 1024))
    pair.primary.always({ frames: [role, ...Array.from({ length: 400 }, () => big), 'data: [DONE]\n\n'] })
    const stream = pair.router().stream(hello)
    await stream.next()
    await stream.next()
    const before = process.memoryUsage()
    await new Promise((resolve) => setTimeout(resolve, 200))
    const after = process.memoryUsage()
    // 25 MB wait at the server; here only the high-water mark and what the sockets hold.
    expect(after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed).toBeLessThan(
      20 * 1024 * 1024,
    )
    let length = 0
    for await (const event of stream) if (event.type === 'text') length += event.text.length
    expect(length).toBe(399 * 64 * 1024)
  })

  it('47. a line without end is malformed_response, long before it fills the memory', async () => {
    const line = 'x'.repeat(1024 * 1024)
    pair.primary.always({ frames: ['data: ', ...Array.from({ length: 64 }, () => line)] })
    const response = await pair.router().stream(hello).final()
    expect(response.metadata.attempts).toMatchObject([{ class: 'malformed_response' }, { outcome: 'ok' }])
  })

  it('48. a reader that leaves closes the socket, and what it used is settled as an estimate', async () => {
    const figures: string[] = []
    const meter = {
      count: (name: string) => void figures.push(name),
      observe: () => undefined,
      set: () => undefined,
    }
    pair.primary.always({ frames: [role, word('one '), word('two ')], hang: 'body' })
    const stream = pair.router({}, { meter }).stream(hello)
    for await (const event of stream) if (event.type === 'text') break
    const [request] = pair.primary.requests
    await expect(request!.closed).resolves.toBe('client')
    expect(figures).toContain('llm_tokens_total')
    expect(figures).not.toContain('llm_requests_total')
    expect((await failureOf(stream.final())).class).toBe('aborted')
  })

  it('48. a signal does the same in the middle of a stream', async () => {
    const controller = new AbortController()
    pair.primary.always({ frames: [role, word('one ')], hang: 'body' })
    const stream = pair.router().stream(hello, { signal: controller.signal })
    let error: unknown
    try {
      for await (const event of stream) if (event.type === 'text') controller.abort()
    } catch (caught) {
      error = caught
    }
    expect((error as LlmError).class).toBe('aborted')
    await expect(pair.primary.requests[0]!.closed).resolves.toBe('client')
  })

  it('20. an error as plain JSON in a 200 is llm_error, and an answer as plain JSON is an answer', async () => {
    pair.primary.script(
      { body: { error: { message: 'boom' } } },
      { body: openAiWhole({ body: {} } as FakeRequest, {}) },
    )
    const router = pair.router()
    const failed = await router.stream(hello).final()
    expect(failed.metadata.attempts).toMatchObject([{ class: 'llm_error' }, { target: 'fallback' }])
    const stream = router.stream(hello)
    expect(textOf(await eventsOf(stream))).toBe('Hello from the fake provider.')
    expect((await stream.final()).provider).toBe('primary')
  })

  it('events that are asked for side by side come in order, from one call', async () => {
    pair.primary.always({ frames: [role, word('one '), word('two'), 'data: [DONE]\n\n'], chunkDelayMs: 5 })
    const stream = pair.router().stream(hello)
    const results = await Promise.all(Array.from({ length: 6 }, () => stream.next()))
    expect(results.map(({ value }) => value?.type)).toEqual([
      'start',
      'text',
      'text',
      'usage',
      'finish',
      undefined,
    ])
    expect(pair.primary.requests).toHaveLength(1)
  })

  it('final() after the first event reads the rest, and keeps it for the reader', async () => {
    const stream = pair.router().stream(hello)
    expect((await stream.next()).value?.type).toBe('start')
    expect((await stream.final()).content).toBe('Hello from the fake provider.')
    expect(textOf(await eventsOf(stream))).toBe('Hello from the fake provider.')
  })

  it('a stream that was left before it began rejects its final()', async () => {
    const stream = pair.router().stream(hello)
    await stream.return()
    expect((await failureOf(stream.final())).class).toBe('aborted')
    expect(pair.primary.requests).toHaveLength(0)
  })

  it('a hedge does not cut the stream that won', async () => {
    const hedge = { enabled: true, delay_ms: 20, max_extra_cost_pct: 100 }
    const frames = [role, word('one '), word('two'), 'data: [DONE]\n\n']
    for (const delayMs of [0, 60]) {
      pair.primary.always({ frames, delayMs, chunkDelayMs: 30 })
      pair.fallback.always({ hang: 'headers' })
      const stream = pair.router({ router: { features: { hedge } } }).stream(hello)
      expect(textOf(await eventsOf(stream))).toBe('one two')
    }
  })

  it('a stream that nobody reads is run by final()', async () => {
    const response = await pair.router().stream(hello).final()
    expect(response).toMatchObject({
      content: 'Hello from the fake provider.',
      provider: 'primary',
      usage: { inputTokens: 12, outputTokens: 6, estimated: false },
    })
  })

  it('a stream costs what the plain answer costs', async () => {
    const router = pair.router({ providers: [pair.anthropic] })
    const [streamed, plain] = [await router.stream(hello).final(), await router.chat(hello)]
    expect(streamed.costUsd).toBe(plain.costUsd)
    expect(streamed.usage).toEqual(plain.usage)
  })
})
