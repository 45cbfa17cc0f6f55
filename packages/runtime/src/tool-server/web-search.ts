import { ToolError } from '../tools/errors.ts'
import { createDocumentSearch } from './document-search.ts'
import type { SearchResult } from './document-search.ts'

/** What to search for. */
export interface WebSearchInput {
  readonly query: string
  /** 1 to 20, 5 unless told. */
  readonly maxResults?: number | undefined
}

/** Where to search. */
export interface WebSearchOptions {
  /** The local library that answers while there is no key: a folder of `.md` and `.txt` files. */
  readonly folder: string | URL
  /** A key for the Brave Search API. Empty counts as absent, since an unset line of `.env` reads so. */
  readonly apiKey?: string | undefined
  readonly fetch?: typeof fetch
  /** For one request to the Brave API. 10 000 unless told. */
  readonly timeoutMs?: number
}

/** The results, and whether they come from the web or from the local library. */
export interface WebSearchOutput extends Record<string, unknown> {
  readonly query: string
  readonly provider: 'brave' | 'local documents'
  readonly results: SearchResult[]
}

const endpoint = 'https://api.search.brave.com/res/v1/web/search'

/**
 * A `web_search` that keeps its index between calls: the Brave Search API when there is a key, else a full-text
 * search over a local folder, so that an answer is about real content and says where it comes from.
 *
 * @throws {ToolError} from a search: `TOOL_INVALID_ARGUMENTS` for an empty query, `TOOL_SEARCH_FAILED` when Brave or
 *   the folder does not answer.
 * @example
 * const search = createWebSearch({ folder: 'data/library', apiKey: process.env.BRAVE_API_KEY })
 * await search({ query: 'origin of species', maxResults: 3 })
 */
export function createWebSearch(
  options: WebSearchOptions,
): (input: WebSearchInput, signal?: AbortSignal) => Promise<WebSearchOutput> {
  const searchDocuments = createDocumentSearch(options.folder)
  return async ({ query, maxResults = 5 }, signal) => {
    const words = query.trim()
    if (words === '') throw new ToolError('TOOL_INVALID_ARGUMENTS', 'The query is empty.')
    const limit = Math.min(20, Math.max(1, Math.trunc(maxResults)))
    if (options.apiKey)
      return {
        query,
        provider: 'brave',
        results: await searchBrave(words, limit, options.apiKey, options, signal),
      }
    return { query, provider: 'local documents', results: await searchDocuments(words, limit) }
  }
}

/** {@link createWebSearch} for a single search. */
export function webSearch(
  input: WebSearchInput,
  options: WebSearchOptions,
  signal?: AbortSignal,
): Promise<WebSearchOutput> {
  return createWebSearch(options)(input, signal)
}

async function searchBrave(
  query: string,
  limit: number,
  apiKey: string,
  options: WebSearchOptions,
  signal: AbortSignal | undefined,
): Promise<SearchResult[]> {
  const url = new URL(endpoint)
  // The API refuses longer queries (400 characters, 50 words).
  url.searchParams.set('q', query.split(/\s+/u).slice(0, 50).join(' ').slice(0, 400))
  url.searchParams.set('count', String(limit))
  const timeout = AbortSignal.timeout(options.timeoutMs ?? 10_000)
  let response: Response
  try {
    response = await (options.fetch ?? fetch)(url, {
      headers: { accept: 'application/json', 'x-subscription-token': apiKey },
      redirect: 'error',
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    })
  } catch (error) {
    signal?.throwIfAborted()
    const reason = timeout.aborted ? 'did not answer in time' : 'cannot be reached'
    throw new ToolError('TOOL_SEARCH_FAILED', `The Brave Search API ${reason}.`, {
      retryable: true,
      cause: error,
    })
  }
  if (!response.ok) throw refusal(response.status)
  return resultsOf(await response.json(), limit)
}

function refusal(status: number): ToolError {
  const retryable = status === 429 || status >= 500
  const hint = status === 401 || status === 403 || status === 422 ? 'Check BRAVE_API_KEY.' : undefined
  return new ToolError(
    'TOOL_SEARCH_FAILED',
    `The Brave Search API answered ${status}.${hint === undefined ? '' : ` ${hint}`}`,
    { retryable, ...(hint === undefined ? {} : { hint }) },
  )
}

function resultsOf(body: unknown, limit: number): SearchResult[] {
  const { web } = (body ?? {}) as { web?: { results?: unknown } }
  const results: unknown[] = Array.isArray(web?.results) ? web.results : []
  return results.slice(0, limit).flatMap((result) => {
    const { title, description, url } = (result ?? {}) as Record<string, unknown>
    if (typeof title !== 'string' || typeof url !== 'string') return []
    return [
      {
        title: plain(title),
        snippet: plain(typeof description === 'string' ? description : ''),
        source: url,
        url,
      },
    ]
  })
}

/** Brave marks matches with tags and escapes the rest. */
function plain(html: string): string {
  const entities: Record<string, string> = {
    amp: '&',
    lt: '<',
    gt: '>',
    quot: '"',
    '#x27': "'",
    '#39': "'",
    nbsp: ' ',
  }
  return html
    .replace(/<[^>]*>/gu, '')
    .replace(/&(#?\w+);/gu, (entity, name: string) => entities[name.toLowerCase()] ?? entity)
}
