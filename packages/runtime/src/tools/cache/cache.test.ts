import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { openDatabase } from '@rgen/engine'
import { removeTemporary, temporaryRoot, testProject } from '../fixtures/project.fixture.ts'
import { openRedisStore } from './redis-store.ts'
import { openSqliteStore } from './sqlite-store.ts'

/** Just enough of Redis: GET, SET with PX; everything else is agreed to. */
async function fakeRedis() {
  const values = new Map<string, { value: string; ttlMs: number }>()
  const server = createServer((socket) => {
    let rest = ''
    socket.setEncoding('utf8')
    socket.on('error', () => undefined)
    socket.on('data', (chunk: string) => {
      rest += chunk
      for (;;) {
        const [, count] = /^\*(\d+)\r\n/u.exec(rest) ?? []
        if (count === undefined) return
        const parts = rest.split('\r\n')
        if (parts.length <= 2 * Number(count) + 1) return
        const words = parts.slice(1, 2 * Number(count) + 1).filter((_, index) => index % 2 === 1)
        rest = parts.slice(2 * Number(count) + 1).join('\r\n')
        const [command = '', key = '', value = '', , ttl] = words
        if (command === 'GET') {
          const held = values.get(key)?.value
          socket.write(held === undefined ? '$-1\r\n' : `$${Buffer.byteLength(held)}\r\n${held}\r\n`)
        } else {
          if (command === 'SET') values.set(key, { value, ttlMs: Number(ttl) })
          socket.write('+OK\r\n')
        }
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `redis://127.0.0.1:${port}`,
    values,
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}

describe('results that are kept', () => {
  it('are answered without a call until their time is over, for the same arguments in any order', async () => {
    let now = 1_000
    const root = temporaryRoot()
    await using project = testProject([{ name: 'kept', faulty: 'well', cache: { slow: 60 } }], {
      root,
      openCache: () => openSqliteStore(root, join(root, '.rgen', 'engine.db'), () => now),
    })
    const client = project.servers.client('kept')
    await expect(client.callTool('slow', { ms: 1, a: 1 })).resolves.toMatchObject({
      value: 'late',
      cached: false,
    })
    await expect(client.callTool('slow', { a: 1, ms: 1 })).resolves.toMatchObject({
      value: 'late',
      cached: true,
    })
    await expect(client.callTool('slow', { ms: 2 })).resolves.toMatchObject({ cached: false })
    await expect(client.callTool('echo', { text: 'never kept' })).resolves.toMatchObject({ cached: false })
    now += 60_001
    await expect(client.callTool('slow', { ms: 1, a: 1 })).resolves.toMatchObject({ cached: false })
  })

  it('lie in the engine’s file when there is one, and leave it the engine’s', async () => {
    const root = temporaryRoot()
    const file = join(root, '.rgen', 'engine.db')
    openDatabase(file).database.close()
    const store = await openSqliteStore(root, file)
    await store.set('k', 'v', 1_000)
    await expect(store.get('k')).resolves.toBe('v')
    await store.close()
    expect(existsSync(join(root, '.rgen', 'tools.db'))).toBe(false)
    removeTemporary(root)
  })

  it('lie in Redis when the configuration names one', async () => {
    const redis = await fakeRedis()
    const store = await openRedisStore(redis.url)
    await expect(store.get('k')).resolves.toBeUndefined()
    await store.set('k', '{"a":1}', 5_000)
    expect(redis.values.get('rgen:tool:k')).toEqual({ value: '{"a":1}', ttlMs: 5_000 })
    await expect(store.get('k')).resolves.toBe('{"a":1}')
    await store.close()
    await redis.close()
  })

  it('a cache that cannot be reached costs a warning, not the call', async () => {
    const redis = await fakeRedis()
    await redis.close()
    await using project = testProject([{ name: 'kept', faulty: 'well', cache: { echo: 60 } }], {
      openCache: () => openRedisStore(redis.url),
    })
    await expect(project.servers.client('kept').call('echo', { text: 'still' })).resolves.toBe('still')
    expect(project.log.map(({ message }) => message)).toContain('The cache of tool results does not work.')
  })
})
