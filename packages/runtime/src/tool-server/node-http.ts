// node:http on one side, the web's Request and Response on the other.
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** A server that listens. */
export interface Listening {
  readonly port: number
  readonly server: Server
  close(): Promise<void>
}

/** Where to listen and how much to read. */
export interface ListenOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** A request that announces more is answered 413 before its body is read. */
  readonly maxBodyBytes: number
}

/**
 * Answers HTTP requests with a fetch-style handler.
 *
 * The handler's request carries an abort signal that fires when the caller hangs up.
 */
export async function listen(
  handle: (request: Request) => Promise<Response>,
  { host, port, maxBodyBytes }: ListenOptions,
): Promise<Listening> {
  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing, handle, maxBodyBytes).catch(() => outgoing.destroy())
  })
  // Streams of change notices are open for as long as their client is.
  server.requestTimeout = 0
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    server,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  handle: (request: Request) => Promise<Response>,
  maxBodyBytes: number,
): Promise<void> {
  const hungUp = new AbortController()
  outgoing.once('close', () => hungUp.abort())
  const request = toRequest(incoming, hungUp.signal)
  // The guard in front of the handler answers first: an unknown caller learns nothing about limits.
  const tooLarge = Number(incoming.headers['content-length'] ?? 0) > maxBodyBytes
  let response: Response
  try {
    response = await handle(tooLarge ? withoutBody(request) : request)
  } catch {
    response = Response.json(
      { jsonrpc: '2.0', error: { code: -32_603, message: 'Internal error' }, id: null },
      { status: 500 },
    )
  }
  await write(response, incoming, outgoing)
}

/** Marks a request whose body is refused; {@link isOversized} finds the mark. */
const oversized = 'x-rgen-oversized'

function withoutBody(request: Request): Request {
  const headers = new Headers(request.headers)
  headers.set(oversized, '1')
  return new Request(request.url, { method: request.method, headers, signal: request.signal })
}

/** Whether the request announced a larger body than the server reads. */
export function isOversized(request: Request): boolean {
  return request.headers.get(oversized) === '1'
}

function toRequest(incoming: IncomingMessage, signal: AbortSignal): Request {
  const headers = new Headers()
  for (let index = 0; index + 1 < incoming.rawHeaders.length; index += 2) {
    const name = incoming.rawHeaders[index] ?? ''
    if (name.toLowerCase() !== oversized) headers.append(name, incoming.rawHeaders[index + 1] ?? '')
  }
  const method = incoming.method ?? 'GET'
  const hasBody = method !== 'GET' && method !== 'HEAD'
  const host = URL.canParse(`http://${incoming.headers.host ?? ''}`) ? incoming.headers.host : 'invalid.host'
  return new Request(new URL(incoming.url ?? '/', `http://${host ?? 'invalid.host'}`), {
    method,
    headers,
    signal,
    ...(hasBody ? { body: Readable.toWeb(incoming), duplex: 'half' as const } : {}),
  })
}

async function write(response: Response, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const unread = !incoming.complete
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false
  // One piece with its length is cheaper than a stream, at both ends.
  const whole = isStream || response.body === null ? undefined : Buffer.from(await response.arrayBuffer())
  outgoing.writeHead(response.status, {
    ...Object.fromEntries(response.headers),
    ...(whole === undefined ? {} : { 'content-length': whole.length }),
    // What the caller still sends will not be read: it must not be taken for the next request.
    ...(unread && response.status >= 400 ? { connection: 'close' } : {}),
  })
  if (whole !== undefined || response.body === null) outgoing.end(whole)
  else await pipeline(Readable.fromWeb(response.body), outgoing).catch(() => undefined)
  if (unread && response.status >= 400) incoming.resume()
}
