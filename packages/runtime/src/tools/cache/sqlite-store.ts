import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { openDatabase } from '@rgen/engine'
import type { CacheStore } from './result-cache.ts'

/** Rows beyond this are the oldest to go. */
const maxRows = 10_000

/**
 * Results in the project's SQLite file. A project whose runs are elsewhere (on Temporal) has no such file and gets one
 * for its tools: the engine takes a file that others began for a foreign one.
 *
 * @param file The engine's database.
 * @param now Milliseconds since 1970; entries outlive the process.
 */
export async function openSqliteStore(
  root: string,
  file: string,
  now: () => number = Date.now,
): Promise<CacheStore> {
  const { database } = openDatabase(existsSync(file) ? file : join(root, '.rgen', 'tools.db'))
  database.exec(
    'CREATE TABLE IF NOT EXISTS tool_cache (key TEXT PRIMARY KEY, value TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID',
  )
  const select = database.prepare('SELECT value FROM tool_cache WHERE key = ? AND expires_at > ?')
  const upsert = database.prepare(
    'INSERT INTO tool_cache (key, value, expires_at) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at',
  )
  const expire = database.prepare('DELETE FROM tool_cache WHERE expires_at <= ?')
  const trim = database.prepare(
    'DELETE FROM tool_cache WHERE key IN (SELECT key FROM tool_cache ORDER BY expires_at DESC LIMIT -1 OFFSET ?)',
  )
  let writes = 0
  return {
    async get(key) {
      const row = select.get(key, now()) as { value: string } | undefined
      return row?.value
    },
    async set(key, value, ttlMs) {
      upsert.run(key, value, now() + ttlMs)
      if (writes++ % 100 !== 0) return
      expire.run(now())
      trim.run(maxRows)
    },
    async close() {
      database.close()
    },
  }
}
