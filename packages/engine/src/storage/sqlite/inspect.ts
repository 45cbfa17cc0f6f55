import { existsSync } from 'node:fs'
import { findSqlite, openDatabase } from './open.ts'

/** What `rgen doctor` says of the engine's file. */
export interface DatabaseReport {
  readonly driver: string
  readonly sqliteVersion: string
  /** False when nothing has run yet: then there is no file, and none is made. */
  readonly exists: boolean
  /** What SQLite's quick check found, one line each; empty when all is well. */
  readonly problems: readonly string[]
}

/**
 * Looks at the file of an engine without changing what is in it. Takes seconds on a large one.
 *
 * @throws {EngineError} ENGINE_DATABASE when the file is no database, ENGINE_DATABASE_LOCATION when it lies where
 *   SQLite is not safe.
 */
export function inspectDatabase(file: string): DatabaseReport {
  const { name, version } = findSqlite()
  const report = { driver: name, sqliteVersion: version }
  if (!existsSync(file)) return { ...report, exists: false, problems: [] }
  const { database } = openDatabase(file)
  try {
    const rows = database.prepare('PRAGMA quick_check(10)').all() as { quick_check: string }[]
    const findings = rows.map((row) => row.quick_check)
    return { ...report, exists: true, problems: findings.filter((finding) => finding !== 'ok') }
  } finally {
    database.close()
  }
}
