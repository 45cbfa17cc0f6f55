// Bounds on time are wide: they tell a wait from none, on a busy machine too. Figures belong to bench/.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { failureOf, handClock, hello, Pair } from './harness.fixture.ts'
import type { FakeRequest } from './testing/fake-answer.ts'
import { openAiWhole } from './testing/fake-openai.ts'

let pair: Pair
beforeEach(async () => {
  pair = await Pair.start()
})
afterEach(() => pair.close())

async function closedPort(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${port}/v1`
}

describe('transport and timeouts', () => {
  it('1. a closed port goes to the fallback, is class connect, and counts once for the breaker', async () => {
    const dead = { ...pair.openai, base_url: await closedPort() }
    const router = pair.router({
      providers: [dead, pair.anthropic],
      fallback: { circuit_breaker: { failure_threshold: 2, min_volume: 2 } },
    })
    const response = await router.chat(hello)
    expect(response.provider).toBe('fallback')
    expect(response.metadata.attempts).toMatchObject([
      { target: 'primary', class: 'connect' },
      { target: 'fallback', outcome: 'ok' },
    ])
    expect(router.health().providers[0]?.circuit).toBe('closed')
    await router.chat(hello)
    expect(router.health().providers[0]?.circuit).toBe('open')
  })

  it('2. a name that does not resolve is handled like a closed port', async () => {
    const nowhere = { ...pair.openai, base_url: 'http://no-such-host.invalid/v1' }
    const response = await pair.router({ providers: [nowhere, pair.anthropic] }).chat(hello)
    expect(response.metadata.attempts).toMatchObject([{ class: 'connect' }, { outcome: 'ok' }])
  })

  it('3. a provider that never sends headers runs into its own limit; its socket closes and the fallback answers', async () => {
    pair.primary.always({ hang: 'headers' })
    const router = pair.router({ router: { timeouts: { first_token: 0.1 } } })
    const startedAt = performance.now()
    const response = await router.chat(hello)
    expect(response.provider).toBe('fallback')
    expect(performance.now() - startedAt).toBeLessThan(5_000)
    const [request] = pair.primary.requests
    await expect(request!.closed).resolves.toBe('client')
    expect(response.metadata.attempts).toMatchObject([{ class: 'timeout' }, { outcome: 'ok' }])
  })

  it('3. the limit of one attempt (router.timeout) does the same', async () => {
    pair.primary.always({ hang: 'headers' })
    const response = await pair.router({ router: { timeout: 0.1 } }).chat(hello)
    expect(response.metadata.attempts).toMatchObject([{ class: 'timeout' }, { outcome: 'ok' }])
  })

  it('4. headers and then silence are a timeout, and go to the fallback', async () => {
    pair.primary.always({ cutAfterBytes: 20, hang: 'body' })
    const response = await pair.router({ router: { timeouts: { idle: 0.1 } } }).chat(hello)
    expect(response.metadata.attempts).toMatchObject([{ class: 'timeout' }, { target: 'fallback' }])
    await expect(pair.primary.requests[0]!.closed).resolves.toBe('client')
  })

  it('5. a reset in the middle of the body is malformed_response and goes to the fallback', async () => {
    pair.primary.always({ cutAfterBytes: 40 })
    const response = await pair.router().chat(hello)
    expect(response.metadata.attempts).toMatchObject([{ class: 'malformed_response' }, { outcome: 'ok' }])
  })

  it('5. half a body that ends cleanly is malformed_response too', async () => {
    pair.primary.always({ cutAfterBytes: 40, cut: 'end' })
    const response = await pair.router().chat(hello)
    expect(response.metadata.attempts).toMatchObject([{ class: 'malformed_response' }, { outcome: 'ok' }])
  })

  it('6. a kept-alive socket that the server closes just before reuse is replaced unseen', async () => {
    const served = new WeakMap<object, number>()
    const reused: number[] = []
    const server = createHttpServer((request, response) => {
      const count = (served.get(request.socket) ?? 0) + 1
      served.set(request.socket, count)
      reused.push(count)
      if (count > 1) request.socket.destroy()
      else response.end(JSON.stringify(openAiWhole({ body: {} } as FakeRequest, {})))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const kept = { ...pair.openai, base_url: `http://127.0.0.1:${port}/v1` }
    const router = pair.router({ providers: [kept], fallback: { circuit_breaker: { failure_threshold: 1 } } })
    for (let call = 0; call < 4; call++) {
      expect((await router.chat(hello)).metadata.attempts).toMatchObject([{ outcome: 'ok' }])
      // Lets the pool take the socket back, so that the next call finds it.
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(reused).toContain(2)
    expect(router.health().providers[0]?.circuit).toBe('closed')
    await router.close()
    server.close()
  })

  it('6. a fresh socket that is closed before an answer is a failure of the provider', async () => {
    pair.primary.script({ drop: 'close' })
    const response = await pair.router().chat(hello)
    expect(response.metadata.attempts).toMatchObject([{ class: 'connect' }, { target: 'fallback' }])
  })

  it('7. a caller who gives up closes the socket within 50 ms; nothing is retried, counted, or kept reserved', async () => {
    const counted: string[] = []
    const meter = {
      count: (name: string) => void counted.push(name),
      observe: () => undefined,
      set: () => undefined,
    }
    pair.primary.script({ hang: 'headers' })
    const limit = { enabled: true, token_limit: 1200 }
    const router = pair.router({ router: { features: { ai_rate_limiting: limit } } }, { meter })
    const controller = new AbortController()
    const failure = failureOf(router.chat(hello, { signal: controller.signal }))
    const request = await pair.primary.nextRequest()
    const abortedAt = performance.now()
    controller.abort()
    await expect(request.closed).resolves.toBe('client')
    expect(performance.now() - abortedAt).toBeLessThan(2_000)
    expect((await failure).class).toBe('aborted')
    expect(pair.fallback.requests).toHaveLength(0)
    expect(counted).toEqual([])
    // The limit has room for one reservation only: the first must have been given back.
    await expect(router.chat(hello)).resolves.toMatchObject({ provider: 'primary' })
  })

  it('7. a signal that is aborted before the call sends nothing', async () => {
    const failure = await failureOf(pair.router().chat(hello, { signal: AbortSignal.abort() }))
    expect(failure.code).toBe('LLM_ABORTED')
    expect(pair.primary.requests).toHaveLength(0)
  })

  it('7. no connection is opened in place of one that was broken off', async () => {
    pair.primary.always({ hang: 'headers' })
    const controller = new AbortController()
    const failure = failureOf(pair.router().chat(hello, { signal: controller.signal }))
    const request = await pair.primary.nextRequest()
    controller.abort()
    await Promise.all([failure, request.closed])
    // Another call goes the whole way, so that whatever the first one left behind has had its time.
    pair.primary.always({})
    await pair.router().chat(hello)
    expect(pair.primary.connections).toBe(1)
  })

  it('8. a caller who gives up during back-off is told at once, and nothing more is sent', async () => {
    pair.primary.always({ error: { status: 503, headers: { 'retry-after': '60' } } })
    const clock = handClock()
    const router = pair.router({ providers: [pair.openai] }, { clock })
    const backOff = clock.timerOf(60_000)
    const controller = new AbortController()
    const failure = failureOf(router.chat(hello, { signal: controller.signal, deadlineMs: 200_000 }))
    await pair.primary.nextRequest()
    await backOff
    controller.abort()
    expect(await failure).toMatchObject({ class: 'aborted', attempts: [{ status: 503 }] })
    expect(pair.primary.requests).toHaveLength(1)
  })

  it('9. a deadline leaves the fallback its share, whatever the limit of the primary', async () => {
    pair.primary.always({ hang: 'headers' })
    const startedAt = performance.now()
    const response = await pair.router({ router: { timeout: 30 } }).chat(hello, { deadlineMs: 600 })
    expect(response.provider).toBe('fallback')
    expect(performance.now() - startedAt).toBeLessThan(5_000)
  })

  it('9. the deadline holds over everything when nobody answers', async () => {
    pair.primary.always({ hang: 'headers' })
    pair.fallback.always({ hang: 'headers' })
    const startedAt = performance.now()
    const failure = await failureOf(pair.router().chat(hello, { deadlineMs: 300 }))
    expect(failure.class).toBe('timeout')
    expect(performance.now() - startedAt).toBeLessThan(5_000)
  })

  it('10. a deadline that has passed sends nothing', async () => {
    const failure = await failureOf(pair.router().chat(hello, { deadlineMs: 0 }))
    expect(failure).toMatchObject({ code: 'LLM_TIMEOUT', class: 'timeout' })
    expect(pair.primary.requests).toHaveLength(0)
  })
})
