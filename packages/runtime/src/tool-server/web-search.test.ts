import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { createWebSearch, webSearch } from './web-search.ts'

const library = new URL('./fixtures/library/', import.meta.url)
const folders: string[] = []
const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'rgen-library-'))
  folders.push(made)
  return made
}
afterEach(() => {
  for (const made of folders.splice(0)) rmSync(made, { recursive: true, force: true })
})

describe('webSearch without a key', () => {
  it('answers from the local documents, with the words around the match and where they come from', async () => {
    const output = await webSearch({ query: 'what did Darwin call natural selection?' }, { folder: library })
    expect(output.provider).toBe('local documents')
    expect(output.results[0]).toMatchObject({
      title: 'On the Origin of Species',
      snippet: expect.stringContaining('Natural Selection'),
      source: 'https://www.gutenberg.org/ebooks/1228',
    })
  })

  it('names author and file when a document has no address', async () => {
    const { results } = await webSearch({ query: 'woods deliberately', maxResults: 1 }, { folder: library })
    expect(results).toEqual([
      expect.objectContaining({ title: 'Walden', source: 'Henry David Thoreau (walden.txt)' }),
    ])
    expect(results[0]).not.toHaveProperty('url')
  })

  it('finds nothing rather than something unrelated', async () => {
    const { results } = await webSearch({ query: 'xylophone zeppelin' }, { folder: library })
    expect(results).toEqual([])
  })

  it('sees documents that are added and changed', async () => {
    const place = folder()
    writeFileSync(join(place, 'one.md'), '# First\n\nAbout lighthouses.')
    const search = createWebSearch({ folder: place })
    expect((await search({ query: 'lighthouses' })).results).toHaveLength(1)
    mkdirSync(join(place, 'more'))
    writeFileSync(join(place, 'more', 'two.txt'), 'Second\n\nAlso about lighthouses.')
    expect((await search({ query: 'lighthouses' })).results.map(({ source }) => source).toSorted()).toEqual([
      'more/two.txt',
      'one.md',
    ])
    expect((await search({ query: 'lighthouses', maxResults: 1 })).results).toHaveLength(1)
  })

  it('says which folder is missing or empty', async () => {
    const place = folder()
    const failed = { code: 'TOOL_SEARCH_FAILED', message: expect.stringContaining(place) }
    await expect(webSearch({ query: 'x' }, { folder: place })).rejects.toMatchObject(failed)
    await expect(webSearch({ query: 'x' }, { folder: join(place, 'no') })).rejects.toMatchObject(failed)
    await expect(webSearch({ query: '  ' }, { folder: library })).rejects.toMatchObject({
      code: 'TOOL_INVALID_ARGUMENTS',
    })
  })
})

describe('webSearch with a key', () => {
  const answer =
    (body: unknown, status = 200) =>
    async () =>
      Response.json(body, { status })

  it('asks Brave, with the key in a header only, and strips the marks from its answer', async () => {
    const seen: { url: URL; headers: Headers }[] = []
    const output = await webSearch(
      { query: 'darwin & co', maxResults: 50 },
      {
        folder: library,
        apiKey: 'secret-key',
        fetch: async (input, init) => {
          seen.push({
            url: new URL(input instanceof Request ? input.url : input),
            headers: new Headers(init?.headers),
          })
          const result = {
            title: 'A <strong>title</strong>',
            description: 'Q&amp;A',
            url: 'https://example.org/a',
          }
          return Response.json({ web: { results: [result, { title: 'no address' }] } })
        },
      },
    )
    expect(output).toEqual({
      query: 'darwin & co',
      provider: 'brave',
      results: [
        { title: 'A title', snippet: 'Q&A', source: 'https://example.org/a', url: 'https://example.org/a' },
      ],
    })
    expect(seen[0]?.url.host).toBe('api.search.brave.com')
    expect(seen[0]?.url.searchParams.get('count')).toBe('20')
    expect(seen[0]?.url.href).not.toContain('secret-key')
    expect(seen[0]?.headers.get('x-subscription-token')).toBe('secret-key')
  })

  it.each([
    [429, true],
    [503, true],
    [401, false],
    [422, false],
  ])('an answer of %d is %s to be retried, and never shows the key', async (status, retryable) => {
    const search = webSearch(
      { query: 'x' },
      { folder: library, apiKey: 'secret-key', fetch: answer({}, status) },
    )
    await expect(search).rejects.toMatchObject({ code: 'TOOL_SEARCH_FAILED', retryable })
    await expect(search).rejects.not.toThrow(/secret-key/u)
  })

  it('gives up after its timeout, and at once when the caller does', async () => {
    const never: typeof fetch = (_input, init) =>
      new Promise((_, reject) => {
        init?.signal?.addEventListener('abort', () => reject(new Error('aborted')))
      })
    const options = { folder: library, apiKey: 'k', fetch: never, timeoutMs: 20 }
    await expect(webSearch({ query: 'x' }, options)).rejects.toMatchObject({ retryable: true })
    const controller = new AbortController()
    const search = webSearch({ query: 'x' }, { ...options, timeoutMs: 60_000 }, controller.signal)
    controller.abort(new Error('mine'))
    await expect(search).rejects.toThrow('mine')
  })

  it('an answer without results is no failure', async () => {
    const output = await webSearch(
      { query: 'x' },
      { folder: library, apiKey: 'k', fetch: answer({ type: 'search' }) },
    )
    expect(output.results).toEqual([])
  })
})
