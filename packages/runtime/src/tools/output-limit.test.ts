import { describe, expect, it } from '@jest/globals'
import { limitOutput } from './output-limit.ts'

const text = (value: string) => ({ content: [{ type: 'text' as const, text: value }] })

describe('limitOutput', () => {
  it('leaves what fits as it is', () => {
    const result = text('short')
    expect(limitOutput(result, 1_000)).toEqual({ content: result.content, truncated: false })
    expect(limitOutput(text('x'.repeat(100)), 100)).toMatchObject({ truncated: false })
  })

  it('cuts a longer text visibly and never through a character', () => {
    const limited = limitOutput(text('ä'.repeat(10)), 7)
    expect(limited).toEqual({
      truncated: true,
      content: [{ type: 'text', text: 'äää\n[text cut by rgen: 14 of 20 bytes are not shown]' }],
    })
  })

  it('leaves out an image that does not fit, and says so', () => {
    const image = { type: 'image' as const, data: 'A'.repeat(4_000), mimeType: 'image/png' }
    const limited = limitOutput({ content: [image, { type: 'text', text: 'after' }] }, 1_000)
    expect(limited?.content[0]).toMatchObject({
      type: 'text',
      text: expect.stringContaining('image cut by rgen'),
    })
  })

  it('never cuts a structured result', () => {
    const big = { items: Array.from({ length: 1_000 }, (_, index) => ({ index, text: 'x'.repeat(10) })) }
    expect(limitOutput({ content: [], structuredContent: big }, 1_000)).toBeUndefined()
    expect(limitOutput({ content: [], structuredContent: big }, 100_000)).toMatchObject({ truncated: false })
    expect(
      limitOutput({ content: [], structuredContent: { text: 'y'.repeat(2_000) } }, 1_000),
    ).toBeUndefined()
  })
})
