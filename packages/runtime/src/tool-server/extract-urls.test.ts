import fc from 'fast-check'
import { describe, expect, it } from '@jest/globals'
import { extractUrls } from './extract-urls.ts'

describe('extractUrls', () => {
  it.each<[string, string[]]>([
    [
      'See https://example.org/a, and http://b.example?q=1.',
      ['https://example.org/a', 'http://b.example?q=1'],
    ],
    ['(https://en.wikipedia.org/wiki/Tool_(band))', ['https://en.wikipedia.org/wiki/Tool_(band)']],
    [
      '[text](https://example.org/x) and <https://example.org/y>',
      ['https://example.org/x', 'https://example.org/y'],
    ],
    ['[https://a.example](https://b.example)', ['https://a.example', 'https://b.example']],
    ['<a href="https://example.org/?a=1&b=2">', ['https://example.org/?a=1&b=2']],
    ['www.example.com is one, mail@www.example.com is not', ['http://www.example.com']],
    ['https://example.org and https://example.org/ are the same', ['https://example.org']],
    ['HTTPS://EXAMPLE.ORG/Path!', ['HTTPS://EXAMPLE.ORG/Path']],
    [
      '“https://example.org/q”; **https://example.org/bold**',
      ['https://example.org/q', 'https://example.org/bold'],
    ],
    ['http://[::1]:8000/mcp http://localhost:3000', ['http://[::1]:8000/mcp', 'http://localhost:3000']],
    ['https://例え.jp/パス', ['https://例え.jp/パス']],
    ['https:// http:///x ftp://example.org javascript:alert(1) nothing', []],
    ['', []],
  ])('%s', (text, urls) => {
    expect(extractUrls(text)).toEqual(urls)
  })

  it('takes a long text with many brackets in its stride', () => {
    const before = performance.now()
    expect(extractUrls(`https://example.org/${')'.repeat(200_000)}`)).toEqual(['https://example.org/'])
    expect(performance.now() - before).toBeLessThan(10_000)
  })

  it('finds any address that stands between spaces, once', () => {
    fc.assert(
      fc.property(fc.webUrl({ validSchemes: ['http', 'https'] }), (url) => {
        fc.pre(!/[?!.,:*_~'’;)\]]$/u.test(url))
        expect(extractUrls(`one ${url} two ${url} three`)).toEqual([url])
      }),
    )
  })
})
