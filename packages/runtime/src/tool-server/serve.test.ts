// Our servers as the rest of the world sees them: the official clients of both SDK lines, and callers who should not
// get in.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { request } from 'node:http'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Client as Client2, StreamableHTTPClientTransport as Http2 } from '@modelcontextprotocol/client'
import { StdioClientTransport as Stdio2 } from '@modelcontextprotocol/client/stdio'
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js'
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js'
import { StdioClientTransport as Stdio1 } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport as Http1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { McpServer } from '@modelcontextprotocol/server'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { z } from 'zod'
import { serveOverHttp } from './http.ts'
import { serveOverSse } from './sse.ts'
import { tsx } from './fixtures/tsx.fixture.ts'
import { createResearchServer } from './research.fixture.ts'

const research = fileURLToPath(new URL('./research.fixture.ts', import.meta.url))
const command = { command: process.execPath, args: ['--import', tsx, research] }
const info = { name: 'test', version: '1.0.0' }
const multiply = { name: 'calculate', arguments: { expression: '6 * 7' } }
const tools = ['web_search', 'extract_urls', 'calculate']

describe('a generated server over stdio', () => {
  it('works with the client of SDK 1.x', async () => {
    const client = new Client1(info)
    await client.connect(new Stdio1(command))
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(tools)
    expect(await client.callTool(multiply)).toMatchObject({ structuredContent: { value: 42 } })
    await client.close()
  })

  it.each(['legacy', 'auto'] as const)('works with the client of SDK 2.x, negotiating %s', async (mode) => {
    const client = new Client2(info, { versionNegotiation: { mode } })
    await client.connect(new Stdio2(command))
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(tools)
    expect(await client.callTool(multiply)).toMatchObject({ structuredContent: { value: 42 } })
    await client.close()
  })

  it('ends within a second of its input, although a timer is open', async () => {
    const timer = fileURLToPath(new URL('../tools/fixtures/timer.fixture.ts', import.meta.url))
    const child = spawn(process.execPath, ['--import', tsx, timer], { stdio: ['pipe', 'pipe', 'inherit'] })
    const hello = {
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: info },
    }
    child.stdin.write(`${JSON.stringify(hello)}\n`)
    await once(child.stdout, 'data')
    const before = performance.now()
    child.stdin.end()
    await once(child, 'exit')
    expect(performance.now() - before).toBeLessThan(10_000)
    expect(child.exitCode).toBe(0)
  })

  it('19: the handler of a call that was given up sees its signal fire', async () => {
    let fired: (() => void) | undefined
    const aborted = new Promise<void>((resolve) => {
      fired = resolve
    })
    const served = await serveOverHttp(
      () => {
        const server = new McpServer({ name: 'slow', version: '1.0.0' })
        server.registerTool('slow', {}, async ({ mcpReq }) => {
          await new Promise<void>((resolve) => mcpReq.signal.addEventListener('abort', () => resolve()))
          fired?.()
          return { content: [] }
        })
        return server
      },
      { port: 0 },
    )
    const client = new Client2(info, { versionNegotiation: { mode: 'auto' } })
    await client.connect(new Http2(served.url))
    const controller = new AbortController()
    const call = client.callTool({ name: 'slow', arguments: {} }, { signal: controller.signal })
    setTimeout(() => controller.abort(), 50)
    await expect(call).rejects.toThrow()
    await aborted
    await client.close()
    await served.close()
  })
})

describe('a generated server over HTTP', () => {
  let served: Awaited<ReturnType<typeof serveOverHttp>>
  beforeAll(async () => {
    served = await serveOverHttp(createResearchServer, { port: 0 })
  })
  afterAll(() => served.close())

  it('works with the client of SDK 1.x', async () => {
    const client = new Client1(info)
    await client.connect(new Http1(served.url))
    expect(await client.callTool(multiply)).toMatchObject({ structuredContent: { value: 42 } })
    await client.close()
  })

  it.each(['legacy', 'auto'] as const)('works with the client of SDK 2.x, negotiating %s', async (mode) => {
    const client = new Client2(info, { versionNegotiation: { mode } })
    await client.connect(new Http2(served.url))
    expect(client.getProtocolEra()).toBe(mode === 'auto' ? 'modern' : 'legacy')
    expect(await client.callTool(multiply)).toMatchObject({ structuredContent: { value: 42 } })
    await client.close()
  })

  it('over the transport of 2024, too', async () => {
    const sse = await serveOverSse(createResearchServer, { port: 0 })
    const client = new Client1(info)
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- that transport is the subject
    await client.connect(new SSEClientTransport(sse.url))
    expect((await client.listTools()).tools).toHaveLength(3)
    expect(await client.callTool(multiply)).toMatchObject({ structuredContent: { value: 42 } })
    await client.close()
    await sse.close()
  })

  it('tells that it is well', async () => {
    const response = await fetch(new URL('/health', served.url))
    expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }])
  })
})

