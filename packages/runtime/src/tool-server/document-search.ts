// Full-text search over a local folder, for projects without a search key. The index is built at the first query
// and again when a file of the folder has changed.
import { fileURLToPath } from 'node:url'
import type MiniSearch from 'minisearch'
import { ToolError } from '../tools/errors.ts'
import { listDocuments, readDocument } from './documents.ts'
import type { LibraryDocument } from './documents.ts'

/** One answer to a search: what it is called, the words around the match, and where it comes from. */
export interface SearchResult {
  readonly title: string
  readonly snippet: string
  /** An address, or author and file of a local document. */
  readonly source: string
  readonly url?: string
}

interface Passage {
  readonly id: number
  readonly document: LibraryDocument
  readonly title: string
  readonly text: string
}

const passageLength = 900
const snippetLength = 420
const stopWords = new Set(
  'a an and are as at be but by for from has have he her his i in is it its not of on or our she so that the their them there they this to was we were what when which who will with you'.split(
    ' ',
  ),
)

/**
 * A search over the `.md` and `.txt` files under a folder.
 *
 * @returns A function from a query to at most `maxResults` results, the best passage of each document.
 * @throws {ToolError} `TOOL_SEARCH_FAILED` from a search when the folder cannot be read or holds no document.
 */
export function createDocumentSearch(
  folder: string | URL,
): (query: string, maxResults: number) => Promise<SearchResult[]> {
  const directory = typeof folder === 'string' ? folder : fileURLToPath(folder)
  let current: { fingerprint: string; index: Promise<PassageIndex> } | undefined
  return async (query, maxResults) => {
    const { paths, fingerprint } = await listDocuments(directory).catch((error: unknown) => {
      throw new ToolError('TOOL_SEARCH_FAILED', `The documents in ${directory} cannot be read.`, {
        cause: error,
      })
    })
    if (paths.length === 0)
      throw new ToolError('TOOL_SEARCH_FAILED', `There is no .md or .txt document in ${directory}.`)
    if (current?.fingerprint !== fingerprint) current = { fingerprint, index: buildIndex(directory, paths) }
    return (await current.index).search(query, maxResults)
  }
}

interface PassageIndex {
  search(query: string, maxResults: number): SearchResult[]
}

async function buildIndex(folder: string, paths: readonly string[]): Promise<PassageIndex> {
  // Loaded here, so that a server which never searches does not pay for it at its start.
  const { default: Index } = await import('minisearch')
  const documents = await Promise.all(paths.map((path) => readDocument(folder, path)))
  const passages = documents.flatMap(splitIntoPassages).map((passage, id) => ({ ...passage, id }))
  const index: MiniSearch<Passage> = new Index<Passage>({
    fields: ['title', 'text'],
    storeFields: [],
    processTerm: (term) => {
      const word = term.toLowerCase()
      return stopWords.has(word) ? null : word
    },
  })
  index.addAll(passages)
  return {
    search(query, maxResults) {
      const hits = index.search(query, {
        boost: { title: 2 },
        prefix: (term) => term.length > 3,
        fuzzy: (term) => (term.length > 4 ? 0.2 : false),
      })
      const best = new Map<LibraryDocument, SearchResult>()
      for (const hit of hits) {
        if (best.size === maxResults) break
        const passage = passages[hit.id as number]
        if (passage === undefined || best.has(passage.document)) continue
        best.set(passage.document, resultOf(passage, hit.terms))
      }
      return [...best.values()]
    },
  }
}

/** Whole paragraphs, joined up to about {@link passageLength} characters; a longer paragraph stays whole. */
function splitIntoPassages(document: LibraryDocument): Omit<Passage, 'id'>[] {
  const passages: string[] = []
  let open = ''
  for (const paragraph of document.text.split(/\n\s*\n/u)) {
    const line = paragraph.replace(/\s+/gu, ' ').trim()
    if (line === '' || /^#+ /u.test(line)) continue
    if (open !== '' && open.length + line.length > passageLength) {
      passages.push(open)
      open = ''
    }
    open = open === '' ? line : `${open} ${line}`
  }
  if (open !== '') passages.push(open)
  return passages.map((text) => ({ document, title: document.title, text }))
}

function resultOf({ document, text }: Passage, terms: readonly string[]): SearchResult {
  const file = document.source === undefined ? document.path : `${document.source} (${document.path})`
  return {
    title: document.title,
    snippet: snippetOf(text, terms),
    source: document.url ?? file,
    ...(document.url === undefined ? {} : { url: document.url }),
  }
}

/** The sentences from a little before the first matched word, cut at word borders. */
function snippetOf(text: string, terms: readonly string[]): string {
  if (text.length <= snippetLength) return text
  const lower = text.toLowerCase()
  const matches = terms.map((term) => lower.indexOf(term)).filter((at) => at >= 0)
  const around = Math.max(0, Math.min(...matches, text.length) - 120)
  const sentence = Math.max(
    text.lastIndexOf('. ', around),
    text.lastIndexOf('? ', around),
    text.lastIndexOf('! ', around),
  )
  const start =
    around === 0 || matches.length === 0 ? 0 : sentence === -1 ? text.indexOf(' ', around) + 1 : sentence + 2
  const end = start + snippetLength
  const cut = end >= text.length ? text.length : Math.max(text.lastIndexOf(' ', end), start + 1)
  return `${start > 0 ? '… ' : ''}${text.slice(start, cut)}${cut < text.length ? ' …' : ''}`
}
