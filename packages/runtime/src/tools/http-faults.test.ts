// The fault cases of servers that are reached over HTTP, with real sockets.
// Bounds on time are wide: they tell a wait from none, on a busy machine too. Figures belong to bench/.
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { McpServer as LegacyServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { McpServer } from '@modelcontextprotocol/server'
import { describe, expect, it } from '@jest/globals'
import { z } from 'zod'
import { serveOverHttp } from '../tool-server/http.ts'
import { serveOverSse } from '../tool-server/sse.ts'
import { faultyHttpServer } from './fixtures/faulty-http-server.fixture.ts'
import { freePort } from './fixtures/free-port.fixture.ts'
import { testProject } from './fixtures/project.fixture.ts'

const research = new URL('../tool-server/research.fixture.ts', import.meta.url).pathname

function echoServer(): McpServer {
  const server = new McpServer({ name: 'echo', version: '1.0.0' })
  server.registerTool('echo', { inputSchema: z.object({ text: z.string() }) }, ({ text }) => ({
    content: [{ type: 'text', text }],
  }))
  server.registerTool('wait', {}, () => new Promise(() => undefined))
  return server
}

/** A server of SDK 1.x that keeps sessions; `forget` drops them as a restart would. */
async function sessionServer(
  port = 0,
): Promise<{ port: number; calls: string[]; forget(): void; close(): Promise<void> }> {
  const sessions = new Map<string, StreamableHTTPServerTransport>()
  const calls: string[] = []
  const http: Server = createServer((request, response) => {
    void (async () => {
      const id = request.headers['mcp-session-id']
      const known = typeof id === 'string' ? sessions.get(id) : undefined
      if (id !== undefined && known === undefined) {
        response.writeHead(404).end('no such session')
        return
      }
      const transport =
        known ??
        new StreamableHTTPServerTransport({
          sessionIdGenerator: () => randomUUID(),
          onsessioninitialized: (session) => {
            sessions.set(session, transport)
          },
        })
      if (known === undefined) {
        const server = new LegacyServer({ name: 'sessions', version: '1.0.0' })
        for (const [name, idempotentHint] of [
          ['read', true],
          ['write', false],
        ] as const)
          server.registerTool(name, { annotations: { idempotentHint } }, () => {
            calls.push(name)
            return { content: [{ type: 'text', text: name }] }
          })
        await server.connect(transport)
      }
      await transport.handleRequest(request, response)
    })()
  })
  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve))
  return {
    port: (http.address() as AddressInfo).port,
    calls,
    forget: () => sessions.clear(),
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve())
        http.closeAllConnections()
      }),
  }
}