/** A request as a hostile page or program could make it; fetch would not send a foreign Host. */
function post(url: URL, headers: Record<string, string>, body: string | Buffer = '{}'): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...headers,
      },
    })
    sent.once('response', (response) => {
      resolve(response.statusCode ?? 0)
      response.resume()
      sent.destroy()
    })
    sent.once('error', reject)
    sent.end(body)
  })
}

describe('25: a caller who should not get in', () => {
  let entered = 0
  let served: Awaited<ReturnType<typeof serveOverHttp>>
  const create = () => {
    const server = new McpServer({ name: 'guarded', version: '1.0.0' })
    server.registerTool('enter', { inputSchema: z.object({}) }, () => {
      entered++
      return { content: [] }
    })
    return server
  }
  const call = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'enter', arguments: {} },
  })
  const token = { authorization: 'Bearer open-sesame' }
  beforeAll(async () => {
    served = await serveOverHttp(create, { port: 0, bearerToken: 'open-sesame' })
  })
  afterAll(() => served.close())

  it('is refused by host, by origin, by token and by size, and no handler is entered', async () => {
    expect(await post(served.url, { ...token, host: 'evil.example' }, call)).toBe(403)
    expect(await post(served.url, { ...token, origin: 'https://evil.example' }, call)).toBe(403)
    expect(await post(served.url, {}, call)).toBe(401)
    expect(await post(served.url, { authorization: 'Bearer open-barley' }, call)).toBe(401)
    expect(await post(served.url, { authorization: 'Basic open-sesame' }, call)).toBe(401)
    expect(await post(served.url, token, Buffer.alloc(20 * 1024 * 1024, 32))).toBe(413)
    expect(
      await post(served.url, { ...token, 'transfer-encoding': 'chunked' }, Buffer.alloc(5 * 1024 * 1024, 32)),
    ).toBe(413)
    expect(entered).toBe(0)
    expect(await post(served.url, token, call)).toBe(200)
    expect(await post(served.url, { ...token, origin: 'http://localhost:6274' }, call)).toBe(200)
    expect(entered).toBe(2)
  })

  it('is refused by a server of 2024, too', async () => {
    const sse = await serveOverSse(create, { port: 0, bearerToken: 'open-sesame' })
    const messages = new URL('/messages?sessionId=x', sse.url)
    expect(await post(messages, { ...token, host: 'evil.example' }, call)).toBe(403)
    expect(await post(messages, {}, call)).toBe(401)
    expect(await post(messages, token, call)).toBe(404)
    await sse.close()
  })

  it('a server that the network could reach needs a token and the names it is called by', async () => {
    const open = { port: 0, host: '0.0.0.0' }
    await expect(serveOverHttp(create, open)).rejects.toMatchObject({ code: 'TOOL_UNSAFE_BIND' })
    await expect(serveOverHttp(create, { ...open, bearerToken: 't' })).rejects.toMatchObject({
      code: 'TOOL_UNSAFE_BIND',
    })
    const safe = await serveOverHttp(create, {
      ...open,
      bearerToken: 'tok',
      allowedHosts: ['tools.internal'],
    })
    const url = new URL(`http://127.0.0.1:${safe.url.port}/mcp`)
    expect(await post(url, { authorization: 'Bearer tok', host: 'tools.internal' }, call)).toBe(200)
    expect(await post(url, { authorization: 'Bearer tok', host: 'evil.example' }, call)).toBe(403)
    await safe.close()
  })
})

describe('the command line of a generated server', () => {
  const start = (...args: string[]): ChildProcess =>
    spawn(process.execPath, ['--import', tsx, research, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })

  it('an unknown transport or port ends it with a sentence', async () => {
    for (const args of [
      ['--transport', 'carrier-pigeon'],
      ['--transport', 'http', '--port', 'x'],
    ]) {
      const child = start(...args)
      let text = ''
      child.stderr?.on('data', (chunk: Buffer) => (text += chunk.toString()))
      await once(child, 'exit')
      expect(child.exitCode).toBe(1)
      expect(text).toMatch(/carrier-pigeon|not a port/u)
    }
  })
})
