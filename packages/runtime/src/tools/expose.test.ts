import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { describe, expect, it } from '@jest/globals'
import { idempotencyMeta } from './client.ts'
import { exposeTools } from './expose.ts'
import type { ExposedCallOptions } from './expose.ts'
import { testProject } from './fixtures/project.fixture.ts'

const inputSchema = { type: 'object', properties: { topic: { type: 'string' } }, required: ['topic'] }

describe('exposeTools', () => {
  it('lets a host start durable work, wait for it, and name it for a repeated call', async () => {
    const calls: { input: unknown; options: ExposedCallOptions }[] = []
    const mcp = await exposeTools(
      [
        {
          name: 'blog',
          description: 'Writes a post.',
          inputSchema,
          call: async (input, options) => {
            calls.push({ input, options })
            await new Promise((resolve) => setTimeout(resolve, 60))
            return { post: 'done' }
          },
        },
        { name: 'double', inputSchema: { type: 'number' }, call: async (input) => Number(input) * 2 },
        { name: 'fails', call: () => Promise.reject(new Error('the printer is on fire')) },
      ],
      { port: 0, progressEveryMs: 15 },
    )
    await using project = testProject([{ name: 'service', url: mcp.url.href }])
    const client = project.servers.client('service')
    const progress: number[] = []
    const options = {
      idempotencyKey: 'order-1',
      onProgress: ({ progress: seconds }: { progress: number }) => progress.push(seconds),
    }
    await expect(client.call('blog', { topic: 'tea' }, options)).resolves.toEqual({ post: 'done' })
    expect(calls[0]).toMatchObject({ input: { topic: 'tea' }, options: { idempotencyKey: 'order-1' } })
    expect(progress.length).toBeGreaterThan(1)
    expect(progress).toEqual(progress.toSorted((a, b) => a - b))
    await expect(client.call('double', { input: 21 })).resolves.toBe('42')
    await expect(client.call('fails')).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      message: 'the printer is on fire',
    })
    await expect(client.call('blog', { topic: 7 })).rejects.toMatchObject({ code: 'TOOL_INVALID_ARGUMENTS' })
    await project.servers.stopAll()
    await mcp.close()
  })

  it('checks the input of a host that did not', async () => {
    let entered = false
    const call = async () => {
      entered = true
    }
    const mcp = await exposeTools([{ name: 'blog', inputSchema, call }], { port: 0 })
    const client = new Client({ name: 'host', version: '1.0.0' })
    await client.connect(new StreamableHTTPClientTransport(mcp.url))
    const result = await client.callTool({ name: 'blog', arguments: {}, _meta: { [idempotencyMeta]: 'k' } })
    expect(result.isError).toBe(true)
    expect(entered).toBe(false)
    await client.close()
    await mcp.close()
  })

  it('tells hosts when there is other work', async () => {
    const call = () => Promise.resolve(1)
    const mcp = await exposeTools([{ name: 'one', call }], { port: 0 })
    await using project = testProject([{ name: 'service', url: mcp.url.href }])
    await project.servers.startAll()
    const since = project.changes.length
    mcp.update([
      { name: 'one', call },
      { name: 'two', call },
    ])
    await project.reached('service', 'ready', since)
    expect((await project.servers.client('service').list()).map(({ name }) => name)).toEqual(['one', 'two'])
    await project.servers.stopAll()
    await mcp.close()
  })

  it('refuses two pieces of work with one name', async () => {
    const call = () => Promise.resolve(1)
    await expect(
      exposeTools(
        [
          { name: 'a', call },
          { name: 'a', call },
        ],
        { port: 0 },
      ),
    ).rejects.toMatchObject({
      code: 'TOOL_CONFIG',
    })
  })
})
