import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { failureOf, hello, Pair } from './harness.fixture.ts'
import type { LlmMessage, LlmStreamEvent, LlmTool } from './messages.ts'

let pair: Pair
beforeEach(async () => {
  pair = await Pair.start()
})
afterEach(() => pair.close())

const tool = (name: string): LlmTool => ({
  name,
  parameters: { type: 'object', properties: { q: { type: 'string' } } },
})
const anthropicOnly = () => ({ providers: [pair.anthropic] })
const openAiOnly = () => ({ providers: [pair.openai] })

const calls = ['a', 'b', 'c'].map((id) => ({ id: `call_${id}`, name: 'search', arguments: { q: id } }))
const history: readonly LlmMessage[] = [
  { role: 'user', content: 'Look three things up.' },
  { role: 'assistant', content: '', toolCalls: calls },
  ...calls.map((call): LlmMessage => ({
    role: 'tool',
    toolCallId: call.id,
    content: `result ${call.arguments.q}`,
  })),
  { role: 'user', content: 'And?' },
]

describe('tools and structured output', () => {
  it("49. three parallel results become one of Anthropic's user messages, results first, ids kept", async () => {
    await pair.router(anthropicOnly()).chat({ messages: history, tools: [tool('search')] })
    const { messages } = pair.fallback.requests[0]!.body as {
      messages: { role: string; content: Record<string, unknown>[] }[]
    }
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
    expect(messages[2]!.content.map(({ type, tool_use_id }) => tool_use_id ?? type)).toEqual([
      'call_a',
      'call_b',
      'call_c',
      'text',
    ])
  })

  it('49. the same history is legal for OpenAI', async () => {
    await expect(
      pair.router(openAiOnly()).chat({ messages: history, tools: [tool('search')] }),
    ).resolves.toMatchObject({ provider: 'primary' })
  })

  const answer = {
    toolCalls: [
      { name: 'search', arguments: { q: 'a "quoted" thing, and more' } },
      { name: 'now', arguments: {} },
    ],
  }

  it.each(['primary', 'fallback'] as const)(
    '50. arguments streamed in fragments equal the plain answer (%s); empty means {}',
    async (which) => {
      pair[which].always(answer)
      const router = pair.router(which === 'primary' ? openAiOnly() : anthropicOnly())
      const request = { ...hello, tools: [tool('search'), tool('now')] }
      const [plain, streamed] = [await router.chat(request), await router.stream(request).final()]
      expect(plain.toolCalls.map(({ name, arguments: given }) => [name, given])).toEqual([
        ['search', { q: 'a "quoted" thing, and more' }],
        ['now', {}],
      ])
      expect(streamed.toolCalls).toEqual(plain.toolCalls)
      expect([plain.finishReason, streamed.finishReason]).toEqual(['tool_calls', 'tool_calls'])
    },
  )

  it('50. fragments of several calls may interleave, and carry no type or id', async () => {
    const delta = (tool_calls: unknown[]): string =>
      `data: ${JSON.stringify({ choices: [{ index: 0, delta: { tool_calls }, finish_reason: null }] })}\n\n`
    pair.primary.always({
      frames: [
        delta([{ index: 1, id: 'b', function: { name: 'two', arguments: '' } }]),
        delta([{ index: 0, id: 'a', function: { name: 'one', arguments: '{"x"' } }]),
        delta([
          { index: 1, function: { arguments: '{"y":' } },
          { index: 0, function: { arguments: ':1}' } },
        ]),
        delta([{ index: 1, function: { arguments: '2}' } }]),
        'data: {"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}\n\n',
        'data: [DONE]\n\n',
      ],
    })
    const { toolCalls } = await pair
      .router(openAiOnly())
      .stream({ ...hello, tools: [tool('one'), tool('two')] })
      .final()
    expect(toolCalls).toEqual([
      { id: 'a', name: 'one', arguments: { x: 1 } },
      { id: 'b', name: 'two', arguments: { y: 2 } },
    ])
  })

  it('51. arguments that the token limit cut are surfaced as truncated, and not as a call', async () => {
    pair.primary.always({ toolCalls: [{ name: 'search', arguments: '{"q": "half' }], finishReason: 'length' })
    const response = await pair.router(openAiOnly()).chat({ ...hello, tools: [tool('search')] })
    expect(response).toMatchObject({ finishReason: 'length', toolCalls: [] })
    expect(response.metadata.truncatedToolCalls).toMatchObject([{ name: 'search', arguments: '{"q": "half' }])
  })

  it.each([
    ['no JSON', '{"q": '],
    ['a list', '[1, 2]'],
    ['a text', '"q"'],
  ])('52. arguments that are %s are malformed_response, and never reach a tool', async (_what, given) => {
    pair.primary.always({ toolCalls: [{ name: 'search', arguments: given }] })
    const request = { ...hello, tools: [tool('search')] }
    expect((await pair.router().chat(request)).provider).toBe('fallback')
    // A stream has handed out the pieces by the time that they turn out to be none.
    const failure = await failureOf(pair.router().stream(request).final())
    expect(failure.class).toBe('malformed_response')
  })

  it('52. an answer that announces tool calls and has none is malformed_response', async () => {
    pair.primary.always({ text: 'x', finishReason: 'tool_calls' })
    expect((await pair.router().chat({ ...hello, tools: [tool('search')] })).provider).toBe('fallback')
  })

  const schema = {
    name: 'verdict',
    schema: {
      type: 'object',
      properties: { approved: { type: 'boolean' } },
      required: ['approved'],
      additionalProperties: false,
    },
  }

  it('53. OpenAI is asked natively, Anthropic through a forced tool; both answers are checked', async () => {
    pair.primary.always({ text: '{"approved":true}' })
    pair.fallback.always({ toolCalls: [{ name: 'answer', arguments: { approved: false } }] })
    const first = await pair.router(openAiOnly()).object({ ...hello, schema })
    expect(first.object).toEqual({ approved: true })
    expect(pair.primary.requests[0]!.body).toMatchObject({
      response_format: { type: 'json_schema', json_schema: { name: 'verdict', strict: true } },
    })
    const second = await pair.router(anthropicOnly()).object({ ...hello, schema })
    expect(second).toMatchObject({
      object: { approved: false },
      content: '{"approved":false}',
      toolCalls: [],
      finishReason: 'stop',
    })
    expect(pair.fallback.requests[0]!.body).toMatchObject({ tool_choice: { type: 'tool', name: 'answer' } })
  })

  it('53. prose is never a success: it goes to the fallback, and fails when nobody does better', async () => {
    pair.primary.always({ text: 'Sure! I approve.' })
    pair.fallback.always({ toolCalls: [{ name: 'answer', arguments: { approved: true } }] })
    expect((await pair.router().object({ ...hello, schema })).provider).toBe('fallback')
    const failure = await failureOf(pair.router(openAiOnly()).object({ ...hello, schema }))
    expect(failure).toMatchObject({ class: 'malformed_response', code: 'LLM_SCHEMA_MISMATCH' })
  })

  it('53. an object of another shape is refused, and its place named but not its value', async () => {
    pair.primary.always({ text: '{"approved":"canary-value"}' })
    const failure = await failureOf(pair.router(openAiOnly()).object({ ...hello, schema }))
    expect(failure.message).toContain('approved')
    expect(failure.message).not.toContain('canary-value')
  })

  it('53. a provider that can do neither is passed over by the capability gate', async () => {
    const unable = { ...pair.anthropic, capabilities: { tools: false } }
    pair.primary.always({ error: { status: 500 } })
    await failureOf(pair.router({ providers: [pair.openai, unable] }).object({ ...hello, schema }))
    expect(pair.fallback.requests).toHaveLength(0)
    const failure = await failureOf(pair.router({ providers: [unable] }).object({ ...hello, schema }))
    expect(failure).toMatchObject({ class: 'unsupported', code: 'LLM_UNSUPPORTED' })
  })

  it.each([
    ['refusal', { refusal: 'I cannot judge that.' }],
    ['content_filter', { text: '', finishReason: 'content_filter' }],
  ])('53. where an object was asked for, a %s is a failure, listed or not', async (failureClass, answer) => {
    pair.primary.always(answer)
    const failure = await failureOf(pair.router(openAiOnly()).object({ ...hello, schema }))
    expect(failure.class).toBe(failureClass)
    expect(pair.primary.requests).toHaveLength(1)
  })

  it('53. a call of a tool that nobody offered is no answer', async () => {
    pair.primary.always({ toolCalls: [{ name: 'other', arguments: {} }] })
    const failure = await failureOf(pair.router(openAiOnly()).object({ ...hello, schema }))
    expect(failure.code).toBe('LLM_SCHEMA_MISMATCH')
  })

  it('53. a model without structured output refuses, and the hint says what to set', async () => {
    pair.primary.always({
      error: { status: 400, message: "'response_format' of type 'json_schema' is unknown" },
    })
    const failure = await failureOf(pair.router(openAiOnly()).object({ ...hello, schema }))
    expect(failure).toMatchObject({ class: 'request', hint: expect.stringContaining('json_schema: false') })
  })

  it("53. a shape that nobody meets says nothing about the provider's health", async () => {
    pair.primary.always({ text: '{}' })
    const router = pair.router({ ...openAiOnly(), fallback: { circuit_breaker: { failure_threshold: 1 } } })
    await failureOf(router.object({ ...hello, schema }))
    expect(router.health().providers[0]?.circuit).toBe('closed')
  })

  it('53. a structured answer through a tool streams as text', async () => {
    pair.fallback.always({ toolCalls: [{ name: 'answer', arguments: { approved: true } }] })
    const stream = pair.router(anthropicOnly()).stream({ ...hello, schema })
    const events: LlmStreamEvent[] = []
    for await (const event of stream) events.push(event)
    expect(events.flatMap((event) => (event.type === 'text' ? [event.text] : [])).join('')).toBe(
      '{"approved":true}',
    )
    expect(await stream.final()).toMatchObject({ object: { approved: true } })
  })

  it('55. after a model override each target still gets a name of its own', async () => {
    pair.primary.always({ error: { status: 500 } })
    await pair.router().chat({ ...hello, model: { primary: 'gpt-4.1', fallback: 'claude-3-5-haiku-latest' } })
    expect(pair.primary.requests[0]!.body?.model).toBe('gpt-4.1')
    expect(pair.fallback.requests[0]!.body?.model).toBe('claude-3-5-haiku-latest')
    await pair.router().chat({ ...hello, model: { primary: 'gpt-4.1' } })
    expect(pair.fallback.requests[1]!.body?.model).toBe('claude-3-5-sonnet-20241022')
  })

  it('55. a plain name is meant for the first provider that can know it; the fallback keeps its own', async () => {
    pair.primary.always({ error: { status: 500 } })
    const modelsAt = (server: typeof pair.primary) => server.requests.map(({ body }) => body?.model)
    await pair.router().chat({ ...hello, model: 'gpt-4.1' })
    expect([modelsAt(pair.primary).at(-1), modelsAt(pair.fallback).at(-1)]).toEqual([
      'gpt-4.1',
      'claude-3-5-sonnet-20241022',
    ])
    await pair.router().chat({ ...hello, model: 'claude-3-5-haiku-latest' })
    expect([modelsAt(pair.primary).at(-1), modelsAt(pair.fallback).at(-1)]).toEqual([
      'gpt-4o',
      'claude-3-5-haiku-latest',
    ])
  })

  it('55. a name that none of the providers can know is left out, with a warning', async () => {
    const response = await pair.router(anthropicOnly()).chat({ ...hello, model: 'gpt-4.1' })
    expect(response).toMatchObject({ model: 'claude-3-5-sonnet-20241022' })
    expect(response.metadata.warnings).toEqual(["the model gpt-4.1 is none of these providers'"])
  })

  it('56. what OpenAI takes loosely becomes legal for Anthropic', async () => {
    const messages: LlmMessage[] = [
      { role: 'system', content: 'Be brief.' },
      { role: 'assistant', content: 'Hi.' },
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'One.' },
      { role: 'user', content: 'Two.' },
      { role: 'assistant', content: '' },
      {
        role: 'user',
        content: [
          { type: 'text', text: '' },
          { type: 'text', text: 'Three.' },
        ],
      },
    ]
    const response = await pair.router(anthropicOnly()).chat({ messages, temperature: 1.7 })
    const { body } = pair.fallback.requests[0]!
    expect(body).toMatchObject({ system: 'Be brief.\n\nBe kind.', max_tokens: 4096, temperature: 1 })
    expect((body!.messages as { role: string }[]).map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'user',
    ])
    expect(response.metadata.warnings).toEqual(['temperature 1.7 is outside 0..1 and was clamped'])
  })

  it.each([
    ['auto', 'auto', { type: 'auto' }],
    ['none', 'none', { type: 'none' }],
    ['required', 'required', { type: 'any' }],
    [
      { name: 'search' },
      { type: 'function', function: { name: 'search' } },
      { type: 'tool', name: 'search' },
    ],
  ] as const)('54. the tool choice %j has a name in both APIs', async (toolChoice, openai, anthropic) => {
    const request = { ...hello, tools: [tool('search')], toolChoice }
    await pair.router(openAiOnly()).chat(request)
    await pair.router(anthropicOnly()).chat(request)
    expect(pair.primary.requests[0]!.body?.tool_choice).toEqual(openai)
    expect(pair.fallback.requests[0]!.body?.tool_choice).toEqual(anthropic)
  })

  it('54. tool choices, parallel calls and images are translated both ways', async () => {
    const image = { type: 'image' as const, data: 'aGVsbG8=', mediaType: 'image/png' }
    const request = {
      messages: [{ role: 'user' as const, content: [image] }],
      tools: [tool('search')],
      toolChoice: 'required' as const,
      parallelToolCalls: false,
    }
    await pair.router(openAiOnly()).chat(request)
    await pair.router(anthropicOnly()).chat(request)
    expect(pair.primary.requests[0]!.body).toMatchObject({
      tool_choice: 'required',
      parallel_tool_calls: false,
      messages: [{ content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,aGVsbG8=' } }] }],
    })
    expect(pair.fallback.requests[0]!.body).toMatchObject({
      tool_choice: { type: 'any', disable_parallel_tool_use: true },
      messages: [
        {
          content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGVsbG8=' } }],
        },
      ],
    })
  })

  it('pause_turn keeps its own name, and a refusal is content_filter', async () => {
    pair.fallback.script({ finishReason: 'pause_turn' }, { refusal: 'I cannot help with that.' })
    const router = pair.router(anthropicOnly())
    expect((await router.chat(hello)).finishReason).toBe('pause_turn')
    expect(await router.chat(hello)).toMatchObject({
      finishReason: 'content_filter',
      metadata: { refusal: 'I cannot help with that.' },
    })
    pair.primary.always({ refusal: 'No.' })
    expect(await pair.router(openAiOnly()).chat(hello)).toMatchObject({
      finishReason: 'content_filter',
      content: '',
    })
    expect((await pair.router({ fallback: { conditions: ['refusal'] } }).chat(hello)).provider).toBe(
      'fallback',
    )
  })
})
