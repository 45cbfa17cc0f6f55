import { describe, expect, it } from '@jest/globals'
import { createRouter } from './router.ts'

const mock = { llm: { providers: [{ name: 'mock', type: 'mock' as const }] } }

const sources = JSON.stringify([
  {
    title: 'Bees',
    url: 'https://example.org/bees',
    content: 'Bees pollinate a third of the food that we eat. They live in hives.',
  },
  {
    title: 'Rain',
    url: 'https://example.org/rain',
    content: 'Rain falls from clouds when drops grow heavy.',
  },
])

describe('the mock provider', () => {
  it('answers from the sources that it is given, and cites them', async () => {
    const router = createRouter(mock)
    const { content, provider, model, usage, costUsd, finishReason } = await router.chat({
      messages: [
        { role: 'user', content: `Question: How much of our food do bees pollinate?\n\n${sources}` },
      ],
    })
    expect(content).toContain('Bees pollinate a third of the food that we eat.')
    expect(content).toContain('https://example.org/bees')
    expect({ provider, model, costUsd, finishReason }).toEqual({
      provider: 'mock',
      model: 'mock',
      costUsd: 0,
      finishReason: 'stop',
    })
    expect(usage.estimated).toBe(false)
    await router.close()
  })

  it('gives the same answer to the same question, streamed or not', async () => {
    const router = createRouter(mock)
    const request = { messages: [{ role: 'user' as const, content: `What falls from clouds?\n${sources}` }] }
    const whole = await router.chat(request)
    const stream = router.stream(request)
    let text = ''
    const types: string[] = []
    for await (const event of stream) {
      types.push(event.type)
      if (event.type === 'text') text += event.text
    }
    expect(text).toBe(whole.content)
    expect(types[0]).toBe('start')
    expect(types.slice(-2)).toEqual(['usage', 'finish'])
    expect((await stream.final()).content).toBe(whole.content)
    await router.close()
  })

  it('asks for a tool first, and answers from its result', async () => {
    const router = createRouter(mock)
    const tools = [
      {
        name: 'web_search',
        description: 'Searches the web.',
        parameters: { type: 'object', properties: { query: { type: 'string' } }, required: ['query'] },
      },
    ]
    const question = { role: 'user' as const, content: 'What do bees pollinate?' }
    const first = await router.chat({ messages: [question], tools })
    expect(first.finishReason).toBe('tool_calls')
    const [call] = first.toolCalls
    expect(call).toMatchObject({ name: 'web_search', arguments: { query: 'What do bees pollinate?' } })
    const second = await router.chat({
      messages: [
        question,
        { role: 'assistant', content: '', toolCalls: [call!] },
        { role: 'tool', toolCallId: call!.id, content: sources },
      ],
      tools,
    })
    expect(second.content).toContain('Bees pollinate a third')
    await router.close()
  })

  it('fills a schema from the sources', async () => {
    const router = createRouter(mock)
    const { object } = await router.object({
      messages: [{ role: 'user', content: `What do bees pollinate?\n${sources}` }],
      schema: {
        schema: {
          type: 'object',
          properties: {
            analysis: { type: 'string' },
            sources: { type: 'array', items: { type: 'string' } },
            confidence: { type: 'number', minimum: 0, maximum: 1 },
            verdict: { enum: ['approve', 'reject'] },
          },
          required: ['analysis', 'sources', 'confidence', 'verdict'],
          additionalProperties: false,
        },
      },
    })
    expect(object).toMatchObject({
      sources: ['https://example.org/bees', 'https://example.org/rain'],
      confidence: 1,
      verdict: 'approve',
    })
    await router.close()
  })
})
