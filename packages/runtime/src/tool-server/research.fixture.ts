// The server that `rgen g tool-server Research` generates, as docs/tools.md shows it.
import { McpServer } from '@modelcontextprotocol/server'
import { calculate, createWebSearch, extractUrls, isMain, serve, structured } from '../tool-server.ts'
import { z } from 'zod'

const search = createWebSearch({
  folder: new URL('./fixtures/library/', import.meta.url),
  apiKey: process.env.BRAVE_API_KEY,
})

export function createResearchServer(): McpServer {
  const server = new McpServer({ name: 'research', version: '1.0.0' })

  server.registerTool(
    'web_search',
    {
      description: 'Search for a topic. Each result names its source.',
      inputSchema: z.object({
        query: z.string().min(1).max(400).describe('What to search for.'),
        max_results: z.int().min(1).max(20).default(5).describe('How many results to return.'),
      }),
      outputSchema: z.object({
        query: z.string(),
        provider: z.enum(['brave', 'local documents']),
        results: z.array(
          z.object({
            title: z.string(),
            snippet: z.string(),
            source: z.string(),
            url: z.string().optional(),
          }),
        ),
      }),
      annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: true },
    },
    async ({ query, max_results }, { mcpReq }) =>
      structured(await search({ query, maxResults: max_results }, mcpReq.signal)),
  )

  server.registerTool(
    'extract_urls',
    {
      description: 'List the web addresses in a text.',
      inputSchema: z.object({ text: z.string().max(200_000).describe('The text to read.') }),
      outputSchema: z.object({ urls: z.array(z.string()) }),
      annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
    },
    ({ text }) => structured({ urls: extractUrls(text) }),
  )

  server.registerTool(
    'calculate',
    {
      description: 'Evaluate an arithmetic expression, such as "2 * (3 + 4) ^ 2" or "sqrt(2)".',
      inputSchema: z.object({ expression: z.string().max(500).describe('The expression.') }),
      outputSchema: z.object({ value: z.number() }),
      annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
    },
    ({ expression }) => structured({ value: calculate(expression) }),
  )

  return server
}

if (isMain(import.meta.url)) await serve(createResearchServer, { transport: 'stdio' })
