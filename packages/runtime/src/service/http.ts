import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Something that the service answers on its loopback port. */
export interface Route {
  readonly method: 'GET'
  readonly path: string
  answer(): Promise<{ readonly status?: number; readonly type: string; readonly body: string }>
}

export interface HttpServer {
  readonly url: string
  close(): Promise<void>
}

async function answerRequest(
  routes: readonly Route[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = new URL(request.url ?? '/', 'http://localhost').pathname
  const route = routes.find((one) => one.path === path && one.method === request.method)
  if (route === undefined) {
    response.writeHead(404, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ error: `There is no ${request.method ?? ''} ${path}.` }))
    return
  }
  const { status = 200, type, body } = await route.answer()
  response.writeHead(status, { 'content-type': type })
  response.end(body)
}

/**
 * Serves the routes on loopback. When the wanted port is taken (a second project on the same machine), a free one is
 * used: the service says which.
 *
 * @param port 0 for any free port.
 */
export async function serveHttp(routes: readonly Route[], port: number): Promise<HttpServer> {
  const server = createServer((request, response) => {
    answerRequest(routes, request, response).catch((error: unknown) => {
      response.writeHead(500, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }))
    })
  })
  const listen = (wanted: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(wanted, '127.0.0.1', () => {
        server.off('error', reject)
        resolve()
      })
    })
  await listen(port).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    return listen(0)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
