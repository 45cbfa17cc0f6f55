// The fakes are faithful when the providers' own clients cannot tell them from the real thing.

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { startFakeAnthropic } from './testing/fake-anthropic.ts'
import { startFakeOpenAi } from './testing/fake-openai.ts'
import type { FakeServer } from './testing/fake-server.ts'

let openAiServer: FakeServer
let anthropicServer: FakeServer
let openai: OpenAI
let anthropic: Anthropic
beforeAll(async () => {
  openAiServer = await startFakeOpenAi()
  anthropicServer = await startFakeAnthropic()
  openai = new OpenAI({ apiKey: 'k', baseURL: openAiServer.url, maxRetries: 1 })
  anthropic = new Anthropic({ apiKey: 'k', baseURL: anthropicServer.url, maxRetries: 1 })
})
afterAll(async () => {
  await openAiServer.close()
  await anthropicServer.close()
})

const question = [{ role: 'user' as const, content: 'Hello' }]

describe("OpenAI's client against the fake", () => {
  it('reads an answer, its usage and its request id', async () => {
    const { data, request_id } = await openai.chat.completions
      .create({ model: 'gpt-4o', messages: question })
      .withResponse()
    expect(data.choices[0]?.message.content).toBe('Hello from the fake provider.')
    expect(data.usage?.total_tokens).toBe(18)
    expect(request_id).toBe('req_fake')
  })

  it('assembles a stream with fragments of tool calls, and the usage at the end', async () => {
    openAiServer.script({ toolCalls: [{ name: 'search', arguments: { q: 'bees and rain' } }] })
    const stream = openai.chat.completions.stream({
      model: 'gpt-4o',
      messages: question,
      stream_options: { include_usage: true },
    })
    const final = await stream.finalChatCompletion()
    expect(final.choices[0]?.message.tool_calls?.[0]).toMatchObject({
      function: { name: 'search', arguments: '{"q":"bees and rain"}' },
    })
    expect(final.choices[0]?.finish_reason).toBe('tool_calls')
    expect(final.usage?.completion_tokens).toBe(6)
  })

  it('raises its own errors, and retries what it retries', async () => {
    openAiServer.script({ error: { status: 400, message: 'no', type: 'invalid_request_error' } })
    await expect(
      openai.chat.completions.create({ model: 'gpt-4o', messages: question }),
    ).rejects.toBeInstanceOf(OpenAI.BadRequestError)
    openAiServer.script({ error: { status: 429, headers: { 'retry-after-ms': '1' } } })
    await expect(
      openai.chat.completions.create({ model: 'gpt-4o', messages: question }),
    ).resolves.toMatchObject({ object: 'chat.completion' })
  })
})

describe("Anthropic's client against the fake", () => {
  it('reads an answer and its usage', async () => {
    const message = await anthropic.messages.create({
      model: 'claude-3-5-haiku-latest',
      max_tokens: 10,
      messages: question,
    })
    expect(message.content).toEqual([{ type: 'text', text: 'Hello from the fake provider.' }])
    expect(message.usage.input_tokens).toBe(12)
  })

  it('assembles a stream with text and a tool call', async () => {
    anthropicServer.script({
      text: 'Let me look.',
      toolCalls: [{ name: 'search', arguments: { q: 'bees and rain' } }],
    })
    const final = await anthropic.messages
      .stream({ model: 'claude-3-5-haiku-latest', max_tokens: 10, messages: question })
      .finalMessage()
    expect(final.content).toMatchObject([
      { type: 'text', text: 'Let me look.' },
      { type: 'tool_use', name: 'search', input: { q: 'bees and rain' } },
    ])
    expect(final.stop_reason).toBe('tool_use')
    expect(final.usage.output_tokens).toBe(6)
  })

  it('raises its own errors', async () => {
    anthropicServer.script({ error: { status: 400, type: 'invalid_request_error', message: 'no' } })
    await expect(
      anthropic.messages.create({ model: 'm', max_tokens: 10, messages: question }),
    ).rejects.toBeInstanceOf(Anthropic.BadRequestError)
  })
})
