import { describe, expect, it } from '@jest/globals'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import { createRouter } from './router.ts'

const providers = [
  { name: 'gpt', type: 'openai' as const, model: 'gpt-4o', api_key: 'k' },
  { name: 'claude', type: 'anthropic' as const, model: 'claude-sonnet-4-5', api_key: 'k' },
  {
    name: 'own',
    type: 'openai-compatible' as const,
    model: 'mystery',
    base_url: 'http://localhost:1',
    capabilities: { vision: false },
  },
]
const text = 'Ein längerer Text — 漢字, code() { return 1 } and plain words. '.repeat(20)
const request = { messages: [{ role: 'user' as const, content: text }], maxTokens: 500 }

/** A router that fails the test when anything is sent. */
function silentRouter() {
  const fetchTransport = {
    send: () => Promise.reject(new Error('An estimate sends nothing.')),
    close: () => Promise.resolve(),
  }
  return createRouter({ llm: { providers } }, { fetchTransport, env: {} })
}

describe('estimate', () => {
  it("counts with OpenAI's tokenizer, exactly for its models and with a margin for Claude, and sends nothing", async () => {
    const { method, targets } = await silentRouter().estimate(request)
    const tokens = countTokens(text)
    expect(method).toBe('o200k_base')
    const [gpt, claude] = targets
    expect(gpt?.inputTokens).toEqual({ low: gpt?.inputTokens.low, high: gpt?.inputTokens.low })
    // What a message costs beside its text is a few tokens.
    expect(gpt!.inputTokens.low - tokens).toBeGreaterThanOrEqual(0)
    expect(gpt!.inputTokens.low - tokens).toBeLessThan(12)
    expect(claude?.inputTokens.high).toBe(Math.ceil(gpt!.inputTokens.low * 1.15))
  })

  it('gives a range of prices, from one token of answer to the ceiling, and null where no price is known', async () => {
    const { targets, pricesAsOf } = await silentRouter().estimate(request)
    const [gpt, , own] = targets
    const { low } = gpt!.inputTokens
    expect(pricesAsOf).toMatch(/^\d{4}-\d\d-\d\d$/)
    expect(gpt?.costUsd?.low).toBeCloseTo((low * 2.5 + 10) / 1e6, 12)
    expect(gpt?.costUsd?.high).toBeCloseTo((low * 2.5 + 500 * 10) / 1e6, 12)
    expect(own?.costUsd).toBeNull()
  })

  it('says who cannot serve the request, and who is meant by another model', async () => {
    const image = { type: 'image' as const, url: 'https://example.org/a.png' }
    const { targets } = await silentRouter().estimate({
      messages: [{ role: 'user', content: [image] }],
      model: 'claude-haiku-4-5',
    })
    expect(targets.map(({ lacks }) => lacks)).toEqual([undefined, undefined, 'vision'])
    expect(targets.map(({ model }) => model)).toEqual(['gpt-4o', 'claude-haiku-4-5', 'mystery'])
  })
})
