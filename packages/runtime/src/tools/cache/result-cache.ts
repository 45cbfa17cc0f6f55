import { createHash } from 'node:crypto'
import type { ToolCallResult } from '../client.ts'
import type { ToolLog } from '../ports.ts'
import { canonical, fingerprintOf } from '../tool-description.ts'
import type { ToolDescription } from '../tool-description.ts'

/** Where results are kept: texts under keys, each until its time is over. */
export interface CacheStore {
  get(key: string): Promise<string | undefined>
  set(key: string, value: string, ttlMs: number): Promise<void>
  close(): Promise<void>
}

/** Results of tools that the configuration says may be kept. A cache that fails is as good as none. */
export class ToolCache {
  readonly #store: CacheStore
  readonly #log: ToolLog

  constructor(store: CacheStore, log: ToolLog) {
    this.#store = store
    this.#log = log
  }

  /** Another description or schema of the tool, or other arguments, are another key. */
  key(server: string, tool: ToolDescription, args: Readonly<Record<string, unknown>>): string {
    const what = canonical([server, fingerprintOf(tool as Parameters<typeof fingerprintOf>[0]), args])
    return createHash('sha256').update(what).digest('hex')
  }

  async get(key: string): Promise<ToolCallResult | undefined> {
    const text = await this.#try(() => this.#store.get(key))
    return text === undefined ? undefined : (JSON.parse(text) as ToolCallResult)
  }

  async set(key: string, result: ToolCallResult, ttlMs: number): Promise<void> {
    await this.#try(() => this.#store.set(key, JSON.stringify(result), ttlMs))
  }

  async close(): Promise<void> {
    await this.#try(() => this.#store.close())
  }

  async #try<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (error) {
      this.#log.log('warn', 'The cache of tool results does not work.', { error: String(error) })
      return undefined
    }
  }
}
