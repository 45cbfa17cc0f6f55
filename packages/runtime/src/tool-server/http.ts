import { McpServer, createMcpHandler } from '@modelcontextprotocol/server'
import { ToolError } from '../tools/errors.ts'
import { assertSafeBind, createGuard } from './guard.ts'
import type { GuardOptions } from './guard.ts'
import { isOversized, listen } from './node-http.ts'
import type { CreateServer, RunningToolServer } from './serve.ts'

/** Where an HTTP server listens and whom it answers. */
export interface HttpServeOptions extends GuardOptions {
  /** `127.0.0.1` unless told. Anything beyond this machine needs `bearerToken` and `allowedHosts`. */
  readonly host?: string
  /** 8000 unless told; 0 takes a free one. */
  readonly port?: number
  /** Largest request body. 4 MiB unless told. */
  readonly maxBodyBytes?: number
}

/** The path of the MCP endpoint. */
export const mcpPath = '/mcp'
/** Answers 200 while the process serves; needs no token. */
export const healthPath = '/health'

/**
 * Serves Streamable HTTP on {@link mcpPath}: the stateless protocol of 2026, and the eras before it without
 * sessions. Each request gets a fresh server.
 */
export async function serveOverHttp(
  createServer: CreateServer,
  options: HttpServeOptions = {},
): Promise<RunningToolServer & { readonly url: URL; notifyToolsChanged(): void }> {
  const { host = '127.0.0.1', port = 8000, maxBodyBytes = 4 * 1024 * 1024 } = options
  assertSafeBind(host, options)
  const guard = createGuard(options)
  const open = createGuard({ ...options, bearerToken: undefined })
  const handler = createMcpHandler(async () => ofOneCopy(await createServer()), {
    maxRequestBodySize: maxBodyBytes,
    onerror: (error) => process.stderr.write(`${error.message}\n`),
  })
  const listening = await listen(
    async (request) => {
      const { pathname } = new URL(request.url)
      if (pathname === healthPath) return open(request) ?? Response.json({ status: 'ok' })
      const refused = guard(request)
      if (refused) return refused
      if (isOversized(request)) return tooLarge(maxBodyBytes)
      if (pathname !== mcpPath) return new Response('Not found', { status: 404 })
      return handler.fetch(request)
    },
    { host, port, maxBodyBytes },
  )
  return {
    url: new URL(`http://${host.includes(':') ? `[${host}]` : host}:${listening.port}${mcpPath}`),
    notifyToolsChanged: () => handler.notify.toolsChanged(),
    close: async () => {
      await handler.close()
      await listening.close()
    },
  }
}

/** Classes of two copies of the SDK are not the same class, and the SDK would only answer "Internal error". */
function ofOneCopy(server: McpServer): McpServer {
  if (server instanceof McpServer) return server
  throw new ToolError(
    'TOOL_CONFIG',
    'The server was made by another copy of @modelcontextprotocol/server than the one that serves it.',
    { hint: 'Install one version of it: npm dedupe or pnpm dedupe.' },
  )
}

/** The answer to a body over the limit. */
export function tooLarge(maxBodyBytes: number): Response {
  return Response.json(
    {
      jsonrpc: '2.0',
      error: { code: -32_600, message: `The body exceeds ${maxBodyBytes} bytes.` },
      id: null,
    },
    { status: 413 },
  )
}
