// The server of the benchmark: one tool that answers with its argument, over stdio or (--transport http) HTTP.

const runtime = new URL('../../packages/runtime/node_modules/', import.meta.url)
const load = (file) => import(new URL(file, runtime).href)
const [{ McpServer }, { z }, { serve }] = await Promise.all([
  load('@modelcontextprotocol/server/dist/index.mjs'),
  load('zod/index.js'),
  import('../../packages/runtime/dist/tool-server.js'),
])
const inputSchema = z.object({ text: z.string() })
const outputSchema = z.object({ text: z.string() })

await serve(() => {
  const server = new McpServer({ name: 'bench', version: '1.0.0' })
  server.registerTool('echo', { inputSchema, outputSchema }, ({ text }) => ({
    content: [{ type: 'text', text }],
    structuredContent: { text },
  }))
  return server
})
