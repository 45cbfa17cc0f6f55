// The engine's HTTP side: REST under /api, streams under /stream, on loopback unless told otherwise.

import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import type { Restack } from '../client/restack.ts'
import { apiRoutes } from './api-routes.ts'
import { ChunkHub } from './chunk-hub.ts'
import { checkGuard, HttpRefusal, isLoopback, readExchange, refusalOf } from './exchange.ts'
import type { Guard } from './exchange.ts'
import { findRoute } from './route.ts'
import type { Route } from './route.ts'
import { streamRoutes } from './stream-routes.ts'

export interface EndpointOptions {
  /** Ports to listen on; 0 for any free one. Default 6233 (REST) and 9233 (streams): both serve everything. */
  readonly ports?: readonly number[]
  /** What to do when a port is taken: leave it out (default), or take a free one in its place. */
  readonly taken?: 'leave out' | 'take a free one'
  /**
   * Address to listen on. Default 127.0.0.1. Beyond loopback (`0.0.0.0` in a container) whoever knows the bearer token
   * is let in, by any host name; without a token only open routes are answered, such as `/health`.
   */
  readonly host?: string
  /** Asked of every caller when given and not empty. */
  readonly bearerToken?: string | undefined
  readonly allowedHosts?: readonly string[]
  /** Routes of the caller's own, such as `/metrics`. */
  readonly routes?: readonly Route[]
}

export interface Endpoints {
  /** One address for each port that is served. */
  readonly urls: readonly string[]
  /** Ports that others have, and that are left out. */
  readonly leftOut: readonly number[]
  close(): Promise<void>
}

const producerPath = '/stream/ws/agent'

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
  response.end(JSON.stringify(body))
}

async function answer(
  routes: readonly Route[],
  guard: Guard,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const found = findRoute(
    routes,
    request.method ?? 'GET',
    new URL(request.url ?? '/', 'http://localhost').pathname,
  )
  if ('status' in found || found.route.open !== true) checkGuard(request.headers, guard)
  if ('status' in found)
    throw new HttpRefusal(found.status, `There is no ${request.method ?? ''} ${request.url ?? ''}.`)
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const exchange = await readExchange(request, gone.signal)
  const { route, parameters } = found
  if ('stream' in route) await route.stream(parameters, exchange, response)
  else json(response, 200, await route.answer(parameters, exchange))
}

/** Relays what a producer sends for its run, until its `[DONE]`. */
function receiveChunks(socket: WebSocket, request: IncomingMessage, hub: ChunkHub): void {
  const agentId = new URL(request.url ?? '/', 'http://localhost').searchParams.get('agentId') ?? ''
  socket.on('error', () => socket.terminate())
  socket.on('message', (data: Buffer) => {
    const text = data.toString('utf8')
    if (text === '[DONE]') return
    try {
      hub.publish(agentId, JSON.parse(text))
    } catch {
      hub.publish(agentId, text)
    }
  })
}

function upgrade(sockets: WebSocketServer, guard: Guard, hub: ChunkHub) {
  return (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    try {
      checkGuard(request.headers, guard)
      if (new URL(request.url ?? '/', 'http://localhost').pathname !== producerPath)
        throw new HttpRefusal(404, 'There is no such stream.')
    } catch (error) {
      socket.end(`HTTP/1.1 ${refusalOf(error).status} Refused\r\nconnection: close\r\n\r\n`)
      return
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => receiveChunks(webSocket, request, hub))
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

async function listenOn(
  server: Server,
  port: number,
  host: string,
  taken: EndpointOptions['taken'],
): Promise<boolean> {
  try {
    await listen(server, port, host)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    if (taken !== 'take a free one') return false
    await listen(server, 0, host)
    return true
  }
}

/** How this machine reaches what listens on `host`. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}

/**
 * Serves Restack's endpoints for an engine: start, event and result of runs, schedules and health under `/api`; states,
 * chunks and agents as OpenAI-compatible chats under `/stream`. Binds to loopback unless `host` says otherwise.
 *
 * @example
 * const endpoints = await serveEndpoints(restack, { ports: [0] })
 * await fetch(`${endpoints.urls[0]}/api/agents/greeterAgent`, { method: 'POST', body: '{"input": {"name": "Ada"}}' })
 */
export async function serveEndpoints(restack: Restack, options: EndpointOptions = {}): Promise<Endpoints> {
  const host = options.host ?? '127.0.0.1'
  const guard: Guard = {
    // An empty variable is an unset one: it must not be a token that everybody knows.
    bearerToken: options.bearerToken === '' ? undefined : options.bearerToken,
    allowedHosts: options.allowedHosts ?? [],
    beyondLoopback: !isLoopback(host),
  }
  const hub = new ChunkHub(restack)
  const routes = [...(options.routes ?? []), ...apiRoutes(restack), ...streamRoutes(restack, hub)]
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 2_200_000 })
  const servers: Server[] = []
  const leftOut: number[] = []
  for (const port of options.ports ?? [6233, 9233]) {
    const server = createServer((request, response) => {
      answer(routes, guard, request, response).catch((error: unknown) => {
        const { status, body } = refusalOf(error)
        if (response.headersSent) response.destroy()
        else json(response, status, body)
      })
    })
    server.on('upgrade', upgrade(sockets, guard, hub))
    if (await listenOn(server, port, host, options.taken)) servers.push(server)
    else leftOut.push(port)
  }
  return {
    urls: servers.map((server) => `http://${reachable(host)}:${(server.address() as AddressInfo).port}`),
    leftOut,
    close: async () => {
      for (const client of sockets.clients) client.terminate()
      await Promise.all(servers.map(closeServer))
    },
  }
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
