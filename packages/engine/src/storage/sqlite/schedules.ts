import type { QueryRow, QueryStore, ScheduleRow, ScheduleStore } from '../port.ts'
import type { Database, Statement } from './open.ts'

/** Schedules in SQLite. */
export class SqliteSchedules implements ScheduleStore {
  readonly #add: Statement
  readonly #get: Statement
  readonly #all: Statement
  readonly #due: Statement
  readonly #nextAt: Statement
  readonly #edit: Statement
  readonly #pause: Statement
  readonly #ran: Statement
  readonly #remove: Statement

  constructor(database: Database) {
    const prepare = (sql: string): Statement => database.prepare(sql)
    const columns = `id, spec, target, paused, note, created_at AS createdAt, next_at AS nextAt, last_at AS lastAt,
      last_id AS lastId, last_run_id AS lastRunId`
    this.#add = prepare(
      'INSERT OR IGNORE INTO schedule (id, spec, target, created_at, next_at) VALUES (?, ?, ?, ?, ?)',
    )
    this.#get = prepare(`SELECT ${columns} FROM schedule WHERE id = ?`)
    this.#all = prepare(`SELECT ${columns} FROM schedule ORDER BY id`)
    this.#due = prepare(`SELECT ${columns} FROM schedule WHERE paused = 0 AND next_at <= ? ORDER BY next_at`)
    this.#nextAt = prepare('SELECT min(next_at) AS at FROM schedule WHERE paused = 0')
    this.#edit = prepare('UPDATE schedule SET spec = ?, next_at = ? WHERE id = ?')
    this.#pause = prepare('UPDATE schedule SET paused = ?, note = ?, next_at = ? WHERE id = ?')
    this.#ran = prepare(`UPDATE schedule SET last_at = ?, last_id = coalesce(?, last_id),
      last_run_id = coalesce(?, last_run_id), next_at = ? WHERE id = ?`)
    this.#remove = prepare('DELETE FROM schedule WHERE id = ?')
  }

  add(schedule: Pick<ScheduleRow, 'id' | 'spec' | 'target' | 'createdAt' | 'nextAt'>): boolean {
    const { id, spec, target, createdAt, nextAt } = schedule
    return Number(this.#add.run(id, spec, target, createdAt, nextAt).changes) === 1
  }

  get(id: string): ScheduleRow | undefined {
    return this.#get.get(id) as ScheduleRow | undefined
  }

  all(): readonly ScheduleRow[] {
    return this.#all.all() as ScheduleRow[]
  }

  due(now: number): readonly ScheduleRow[] {
    return this.#due.all(now) as ScheduleRow[]
  }

  nextAt(): number | null {
    return (this.#nextAt.get() as { at: number | null }).at
  }

  edit(id: string, spec: string, nextAt: number | null): void {
    this.#edit.run(spec, nextAt, id)
  }

  pause(id: string, paused: boolean, note: string | null, nextAt: number | null): void {
    this.#pause.run(paused ? 1 : 0, note, nextAt, id)
  }

  ran(
    id: string,
    at: number,
    run: { readonly id: string; readonly runId: string } | undefined,
    nextAt: number | null,
  ): void {
    this.#ran.run(at, run?.id ?? null, run?.runId ?? null, nextAt, id)
  }

  remove(id: string): boolean {
    return Number(this.#remove.run(id).changes) === 1
  }
}

/** States that other processes ask for, in SQLite. */
export class SqliteQueries implements QueryStore {
  readonly #ask: Statement
  readonly #get: Statement
  readonly #asked: Statement
  readonly #answer: Statement
  readonly #remove: Statement

  constructor(database: Database) {
    const columns = 'query_id AS queryId, query.run_key AS runKey, query.name, query.state, query.data'
    this.#ask = database.prepare('INSERT INTO query (query_id, run_key, name) VALUES (?, ?, ?)')
    this.#get = database.prepare(`SELECT ${columns} FROM query WHERE query_id = ?`)
    this.#asked = database.prepare(`SELECT ${columns} FROM query CROSS JOIN run ON run.key = query.run_key
      WHERE query.state = 'asked' AND +run.type IN (SELECT value FROM json_each(?))`)
    this.#answer = database.prepare('UPDATE query SET state = ?, data = ? WHERE query_id = ?')
    this.#remove = database.prepare('DELETE FROM query WHERE query_id = ?')
  }

  ask(queryId: string, runKey: number, name: string): void {
    this.#ask.run(queryId, runKey, name)
  }

  get(queryId: string): QueryRow | undefined {
    return this.#get.get(queryId) as QueryRow | undefined
  }

  asked(types: string): readonly QueryRow[] {
    return this.#asked.all(types) as QueryRow[]
  }

  answer(queryId: string, state: 'answered' | 'failed', data: string | null): void {
    this.#answer.run(state, data, queryId)
  }

  remove(queryId: string): void {
    this.#remove.run(queryId)
  }
}
