import { mkdirSync, statfsSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, resolve } from 'node:path'
import { EngineError } from '../../errors.ts'

/** A value that SQLite takes or gives. */
export type SqlValue = string | number | bigint | null | Uint8Array

/** The part of `node:sqlite`'s StatementSync that the engine uses. */
export interface Statement {
  run(...values: SqlValue[]): { changes: number | bigint; lastInsertRowid: number | bigint }
  get(...values: SqlValue[]): unknown
  all(...values: SqlValue[]): unknown[]
}

/** The part of `node:sqlite`'s DatabaseSync that the engine uses. */
export interface Database {
  exec(sql: string): void
  prepare(sql: string): Statement
  close(): void
}

interface SqliteModule {
  readonly DatabaseSync: new (path: string) => Database
}

/** Which SQLite runs, and from where. */
export interface SqliteDriver {
  readonly name: 'node:sqlite' | '@photostructure/sqlite'
  readonly version: string
  readonly module: SqliteModule
}

/** Below it, two connections that write and checkpoint at once can corrupt a WAL database. */
const safeVersion = [3, 51, 3] as const

/** `node:sqlite` where it is present and safe, else the binaries that come with `@photostructure/sqlite`. */
export function findSqlite(): SqliteDriver {
  const builtin = loadBuiltin()
  if (builtin !== undefined && isSafe(builtin.version)) return builtin
  const require = createRequire(import.meta.url)
  const module = require('@photostructure/sqlite') as SqliteModule
  return { name: '@photostructure/sqlite', version: versionOf(module), module }
}

/** Node 20.16 and later; older ones have no node:sqlite either. */
interface BuiltinHost {
  getBuiltinModule?(id: string): unknown
}

function loadBuiltin(): SqliteDriver | undefined {
  const host = process as unknown as BuiltinHost
  const module = withoutSqliteWarning(
    () => host.getBuiltinModule?.('node:sqlite') as SqliteModule | undefined,
  )
  return module === undefined ? undefined : { name: 'node:sqlite', version: versionOf(module), module }
}

/** Some Node versions announce node:sqlite as experimental; that one warning says nothing a user can act on. */
function withoutSqliteWarning<T>(load: () => T): T {
  const original = Object.getOwnPropertyDescriptor(process, 'emitWarning')
  const emit = process.emitWarning.bind(process) as (...values: unknown[]) => void
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    const text = typeof warning === 'string' ? warning : warning.message
    if (!text.includes('SQLite is an experimental feature')) emit(warning, ...rest)
  }
  try {
    return load()
  } finally {
    if (original !== undefined) Object.defineProperty(process, 'emitWarning', original)
  }
}

function versionOf({ DatabaseSync }: SqliteModule): string {
  const database = new DatabaseSync(':memory:')
  const { version } = database.prepare('SELECT sqlite_version() AS version').get() as { version: string }
  database.close()
  return version
}

function isSafe(version: string): boolean {
  const parts = version.split('.').map(Number)
  for (const [index, least] of safeVersion.entries()) {
    const part = parts[index] ?? 0
    if (part !== least) return part > least
  }
  return true
}

/** Magic numbers of file systems that cannot share memory or locks between hosts: NFS, SMB, CIFS, 9P. */
const networkFileSystems: ReadonlySet<number> = new Set([0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x01021997])

/** A database that is open, and its file. */
export interface OpenDatabase {
  readonly database: Database
  readonly driver: SqliteDriver
  /** Real path, or `:memory:`. */
  readonly file: string
}

/**
 * Opens (or creates) a database with the settings that durability rests on: WAL, `synchronous=FULL` read back,
 * `busy_timeout`.
 *
 * @throws {EngineError} ENGINE_DATABASE when the file cannot be opened or is not a database,
 *   ENGINE_DATABASE_LOCATION when it lies on a network file system.
 */
export function openDatabase(path: string, driver: SqliteDriver = findSqlite()): OpenDatabase {
  const inMemory = path === ':memory:'
  const file = inMemory ? path : resolve(path)
  if (!inMemory) {
    try {
      mkdirSync(dirname(file), { recursive: true })
    } catch (cause) {
      throw unusable(file, cause)
    }
    refuseNetwork(file)
  }
  let database: Database | undefined
  try {
    database = new driver.module.DatabaseSync(file)
    configure(database, inMemory)
    return { database, driver, file: inMemory ? file : realpathSync(file) }
  } catch (cause) {
    database?.close()
    throw cause instanceof EngineError ? cause : unusable(file, cause)
  }
}

function unusable(file: string, cause: unknown): EngineError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const foreign = /not a database|malformed/i.test(reason)
  return new EngineError('ENGINE_DATABASE', `${file} cannot be used as the engine's database: ${reason}`, {
    hint: foreign
      ? 'Move that file away, or name another one (RGEN_DATABASE, or the option "database").'
      : 'Check that the folder exists and may be written, and that the disk is not full.',
    cause,
  })
}

/** @throws {EngineError} ENGINE_DATABASE_LOCATION when the folder of `file` lies on a network file system. */
export function refuseNetwork(file: string, typeOf = (folder: string) => statfsSync(folder).type): void {
  let type: number
  try {
    type = typeOf(dirname(file))
  } catch {
    return
  }
  if (!networkFileSystems.has(type >>> 0)) return
  throw new EngineError('ENGINE_DATABASE_LOCATION', `${file} lies on a network file system`, {
    hint: 'SQLite needs a local disk: put the database on one.',
  })
}

function configure(database: Database, inMemory: boolean): void {
  database.exec('PRAGMA busy_timeout = 5000')
  if (!inMemory) {
    const { journal_mode: mode } = database.prepare('PRAGMA journal_mode = WAL').get() as {
      journal_mode: string
    }
    if (mode !== 'wal') {
      throw new EngineError(
        'ENGINE_DATABASE_LOCATION',
        `SQLite cannot use a write-ahead log here (${mode})`,
        {
          hint: 'Put the database on a local disk that supports shared memory.',
        },
      )
    }
  }
  database.exec('PRAGMA synchronous = FULL')
  database.exec('PRAGMA foreign_keys = OFF')
  database.exec('PRAGMA temp_store = MEMORY')
}

/** A build's default for WAL can lower `synchronous` silently after the first write: read it back then. */
export function assertSynchronous(database: Database): void {
  const { synchronous } = database.prepare('PRAGMA synchronous').get() as { synchronous: number }
  if (synchronous >= 2) return
  throw new EngineError(
    'ENGINE_DATABASE',
    `SQLite lowered synchronous to ${synchronous}: commits would not be durable`,
  )
}
