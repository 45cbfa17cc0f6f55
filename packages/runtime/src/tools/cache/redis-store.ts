import { ToolError } from '../errors.ts'
import type { CacheStore } from './result-cache.ts'

const prefix = 'rgen:tool:'
const connectTimeoutMs = 2_000

/**
 * Results in Redis, shared by all machines of a project. Needs the package `@redis/client`, which a project installs
 * when it wants this.
 *
 * @throws {ToolError} `TOOL_CONFIG` when the package is missing; the client's error when Redis cannot be reached.
 */
export async function openRedisStore(url: string): Promise<CacheStore> {
  const { createClient } = await import('@redis/client').catch((cause: unknown) => {
    throw new ToolError('TOOL_CONFIG', 'cache.url is a Redis, and @redis/client is not installed.', {
      hint: 'npm install @redis/client',
      cause,
    })
  })
  const client = createClient({
    url,
    disableOfflineQueue: true,
    socket: {
      connectTimeout: connectTimeoutMs,
      reconnectStrategy: (tries) => Math.min(5_000, 100 * 2 ** tries),
    },
  })
  // Without a listener an outage would end the process; the calls themselves report it.
  client.on('error', () => undefined)
  await Promise.race([
    client.connect(),
    new Promise((_, reject) => {
      setTimeout(() => reject(new Error('Redis does not answer.')), connectTimeoutMs).unref()
    }),
  ]).catch((error: unknown) => {
    client.destroy()
    throw error
  })
  return {
    get: async (key) => (await client.get(prefix + key)) ?? undefined,
    set: async (key, value, ttlMs) => {
      await client.set(prefix + key, value, { expiration: { type: 'PX', value: ttlMs } })
    },
    close: async () => {
      client.destroy()
    },
  }
}
