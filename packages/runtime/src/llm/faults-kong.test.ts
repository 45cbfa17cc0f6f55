import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import type { LlmRouterConfigInput } from './config.ts'
import { failureOf, hello } from './harness.fixture.ts'
import { renderKongYaml } from './kong-yaml.ts'
import { createRouter } from './router.ts'
import type { LlmRouter } from './router.ts'
import { startFakeKong } from './testing/fake-kong.ts'
import type { FakeServer } from './testing/fake-server.ts'

let kong: FakeServer
const routers: LlmRouter[] = []
beforeEach(async () => {
  kong = await startFakeKong({
    apiKey: 'gateway-key',
    routes: [
      { path: '/ai/openai', provider: 'openai', model: 'gpt-4o' },
      { path: '/ai/anthropic', provider: 'anthropic', model: 'claude-3-5-sonnet-20241022' },
    ],
  })
})
afterEach(async () => {
  await Promise.all(routers.splice(0).map((router) => router.close()))
  await kong.close()
})

type Provider = NonNullable<LlmRouterConfigInput['llm']['providers']>[number]
const openai: Provider = {
  name: 'openai',
  type: 'openai',
  model: 'gpt-4o',
  api_key: 'sk-provider-key',
  kong: { route: '/ai/openai' },
}
const anthropic: Provider = {
  name: 'anthropic',
  type: 'anthropic',
  model: 'claude-3-5-sonnet-20241022',
  kong: { route: '/ai/anthropic' },
}

function router(providers: Provider[], fallback: LlmRouterConfigInput['llm']['fallback'] = {}): LlmRouter {
  const config = { backend: 'kong' as const, url: kong.origin, kong: { api_key: 'gateway-key' } }
  const made = createRouter(
    { llm: { router: config, providers, fallback: { max_retries_per_provider: 0, ...fallback } } },
    { env: {} },
  )
  routers.push(made)
  return made
}

