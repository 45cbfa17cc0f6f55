import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { anthropicAdapter } from './adapters/anthropic.ts'
import { openAiAdapter } from './adapters/openai.ts'
import type { EncodeTarget } from './adapters/adapter.ts'
import { SseParser } from './sse.ts'
import type { SseEvent } from './sse.ts'

function parse(pieces: readonly Uint8Array[]): SseEvent[] {
  const parser = new SseParser()
  return [...pieces.flatMap((piece) => parser.push(piece)), ...parser.end()]
}

const whole = (text: string): SseEvent[] => parse([Buffer.from(text)])

const samples = {
  'line feeds': 'data: {"a":"äö€😀"}\n\nevent: ping\ndata: x\n\n',
  'carriage return and line feed': 'event: e\r\ndata: one\r\ndata: two\r\n\r\ndata: three\r\n\r\n',
  'carriage returns alone': 'event: e\rdata: one\rdata: two\r\rdata: three\r\r',
  'comments, ids and unknown fields': ': keep-alive\n\nid: 7\nretry: 10\nfoo: bar\ndata: y\n\n',
  'no space after the colon': 'data:tight\nevent:e\n\n',
  'multi-line data with an empty line of data': 'data: a\ndata:\ndata: b\n\n',
  'no blank line at the end': 'data: {"x":1}\n\ndata: [DONE]',
  'a byte-order mark': '\uFEFFdata: first\n\n',
}

describe('43. server-sent events', () => {
  it.each(Object.entries(samples))('%s: cut at every offset the events are the same', (_name, text) => {
    const bytes = Buffer.from(text)
    const expected = whole(text)
    expect(expected.length).toBeGreaterThan(0)
    for (let at = 0; at <= bytes.length; at++)
      expect(parse([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(expected)
    expect(parse(Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)))).toEqual(expected)
  })

  it('reads what the rules say', () => {
    expect(whole(samples['carriage return and line feed'])).toEqual([
      { event: 'e', data: 'one\ntwo' },
      { event: '', data: 'three' },
    ])
    expect(whole(samples['multi-line data with an empty line of data'])).toEqual([
      { event: '', data: 'a\n\nb' },
    ])
    expect(whole(samples['comments, ids and unknown fields'])).toEqual([{ event: '', data: 'y' }])
    expect(whole(samples['no blank line at the end']).at(-1)).toEqual({ event: '', data: '[DONE]' })
    expect(whole(samples['a byte-order mark'])).toEqual([{ event: '', data: 'first' }])
  })

  const line = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\r\n\uFEFF]/g, ' '))
  const event = fc.record({ event: line, data: fc.array(line, { minLength: 1, maxLength: 3 }) })

  it('gives back any events, whatever ends their lines and however they are cut', () => {
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 5 }),
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.array(fc.nat(400), { maxLength: 8 }),
        (events, end, cuts) => {
          const text = events
            .map(
              ({ event: name, data }) =>
                `event: ${name}${end}${data.map((piece) => `data: ${piece}${end}`).join('')}${end}`,
            )
            .join('')
          const bytes = Buffer.from(text)
          const at = [
            0,
            ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b),
            bytes.length,
          ]
          const pieces = at.slice(1).map((stop, index) => bytes.subarray(at[index], stop))
          expect(parse(pieces)).toEqual(
            events.map(({ event: name, data }) => ({ event: name, data: data.join('\n') })),
          )
        },
      ),
    )
  })

  it('stays linear when bytes come one by one', () => {
    const bytes = Buffer.from(`data: ${'x'.repeat(500_000)}\n\n`)
    const startedAt = performance.now()
    expect(parse(Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)))).toHaveLength(1)
    expect(performance.now() - startedAt).toBeLessThan(3000)
  })
})

const target: EncodeTarget = {
  model: 'm',
  sendModel: true,
  stream: false,
  structured: 'native',
  maxTokensParameter: 'max_tokens',
  upstream: 'openai',
}

describe('adapters', () => {
  it.each([
    ['openai', openAiAdapter],
    ['anthropic', anthropicAdapter],
  ])(
    '%s: whatever JSON comes back, it is an answer or a classified failure, never an exception',
    (_name, adapter) => {
      fc.assert(
        fc.property(fc.jsonValue(), (body) => {
          const decoded = adapter.decode(body, target)
          expect(decoded.ok ? typeof decoded.answer.content : decoded.failure.class).toMatch(
            /string|malformed_response|llm_error|quota/,
          )
          const decoder = adapter.decodeStream(target)
          decoder.push({ event: '', data: JSON.stringify(body) })
          decoder.finish()
        }),
      )
    },
  )
})
