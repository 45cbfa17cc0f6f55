import type { QueuedTaskRow, TaskRow, TaskStore, TimerStore } from '../port.ts'
import type { Database, Statement } from './open.ts'

const columns = `task.run_key AS runKey, task.n, task.seq, task.queue, task.name, task.attempt, task.owner, task.due,
  task.expires, task.scheduled_at AS scheduledAt, task.details, task.failure`

/** CROSS JOIN fixes the order in which SQLite looks: from the few steps that wait to their runs. */
const queued = `SELECT ${columns}, journal.data AS input, journal.meta AS settings, run.id, run.run_id AS runId, run.type
  FROM task CROSS JOIN journal ON journal.run_key = task.run_key AND journal.seq = task.seq
    CROSS JOIN run ON run.key = task.run_key
  WHERE task.owner IS NULL AND task.due <= ?1 AND task.name IN (SELECT value FROM json_each(?2))`

/** Steps on their way, in SQLite. */
export class SqliteTasks implements TaskStore {
  readonly #add: Statement
  readonly #get: Statement
  readonly #finish: Statement
  readonly #remove: Statement
  readonly #retry: Statement
  readonly #heartbeat: Statement
  readonly #queued: Statement
  readonly #queuedAnywhere: Statement
  readonly #claim: Statement
  readonly #expired: Statement
  readonly #ofRun: Statement
  readonly #clear: Statement
  readonly #nextAt: Statement

  constructor(database: Database) {
    const prepare = (sql: string): Statement => database.prepare(sql)
    this.#add =
      prepare(`INSERT INTO task (run_key, n, seq, queue, name, attempt, owner, due, expires, scheduled_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
    this.#get = prepare(`SELECT ${columns} FROM task WHERE run_key = ? AND n = ?`)
    this.#finish = prepare('DELETE FROM task WHERE run_key = ? AND n = ? AND owner = ? AND attempt = ?')
    this.#remove = prepare('DELETE FROM task WHERE run_key = ? AND n = ?')
    this.#retry = prepare(`UPDATE task SET attempt = ?, owner = ?, due = ?, expires = ?, failure = ?
      WHERE run_key = ? AND n = ?`)
    this.#heartbeat = prepare('UPDATE task SET details = ? WHERE run_key = ? AND n = ? AND owner = ?')
    this.#queued = prepare(`${queued} AND task.queue = ?4 ORDER BY task.due LIMIT ?3`)
    this.#queuedAnywhere = prepare(`${queued} ORDER BY task.due LIMIT ?3`)
    this.#claim = prepare('UPDATE task SET owner = ? WHERE run_key = ? AND n = ? AND owner IS NULL')
    this.#expired = prepare(`SELECT ${columns} FROM task WHERE owner IS NULL AND expires <= ? LIMIT ?`)
    this.#ofRun = prepare(`SELECT ${columns} FROM task WHERE run_key = ? ORDER BY n`)
    this.#clear = prepare('DELETE FROM task WHERE run_key = ?')
    this.#nextAt = prepare(`SELECT min(at) AS at FROM (
      SELECT min(due) AS at FROM task WHERE owner IS NULL AND due > ?1
      UNION ALL SELECT min(expires) FROM task WHERE owner IS NULL AND expires > ?1)`)
  }

  add(task: Omit<TaskRow, 'details' | 'failure'>): void {
    const { runKey, n, seq, queue, name, attempt, owner, due, expires, scheduledAt } = task
    this.#add.run(runKey, n, seq, queue, name, attempt, owner, due, expires, scheduledAt)
  }

  get(runKey: number, n: number): TaskRow | undefined {
    return this.#get.get(runKey, n) as TaskRow | undefined
  }

  finish(runKey: number, n: number, owner: number, attempt: number): boolean {
    return Number(this.#finish.run(runKey, n, owner, attempt).changes) === 1
  }

  remove(runKey: number, n: number): void {
    this.#remove.run(runKey, n)
  }

  retry(task: Pick<TaskRow, 'runKey' | 'n' | 'attempt' | 'owner' | 'due' | 'expires' | 'failure'>): void {
    const { runKey, n, attempt, owner, due, expires, failure } = task
    this.#retry.run(attempt, owner, due, expires, failure, runKey, n)
  }

  heartbeat(runKey: number, n: number, owner: number, details: string | null): void {
    this.#heartbeat.run(details, runKey, n, owner)
  }

  queued(queue: string | undefined, names: string, now: number, limit: number): readonly QueuedTaskRow[] {
    const rows =
      queue === undefined
        ? this.#queuedAnywhere.all(now, names, limit)
        : this.#queued.all(now, names, limit, queue)
    return rows as QueuedTaskRow[]
  }

  claim(runKey: number, n: number, owner: number): boolean {
    return Number(this.#claim.run(owner, runKey, n).changes) === 1
  }

  expired(now: number, limit: number): readonly TaskRow[] {
    return this.#expired.all(now, limit) as TaskRow[]
  }

  ofRun(runKey: number): readonly TaskRow[] {
    return this.#ofRun.all(runKey) as TaskRow[]
  }

  clear(runKey: number): void {
    this.#clear.run(runKey)
  }

  nextAt(now: number): number | null {
    return (this.#nextAt.get(now) as { at: number | null }).at
  }
}

/** Timers of runs, in SQLite. */
export class SqliteTimers implements TimerStore {
  readonly #add: Statement
  readonly #remove: Statement
  readonly #due: Statement
  readonly #ofRun: Statement
  readonly #clear: Statement
  readonly #nextAt: Statement

  constructor(database: Database) {
    this.#add = database.prepare('INSERT INTO timer (run_key, n, due) VALUES (?, ?, ?)')
    this.#remove = database.prepare('DELETE FROM timer WHERE run_key = ? AND n = ?')
    this.#due = database.prepare(`SELECT timer.run_key AS runKey, timer.n, timer.due
      FROM timer CROSS JOIN run ON run.key = timer.run_key
      WHERE timer.due <= ?3 AND (run.owner IS NULL OR run.owner = ?1) AND run.retry_at IS NULL
        AND +run.type IN (SELECT value FROM json_each(?2))
      ORDER BY timer.due, timer.run_key, timer.n LIMIT ?4`)
    this.#ofRun = database.prepare('SELECT n, due FROM timer WHERE run_key = ? ORDER BY due, n')
    this.#clear = database.prepare('DELETE FROM timer WHERE run_key = ?')
    this.#nextAt = database.prepare('SELECT min(due) AS at FROM timer WHERE due > ?')
  }

  add(runKey: number, n: number, due: number): void {
    this.#add.run(runKey, n, due)
  }

  remove(runKey: number, n: number): void {
    this.#remove.run(runKey, n)
  }

  due(
    owner: number,
    types: string,
    now: number,
    limit: number,
  ): readonly { runKey: number; n: number; due: number }[] {
    return this.#due.all(owner, types, now, limit) as { runKey: number; n: number; due: number }[]
  }

  ofRun(runKey: number): readonly { n: number; due: number }[] {
    return this.#ofRun.all(runKey) as { n: number; due: number }[]
  }

  clear(runKey: number): void {
    this.#clear.run(runKey)
  }

  nextAt(now: number): number | null {
    return (this.#nextAt.get(now) as { at: number | null }).at
  }
}
