// OAuth client credentials against a server that demands a token, and an authorization server that gives one.
import { createServer } from 'node:http'
import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { McpServer } from '@modelcontextprotocol/server'
import { describe, expect, it } from '@jest/globals'
import { listen } from '../tool-server/node-http.ts'
import { createMcpHandler } from '@modelcontextprotocol/server'
import { testProject } from './fixtures/project.fixture.ts'

async function bodyOf(request: IncomingMessage): Promise<URLSearchParams> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return new URLSearchParams(text)
}

/** Gives the token `granted` to the client `desk` with the secret `open-sesame`. */
async function authorizationServer() {
  const asked: { grant: string | null; scope: string | null }[] = []
  const server: Server = createServer((request, response) => {
    void (async () => {
      const json = (body: unknown, status = 200) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
      if (request.url?.startsWith('/.well-known/')) {
        json({
          issuer: origin,
          authorization_endpoint: `${origin}/authorize`,
          token_endpoint: `${origin}/token`,
          response_types_supported: ['code'],
          grant_types_supported: ['client_credentials'],
          token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
        })
        return
      }
      const body = await bodyOf(request)
      asked.push({ grant: body.get('grant_type'), scope: body.get('scope') })
      const basic = Buffer.from(
        (request.headers.authorization ?? '').replace('Basic ', ''),
        'base64',
      ).toString()
      const secret = basic.split(':')[1] ?? body.get('client_secret')
      if (secret === 'open-sesame') json({ access_token: 'granted', token_type: 'Bearer', expires_in: 60 })
      else json({ error: 'invalid_client' }, 401)
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    origin,
    asked,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** An MCP server that names the authorization server, and answers whoever has its token. */
async function guardedServer(issuer: string) {
  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: 'guarded', version: '1.0.0' })
    server.registerTool('enter', {}, () => ({ content: [{ type: 'text', text: 'welcome' }] }))
    return server
  })
  const listening = await listen(
    async (request) => {
      const url = new URL(request.url)
      if (url.pathname.startsWith('/.well-known/oauth-protected-resource'))
        return Response.json({ resource: `${url.origin}/mcp`, authorization_servers: [issuer] })
      if (request.headers.get('authorization') === 'Bearer granted') return handler.fetch(request)
      const challenge = `Bearer resource_metadata="${url.origin}/.well-known/oauth-protected-resource"`
      return new Response('who are you?', { status: 401, headers: { 'www-authenticate': challenge } })
    },
    { host: '127.0.0.1', port: 0, maxBodyBytes: 1_000_000 },
  )
  return { url: `http://127.0.0.1:${listening.port}/mcp`, close: () => listening.close() }
}

describe('auth of type oauth', () => {
  it('gets a token with the client credentials, and is told when they are wrong', async () => {
    const issuer = await authorizationServer()
    const server = await guardedServer(issuer.origin)
    const auth = {
      type: 'oauth',
      client_id: 'desk',
      client_secret: 'open-sesame',
      scope: 'tools',
      issuer: issuer.origin,
    }
    await using project = testProject([
      { name: 'right', url: server.url, auth },
      {
        name: 'wrong',
        url: server.url,
        auth: { ...auth, client_secret: 'open-barley' },
        restart: { base: 60 },
      },
    ])
    await project.servers.startAll()
    await expect(project.servers.client('right').call('enter')).resolves.toBe('welcome')
    expect(issuer.asked[0]).toEqual({ grant: 'client_credentials', scope: 'tools' })
    expect(project.servers.status()[1]).toMatchObject({ state: 'backoff', error: expect.any(String) })
    expect(JSON.stringify([project.log, project.servers.status()])).not.toContain('open-barley')
    await project.servers.stopAll()
    await Promise.all([server.close(), issuer.close()])
  })
})
