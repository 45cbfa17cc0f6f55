import type { Storage } from '../port.ts'
import { SqliteEvents, SqliteHistory, SqliteInbox } from './journal.ts'
import { assertSynchronous, openDatabase, type Database, type SqliteDriver, type Statement } from './open.ts'
import { SqliteRuns } from './runs.ts'
import { prepareSchema } from './schema.ts'
import { SqliteQueries, SqliteSchedules } from './schedules.ts'
import { SqliteTasks, SqliteTimers } from './tasks.ts'
import { SqliteWorkers } from './workers.ts'

/** The storage port on one SQLite file. */
export class SqliteStorage implements Storage {
  /** Real path of the file, or `:memory:`. */
  readonly file: string
  readonly driver: SqliteDriver
  readonly runs: SqliteRuns
  readonly history: SqliteHistory
  readonly inbox: SqliteInbox
  readonly events: SqliteEvents
  readonly tasks: SqliteTasks
  readonly timers: SqliteTimers
  readonly workers: SqliteWorkers
  readonly schedules: SqliteSchedules
  readonly queries: SqliteQueries
  readonly #database: Database
  readonly #begin: Statement
  readonly #commit: Statement
  readonly #version: Statement
  #inTransaction = false
  #verified = false

  /** @throws {EngineError} see {@link openDatabase} and {@link prepareSchema}. */
  constructor(path: string) {
    const { database, driver, file } = openDatabase(path)
    this.file = file
    this.driver = driver
    this.#database = database
    try {
      prepareSchema(database, file)
      this.#begin = database.prepare('BEGIN IMMEDIATE')
      this.#commit = database.prepare('COMMIT')
      this.#version = database.prepare('PRAGMA data_version')
      this.runs = new SqliteRuns(database)
      this.history = new SqliteHistory(database)
      this.inbox = new SqliteInbox(database)
      this.events = new SqliteEvents(database)
      this.tasks = new SqliteTasks(database)
      this.timers = new SqliteTimers(database)
      this.workers = new SqliteWorkers(database)
      this.schedules = new SqliteSchedules(database)
      this.queries = new SqliteQueries(database)
    } catch (error) {
      database.close()
      throw error
    }
  }

  transaction<T>(body: () => T): T {
    if (this.#inTransaction) return body()
    this.#begin.run()
    this.#inTransaction = true
    try {
      const result = body()
      this.#commit.run()
      this.#inTransaction = false
      this.#verifySynchronous()
      return result
    } catch (error) {
      this.#inTransaction = false
      this.#rollback()
      throw error
    }
  }

  version(): number {
    return (this.#version.get() as { data_version: number }).data_version
  }

  close(): void {
    this.#database.close()
  }

  /** SQLite may have rolled back by itself (disk full, I/O error): then there is nothing to roll back. */
  #rollback(): void {
    try {
      this.#database.exec('ROLLBACK')
    } catch {
      return
    }
  }

  #verifySynchronous(): void {
    if (this.#verified || this.file === ':memory:') return
    this.#verified = true
    assertSynchronous(this.#database)
  }
}
