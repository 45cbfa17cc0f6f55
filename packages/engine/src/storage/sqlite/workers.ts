import type { RegistrationRow, WorkerRow, WorkerStore } from '../port.ts'
import type { Database, Statement } from './open.ts'

/** Processes that run agents and functions, in SQLite. */
export class SqliteWorkers implements WorkerStore {
  readonly #add: Statement
  readonly #beat: Statement
  readonly #exists: Statement
  readonly #all: Statement
  readonly #freeRuns: Statement
  readonly #freeTasks: Statement
  readonly #forgetServing: Statement
  readonly #forget: Statement
  readonly #register: Statement
  readonly #serve: Statement
  readonly #registrations: Statement

  constructor(database: Database) {
    const prepare = (sql: string): Statement => database.prepare(sql)
    this.#add = prepare('INSERT INTO worker (pid, host, birth) VALUES (?, ?, ?)')
    this.#beat = prepare('UPDATE worker SET beat = beat + 1 WHERE key = ?')
    this.#exists = prepare('SELECT 1 FROM worker WHERE key = ?')
    this.#all = prepare('SELECT key, pid, host, birth, beat FROM worker')
    this.#freeRuns = prepare('UPDATE run SET owner = NULL, fence = fence + 1 WHERE owner = ?')
    // An attempt that was under way may have had its effects: it counts.
    this.#freeTasks = prepare(
      `UPDATE task SET owner = NULL, attempt = attempt + 1, due = ?,
        failure = '{"name":"EngineError","code":"ENGINE_WORKER_LOST","message":"The process that ran the step ended"}'
        WHERE owner = ?`,
    )
    this.#forgetServing = prepare('DELETE FROM serving WHERE worker = ?')
    this.#forget = prepare('DELETE FROM worker WHERE key = ?')
    this.#register = prepare(`INSERT INTO registration (queue, kind, name, description, mcp, input_schema)
      VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET description = excluded.description, mcp = excluded.mcp,
      input_schema = excluded.input_schema`)
    this.#serve = prepare('INSERT OR IGNORE INTO serving (worker, queue, kind, name) VALUES (?, ?, ?, ?)')
    this.#registrations = prepare(`SELECT queue, kind, name, description, mcp, input_schema AS inputSchema,
      EXISTS (SELECT 1 FROM serving WHERE serving.queue = registration.queue AND serving.kind = registration.kind
        AND serving.name = registration.name) AS live
      FROM registration ORDER BY kind, name, queue`)
  }

  add({ pid, host, birth }: Omit<WorkerRow, 'key' | 'beat'>): number {
    return Number(this.#add.run(pid, host, birth).lastInsertRowid)
  }

  beat(key: number): boolean {
    return Number(this.#beat.run(key).changes) === 1
  }

  exists(key: number): boolean {
    return this.#exists.get(key) !== undefined
  }

  all(): readonly WorkerRow[] {
    return this.#all.all() as WorkerRow[]
  }

  bury(key: number, now: number): void {
    this.#freeRuns.run(key)
    this.#freeTasks.run(now, key)
    this.#forgetServing.run(key)
    this.#forget.run(key)
  }

  register(worker: number, row: Omit<RegistrationRow, 'live'>): void {
    this.#register.run(row.queue, row.kind, row.name, row.description, row.mcp, row.inputSchema)
    this.#serve.run(worker, row.queue, row.kind, row.name)
  }

  registrations(): readonly RegistrationRow[] {
    return this.#registrations.all() as RegistrationRow[]
  }
}