describe('Kong', () => {
  it("sends the gateway's key and no provider's, the route as it is, and no model", async () => {
    const response = await router([openai]).chat(hello)
    const [request] = kong.requests
    expect(request).toMatchObject({ path: '/ai/openai', headers: { apikey: 'gateway-key' } })
    expect(request!.headers.authorization).toBeUndefined()
    expect(request!.body).not.toHaveProperty('model')
    expect(response.metadata.kong).toEqual({
      model: 'openai/gpt-4o',
      upstreamLatencyMs: 12,
      proxyLatencyMs: 2,
      requestId: 'kong-request-fake',
    })
  })

  it('22. finish reasons of both vocabularies are accepted', async () => {
    expect((await router([openai]).chat(hello)).finishReason).toBe('stop')
    expect((await router([anthropic]).chat(hello)).finishReason).toBe('stop')
    kong.always({ toolCalls: [{ name: 'f', arguments: { x: 1 } }] })
    const tools = [{ name: 'f', parameters: { type: 'object' } }]
    expect(await router([anthropic]).chat({ ...hello, tools })).toMatchObject({
      finishReason: 'tool_calls',
      toolCalls: [{ arguments: { x: 1 } }],
    })
  })

  it('41. [DONE] without a blank line and without finish_reason is complete', async () => {
    const response = await router([anthropic]).stream(hello).final()
    expect(response).toMatchObject({
      content: 'Hello from the fake provider.',
      finishReason: 'stop',
      usage: { estimated: true },
    })
  })

  it('tool calls that Kong would lose in a stream are fetched without one', async () => {
    kong.always({ toolCalls: [{ name: 'f', arguments: { x: 1 } }] })
    const stream = router([anthropic]).stream({
      ...hello,
      tools: [{ name: 'f', parameters: { type: 'object' } }],
    })
    const types: string[] = []
    for await (const event of stream) types.push(event.type)
    expect(types).toEqual(['start', 'tool_call_delta', 'usage', 'finish'])
    expect(kong.requests[0]!.body).not.toHaveProperty('stream')
  })

  it('23. usage as the string that Kong sends is estimated', async () => {
    kong.always({ usage: 'no usage data returned from upstream' })
    expect((await router([anthropic]).chat(hello)).usage.estimated).toBe(true)
  })

  it('65. "cannot use own model" is class config; the hint tells the fix; no retry, no fallback', async () => {
    const wrong = { ...openai, model: 'gpt-4o-mini', kong: { route: '/ai/openai', send_model: true } }
    const failure = await failureOf(router([wrong, anthropic], { max_retries_per_provider: 2 }).chat(hello))
    expect(failure).toMatchObject({ class: 'config', status: 400 })
    expect(failure.hint).toContain('send_model: false')
    expect(kong.requests).toHaveLength(1)
  })

  it.each([502, 503, 504])("67. Kong's own %i is 5xx, with its request id", async (status) => {
    kong.script({ error: { status, type: 'kong', message: 'The upstream server is currently unavailable' } })
    const response = await router([openai, anthropic]).chat(hello)
    expect(response.metadata.attempts).toMatchObject([
      { class: '5xx', status, requestId: 'kong-request-fake' },
      { target: 'anthropic' },
    ])
  })

  it('67. a route that does not exist is class config', async () => {
    const failure = await failureOf(router([{ ...openai, kong: { route: '/nowhere' } }]).chat(hello))
    expect(failure).toMatchObject({ class: 'config', status: 404 })
    expect(failure.hint).toContain('kong.route')
  })

  it('67. a wrong gateway key is class auth, and the key is not in the message', async () => {
    const failure = await failureOf(
      router([{ ...openai, kong: { route: '/ai/openai', api_key: 'wrong-gateway-key' } }]).chat(hello),
    )
    expect(failure).toMatchObject({ class: 'auth', status: 401 })
    expect(JSON.stringify(failure)).not.toContain('wrong-gateway-key')
  })

  it('68. the prompt guard is class request, content safety content_filter; neither is retried nor failed over', async () => {
    const two = router([openai, anthropic], { max_retries_per_provider: 2 })
    kong.script({ error: { status: 400, type: 'ai-proxy', message: 'bad request' } })
    expect((await failureOf(two.chat(hello))).class).toBe('request')
    kong.script({ error: { status: 400, type: 'ai-proxy', message: 'request failed content safety check' } })
    expect((await failureOf(two.chat(hello))).class).toBe('content_filter')
    expect(kong.requests).toHaveLength(2)
    kong.script({
      error: {
        status: 400,
        type: 'ai-proxy',
        message: 'request failed content safety check: breached category [Hate] at level 2',
      },
    })
    expect((await router([openai, anthropic], { conditions: ['content_filter'] }).chat(hello)).provider).toBe(
      'anthropic',
    )
  })

  it('69. the guard refuses parts that are no text with the same words; the hint says so', async () => {
    kong.script({ error: { status: 400, message: 'bad request' } })
    const image = { type: 'image' as const, url: 'https://example.org/a.png' }
    const failure = await failureOf(router([openai]).chat({ messages: [{ role: 'user', content: [image] }] }))
    expect(failure).toMatchObject({
      class: 'request',
      hint: expect.stringContaining('parts other than text'),
    })
    expect(kong.requests).toHaveLength(1)
  })

  it('70. a prompt over the default body size is explained', async () => {
    const failure = await failureOf(
      router([openai]).chat({ messages: [{ role: 'user', content: 'x'.repeat(20_000) }] }),
    )
    expect(failure.class).toBe('config')
    expect(failure.message).toContain('max_request_body_size')
    expect(failure.hint).toContain('max_request_body_size')
  })

  it("66. Kong's own rate-limit hint is honoured, for the longest of its windows", async () => {
    const headers = { 'x-ai-ratelimit-retry-after': '7', 'x-ai-ratelimit-retry-after-minute-openai': '42' }
    kong.script({
      error: {
        status: 429,
        type: 'kong',
        message: 'AI token rate limit exceeded for provider(s): openai',
        headers,
      },
    })
    const two = router([openai, anthropic])
    await two.chat(hello)
    expect(two.health().providers[0]?.parked?.forMs).toBeGreaterThan(40_000)
  })

  it("the provider's own error bodies come through Kong and are understood", async () => {
    kong.script({ error: { status: 529, type: 'overloaded_error', message: 'Overloaded' } })
    expect((await router([anthropic, openai]).chat(hello)).metadata.attempts).toMatchObject([
      { class: '5xx', status: 529 },
      { outcome: 'ok' },
    ])
  })

  it('kong.yaml has a route for every provider that the router calls, and no secret', () => {
    const yaml = [
      'llm:',
      '  router: { backend: kong, features: { ai_rate_limiting: { enabled: true, request_limit: 100 } } }',
      '  providers:',
      '    - { name: openai-primary, type: openai, model: gpt-4o, api_key: "${OPENAI_API_KEY}" }',
      '    - { name: claude, type: anthropic, model: claude-3-5-sonnet-20241022, api_key: sk-secret-key, kong: { route: /ai/claude } }',
    ].join('\n')
    const text = renderKongYaml(yaml)
    const document = parse(text) as {
      services: {
        name: string
        routes: { paths: string[] }[]
        plugins: { name: string; config: Record<string, unknown> }[]
      }[]
    }
    expect(document.services.map(({ name, routes }) => [name, routes[0]?.paths[0]])).toEqual([
      ['openai-primary', '~/ai/openai-primary$'],
      ['claude', '~/ai/claude$'],
    ])
    expect(document.services[0]?.plugins.map(({ name }) => name)).toEqual([
      'key-auth',
      'rate-limiting',
      'ai-prompt-guard',
      'ai-proxy',
    ])
    expect(document.services[1]?.plugins.at(-1)?.config).toMatchObject({
      model: {
        provider: 'anthropic',
        name: 'claude-3-5-sonnet-20241022',
        options: { anthropic_version: '2023-06-01', input_cost: 3 },
      },
      auth: { header_name: 'x-api-key', header_value: '{vault://env/anthropic-api-key}' },
    })
    expect(text).not.toContain('sk-secret-key')
    expect(renderKongYaml(yaml)).toBe(text)
  })

  it("kong.yaml has the consumer's key in the form in which the router sends it", () => {
    const keysOf = (header: string): unknown => {
      const yaml = `llm:\n  router: { backend: kong, kong: { auth_header: ${header} } }\n  providers: [{ name: a, type: openai, model: gpt-4o }]\n`
      const { consumers } = parse(renderKongYaml(yaml)) as { consumers: { keyauth_credentials: unknown }[] }
      return consumers[0]?.keyauth_credentials
    }
    expect(keysOf('apikey')).toEqual([{ key: '${KONG_API_KEY}' }])
    expect(keysOf('Authorization')).toEqual([{ key: 'Bearer ${KONG_API_KEY}' }])
  })
})
