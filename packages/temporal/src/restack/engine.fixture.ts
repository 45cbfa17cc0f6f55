// The HTTP side of a Restack engine, as its SDKs see it: API, codec server and webhook in one.
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the engine was asked. */
export interface Asked {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

/** An engine that runs until it is closed. */
export interface FakeEngine {
  readonly address: string
  readonly asked: readonly Asked[]
  readonly blobs: Map<string, Buffer>
  close(): Promise<void>
}

/** Starts one. `codecKey`: base64, none when absent. */
export async function startFakeEngine({ codecKey }: { codecKey?: string } = {}): Promise<FakeEngine> {
  const asked: Asked[] = []
  const blobs = new Map<string, Buffer>()
  const answer = ({ method, path, body }: Asked): [number, string | Buffer] => {
    const url = new URL(path, 'http://engine')
    if (url.pathname === '/api/engine/codec/key')
      return codecKey === undefined ? [404, ''] : [200, JSON.stringify({ key: codecKey, alg: 'AES-256-GCM' })]
    if (method === 'PUT' && url.pathname === '/v2/blobs/put') {
      const key = `blobs/${url.searchParams.get('digest') ?? ''}`
      blobs.set(key, body)
      return [201, JSON.stringify({ Key: key })]
    }
    if (url.pathname === '/v2/blobs/get') {
      const blob = blobs.get(url.searchParams.get('key') ?? '')
      return blob === undefined ? [404, ''] : [200, blob]
    }
    return [200, '{}']
  }
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request
      const one = { method, path, headers, body: Buffer.concat(parts) }
      asked.push(one)
      const [status, body] = answer(one)
      response.writeHead(status).end(body)
    })
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    blobs,
    close: async () => {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}