describe('a server over HTTP', () => {
  it('is started by us when it is a module, listens where it was told, and ends with us', async () => {
    const port = await freePort()
    await using project = testProject([
      { name: 'web', module: research, transport: 'http', port },
      { name: 'old', module: research, transport: 'sse', port: await freePort() },
    ])
    await project.servers.startAll()
    for (const name of ['web', 'old'])
      await expect(project.servers.client(name).call('calculate', { expression: '6*7' })).resolves.toEqual({
        value: 42,
      })
    expect(project.servers.status().map(({ state }) => state)).toEqual(['ready', 'ready'])
    await project.servers.stopAll()
    await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow('fetch failed')
  })

  it('speaks the protocol of 2026 when the server does, and the one before when not', async () => {
    const modern = await serveOverHttp(echoServer, { port: 0 })
    const legacy = await sessionServer()
    const old = await serveOverSse(echoServer, { port: 0 })
    await using project = testProject([
      { name: 'modern', url: modern.url.href },
      { name: 'legacy', url: `http://127.0.0.1:${legacy.port}/mcp` },
      { name: 'sse', url: old.url.href, transport: 'sse' },
    ])
    await project.servers.startAll()
    const eras = project.changes.flatMap(({ server, to }) =>
      to.kind === 'ready' ? [`${server} ${to.era}`] : [],
    )
    expect(eras.toSorted()).toEqual(['legacy legacy', 'modern modern', 'sse legacy'])
    await expect(project.servers.client('modern').call('echo', { text: 'hi' })).resolves.toBe('hi')
    await expect(project.servers.client('sse').call('echo', { text: 'hi' })).resolves.toBe('hi')
    await project.servers.stopAll()
    await Promise.all([modern.close(), legacy.close(), old.close()])
  })

  it('22: one that is down is asked again after a wait, callers fail at once with the reason, then it is back', async () => {
    const first = await serveOverHttp(echoServer, { port: 0 })
    const port = Number(first.url.port)
    await using project = testProject([
      { name: 'web', url: first.url.href, restart: { base: 0.05, cap: 0.1, max: 1 } },
    ])
    await project.servers.startAll()
    const client = project.servers.client('web')
    await expect(client.call('echo', { text: 'up' })).resolves.toBe('up')
    await first.close()
    const down = { code: 'TOOL_UNAVAILABLE', retryable: true }
    await expect(client.call('echo', { text: 'down' })).rejects.toMatchObject(down)
    await project.reached('web', 'backoff')
    // More failures than `max`: a server that someone else runs is never given up.
    for (let tries = 0; tries < 4; tries++) await project.reached('web', 'backoff', project.changes.length)
    expect(project.servers.status()[0]?.error).toMatch(/refused|network/u)
    const before = performance.now()
    await expect(client.call('echo', { text: 'down' })).rejects.toMatchObject(down)
    expect(performance.now() - before).toBeLessThan(2_000)
    const second = await serveOverHttp(echoServer, { port })
    await project.reached('web', 'ready', project.changes.length)
    await expect(client.call('echo', { text: 'back' })).resolves.toBe('back')
    await project.servers.stopAll()
    await second.close()
  })

  it('opens a new session when the server has forgotten ours, and repeats only what may be repeated', async () => {
    const server = await sessionServer()
    await using project = testProject([{ name: 'web', url: `http://127.0.0.1:${server.port}/mcp` }])
    await project.servers.startAll()
    const client = project.servers.client('web')
    await expect(client.call('read')).resolves.toBe('read')
    server.forget()
    await expect(client.call('read')).resolves.toBe('read')
    server.forget()
    await expect(client.call('write')).rejects.toMatchObject({ code: 'TOOL_UNAVAILABLE', retryable: true })
    await expect(client.call('write')).resolves.toBe('write')
    expect(server.calls).toEqual(['read', 'read', 'write'])
    expect(project.changes.map(({ to }) => to.kind)).not.toContain('backoff')
    await project.servers.stopAll()
    await server.close()
  })

  it('opens one new session for calls that were made at once, and repeats each that may be repeated', async () => {
    const server = await sessionServer()
    await using project = testProject([{ name: 'web', url: `http://127.0.0.1:${server.port}/mcp` }])
    await project.servers.startAll()
    server.forget()
    const calls = Array.from({ length: 20 }, () => ({ tool: 'read', input: {} }))
    const outcomes = await project.servers.client('web').callMany(calls)
    expect(outcomes.filter(({ ok }) => !ok)).toEqual([])
    expect(project.changes.filter(({ to }) => to.kind === 'ready')).toHaveLength(2)
    await project.servers.stopAll()
    await server.close()
  })

  it.each(['half an event', 'no event', 'a broken event'])(
    'an answer that ends in %s fails at once as retryable, and is asked for again when the tool may be repeated',
    async (tool) => {
      for (const repeatable of [false, true]) {
        await using server = await faultyHttpServer(repeatable)
        await using project = testProject([{ name: 'web', url: server.url }])
        // Far below the timeout of 60 s, far above what a busy machine needs.
        await expect(
          project.servers.client('web').call(tool, {}, { signal: AbortSignal.timeout(20_000) }),
        ).rejects.toMatchObject({ code: 'TOOL_UNAVAILABLE', retryable: true })
        expect(server.calls).toEqual(repeatable ? [tool, tool] : [tool])
      }
    },
  )

  it('over the transport of 2024, a stream that ends fails the calls on it at once, and a new session is opened', async () => {
    const first = await serveOverSse(echoServer, { port: 0 })
    const port = Number(first.url.port)
    await using project = testProject([
      { name: 'old', url: first.url.href, transport: 'sse', restart: { base: 0.02, cap: 0.05 } },
    ])
    const client = project.servers.client('old')
    const waiting = client.call('wait').catch((error: unknown) => error)
    await expect(client.call('echo', { text: 'in' })).resolves.toBe('in')
    const since = project.changes.length
    await first.close()
    expect(await waiting).toMatchObject({ code: 'TOOL_UNAVAILABLE', retryable: true })
    const second = await serveOverSse(echoServer, { port })
    await project.reached('old', 'ready', since)
    await expect(client.call('echo', { text: 'back' })).resolves.toBe('back')
    await project.servers.stopAll()
    await second.close()
  })

  it.each(['a body without end', 'an event without end'])(
    '7: %s is read no further than a message may be long',
    async (tool) => {
      await using server = await faultyHttpServer()
      await using project = testProject([{ name: 'web', url: server.url }])
      const client = project.servers.client('web')
      await expect(client.call(tool)).rejects.toMatchObject({
        code: 'TOOL_OUTPUT_TOO_LARGE',
        retryable: false,
      })
      await expect(client.call('well')).resolves.toBe('well')
    },
  )

  it('many events in one answer may be longer together', async () => {
    await using server = await faultyHttpServer()
    await using project = testProject([{ name: 'web', url: server.url }])
    await expect(project.servers.client('web').call('many events')).resolves.toBe('at last')
  })

  it('says what the server said when it refuses a request, and names a redirect that is not followed', async () => {
    await using server = await faultyHttpServer()
    await using project = testProject([{ name: 'web', url: server.url }])
    const client = project.servers.client('web')
    await expect(client.call('a refusal')).rejects.toMatchObject({
      code: 'TOOL_INVALID_ARGUMENTS',
      message: expect.stringContaining('n is missing'),
    })
    await expect(client.call('a redirect')).rejects.toThrow('a redirect to another server')
  })

  it('demands the token of auth when the server is ours', async () => {
    const auth = { type: 'bearer', token: 'open-sesame' }
    const port = await freePort()
    await using project = testProject([{ name: 'web', module: research, transport: 'http', port, auth }])
    await project.servers.startAll()
    await expect(project.servers.client('web').call('calculate', { expression: '6 * 7' })).resolves.toEqual({
      value: 42,
    })
    const stranger = await fetch(`http://127.0.0.1:${port}/mcp`, { method: 'POST', body: '{}' })
    expect(stranger.status).toBe(401)
  })

  it('gets its token and headers, and says so when they are refused', async () => {
    const server = await serveOverHttp(echoServer, { port: 0, bearerToken: 'open-sesame' })
    const url = server.url.href
    await using project = testProject([
      { name: 'right', url, auth: { type: 'bearer', token: 'open-sesame' } },
      { name: 'header', url, headers: { Authorization: 'Bearer open-sesame' } },
      { name: 'wrong', url, auth: { type: 'bearer', token: 'open-barley' }, restart: { base: 60 } },
    ])
    await project.servers.startAll()
    await expect(project.servers.client('right').call('echo', { text: 'in' })).resolves.toBe('in')
    await expect(project.servers.client('header').call('echo', { text: 'in' })).resolves.toBe('in')
    const [, , wrong] = project.servers.status()
    expect(wrong).toMatchObject({
      state: 'backoff',
      error: expect.stringContaining('refused our credentials'),
    })
    expect(JSON.stringify(project.log)).not.toContain('open-barley')
    await project.servers.stopAll()
    await server.close()
  })

  it('polls a health endpoint, and notices that the server has gone without being called', async () => {
    const server = await serveOverHttp(echoServer, { port: 0 })
    await using project = testProject([
      {
        name: 'web',
        url: server.url.href,
        era: 'legacy',
        health: { interval: 0.05, failures: 2, endpoint: '/health' },
        restart: { base: 60 },
      },
    ])
    await project.servers.startAll()
    await server.close()
    await expect(project.reached('web', 'degraded')).resolves.toMatchObject({ reason: expect.any(String) })
    await project.reached('web', 'backoff')
  })
})

describe('the notices of a server over HTTP', () => {
  it('a tool that appears in a server of 2026 is listed without being asked for', async () => {
    const names = ['first']
    const server = await serveOverHttp(
      () => {
        const made = new McpServer({ name: 'grows', version: '1.0.0' })
        for (const name of names) made.registerTool(name, {}, () => ({ content: [] }))
        return made
      },
      { port: 0 },
    )
    await using project = testProject([{ name: 'web', url: server.url.href }])
    await project.servers.startAll()
    const since = project.changes.length
    names.push('second')
    server.notifyToolsChanged()
    await project.reached('web', 'ready', since)
    const list = await project.servers.client('web').list()
    expect(list.map(({ name }) => name)).toEqual(['first', 'second'])
    await project.servers.stopAll()
    await server.close()
  })
})
