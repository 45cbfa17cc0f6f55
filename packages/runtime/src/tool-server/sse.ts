// HTTP+SSE, the transport of the 2024-11-05 revision: a stream at /sse, messages posted to the address that its
// first event names. Deprecated by the protocol, kept for hosts that know no other.
import { randomUUID } from 'node:crypto'
import { JSONRPC_VERSION, parseJSONRPCMessage } from '@modelcontextprotocol/server'
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/server'
import { assertSafeBind, createGuard } from './guard.ts'
import { healthPath, tooLarge } from './http.ts'
import type { HttpServeOptions } from './http.ts'
import { isOversized, listen } from './node-http.ts'
import type { CreateServer, RunningToolServer } from './serve.ts'

const ssePath = '/sse'
const messagesPath = '/messages'

/** Serves the legacy HTTP+SSE transport on `/sse`, one server for each open stream. */
export async function serveOverSse(
  createServer: CreateServer,
  options: HttpServeOptions = {},
): Promise<RunningToolServer & { readonly url: URL }> {
  const { host = '127.0.0.1', port = 8000, maxBodyBytes = 4 * 1024 * 1024 } = options
  assertSafeBind(host, options)
  const guard = createGuard(options)
  const anonymous = createGuard({ ...options, bearerToken: undefined })
  const sessions = new Map<string, SseSession>()

  const open = async (request: Request): Promise<Response> => {
    const session = new SseSession()
    sessions.set(session.sessionId, session)
    const server = await createServer()
    request.signal.addEventListener('abort', () => {
      sessions.delete(session.sessionId)
      void server.close()
    })
    await server.connect(session)
    return new Response(session.stream, {
      headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-cache, no-transform' },
    })
  }

  const post = async (request: Request): Promise<Response> => {
    const session = sessions.get(new URL(request.url).searchParams.get('sessionId') ?? '')
    if (session === undefined) return new Response('Unknown session', { status: 404 })
    const text = await readBounded(request, maxBodyBytes)
    if (text === undefined) return tooLarge(maxBodyBytes)
    try {
      session.receive(parseJSONRPCMessage(JSON.parse(text)))
    } catch {
      const error = { code: -32_700, message: 'Not a JSON-RPC message' }
      return Response.json({ jsonrpc: JSONRPC_VERSION, error, id: null }, { status: 400 })
    }
    return new Response('Accepted', { status: 202 })
  }

  const listening = await listen(
    async (request) => {
      const { pathname } = new URL(request.url)
      if (pathname === healthPath) return anonymous(request) ?? Response.json({ status: 'ok' })
      const refused = guard(request)
      if (refused) return refused
      if (isOversized(request)) return tooLarge(maxBodyBytes)
      if (pathname === ssePath && request.method === 'GET') return open(request)
      if (pathname === messagesPath && request.method === 'POST') return post(request)
      return new Response('Not found', { status: 404 })
    },
    { host, port, maxBodyBytes },
  )
  return {
    url: new URL(`http://${host.includes(':') ? `[${host}]` : host}:${listening.port}${ssePath}`),
    close: async () => {
      await Promise.all([...sessions.values()].map((session) => session.close()))
      await listening.close()
    },
  }
}

class SseSession implements Transport {
  readonly sessionId: string = randomUUID()
  readonly stream: ReadableStream<Uint8Array>
  onclose?: () => void
  onerror?: (error: Error) => void
  onmessage?: (message: JSONRPCMessage) => void
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined

  constructor() {
    this.stream = new ReadableStream({
      start: (controller) => {
        this.#controller = controller
      },
      cancel: () => this.#end(),
    })
  }

  async start(): Promise<void> {
    this.#write('endpoint', `${messagesPath}?sessionId=${this.sessionId}`)
  }

  async send(message: JSONRPCMessage): Promise<void> {
    this.#write('message', JSON.stringify(message))
  }

  receive(message: JSONRPCMessage): void {
    this.onmessage?.(message)
  }

  async close(): Promise<void> {
    const controller = this.#controller
    this.#end()
    controller?.close()
  }

  #write(event: string, data: string): void {
    this.#controller?.enqueue(new TextEncoder().encode(`event: ${event}\ndata: ${data}\n\n`))
  }

  #end(): void {
    if (this.#controller === undefined) return
    this.#controller = undefined
    this.onclose?.()
  }
}

async function readBounded(request: Request, maxBytes: number): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  let size = 0
  const body: AsyncIterable<Uint8Array> | never[] = request.body ?? []
  for await (const chunk of body) {
    size += chunk.byteLength
    if (size > maxBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
