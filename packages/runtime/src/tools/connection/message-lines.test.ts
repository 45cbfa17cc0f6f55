import fc from 'fast-check'
import { describe, expect, it } from '@jest/globals'
import { MessageLines } from './message-lines.ts'
import type { OversizedLine } from './message-lines.ts'

function read(maxBytes = 1_000) {
  const messages: unknown[] = []
  const text: string[] = []
  const oversized: OversizedLine[] = []
  const lines = new MessageLines(maxBytes, {
    onMessage: (message) => messages.push(message),
    onPlainText: (line) => text.push(line),
    onOversized: (line) => oversized.push(line),
  })
  return { lines, messages, text, oversized }
}

describe('MessageLines', () => {
  it('delivers the same messages however the bytes are cut', () => {
    const sent = [
      { jsonrpc: '2.0', id: 1, result: { text: 'zwölf Boxkämpfer 🥊' } },
      { jsonrpc: '2.0', method: 'notifications/progress', params: {} },
    ]
    const bytes = Buffer.from(sent.map((message) => `${JSON.stringify(message)}\n`).join(''))
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length)), (cuts) => {
        const { lines, messages } = read()
        const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length]
        for (const [index, place] of places.entries())
          lines.push(bytes.subarray(place, places[index + 1] ?? bytes.length))
        expect(messages).toEqual(sent)
      }),
    )
  })

  it('tells text, broken JSON and JSON that is no message from messages; blank lines are nothing', () => {
    const { lines, messages, text } = read()
    lines.push(
      Buffer.from(
        'Listening on 3000\n\n{"a":1}\n[1]\n{"jsonrpc":"2.0"\r\n{"jsonrpc":"2.0","method":"m"}\r\n',
      ),
    )
    expect(text).toEqual(
      ['Listening on 3000', '{"a":1}', '[1]', '{"jsonrpc":"2.0"\r'.trim()].map((line) =>
        expect.stringContaining(line),
      ),
    )
    expect(messages).toEqual([{ jsonrpc: '2.0', method: 'm' }])
  })

  it('reads the batches of March 2025', () => {
    const { lines, messages } = read()
    lines.push(Buffer.from('[{"jsonrpc":"2.0","id":1,"result":{}},{"jsonrpc":"2.0","id":2,"result":{}}]\n'))
    expect(messages).toHaveLength(2)
  })

  it.each([
    ['first', `{"jsonrpc":"2.0","id":7,"result":"${'x'.repeat(5_000)}"}`],
    ['last', `{"result":"${'x'.repeat(5_000)}","jsonrpc":"2.0","id":7}`],
    ['next to last', `{"result":"${'x'.repeat(5_000)}","id":7,"jsonrpc":"2.0"}`],
  ])('finds the request that a line over the bound answers when its id stands %s', (_, line) => {
    const { lines, messages, oversized } = read()
    const bytes = Buffer.from(`${line}\n{"jsonrpc":"2.0","method":"after"}\n`)
    for (let at = 0; at < bytes.length; at += 100) lines.push(bytes.subarray(at, at + 100))
    expect(oversized).toEqual([{ id: 7 }])
    expect(messages).toEqual([])
  })

  it('follows a line without end no further than eight times the bound', () => {
    const { lines, oversized } = read()
    for (let count = 0; count < 100; count++) lines.push(Buffer.alloc(100, 'x'))
    expect(oversized).toEqual([{ id: undefined }])
  })
})
