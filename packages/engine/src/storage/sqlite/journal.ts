import type { HistoryRow } from '../../core/history.ts'
import type { EventRow, EventStore, HistoryStore, InboxRow, InboxStore, NewInbox } from '../port.ts'
import type { Database, Statement } from './open.ts'

/** Histories in SQLite. */
export class SqliteHistory implements HistoryStore {
  readonly #append: Statement
  readonly #read: Statement
  readonly #at: Statement

  constructor(database: Database) {
    this.#append = database.prepare(
      'INSERT INTO journal (run_key, seq, type, ts, n, name, data, meta) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    )
    const columns = 'seq, type, ts, n, name, data, meta'
    this.#read = database.prepare(`SELECT ${columns} FROM journal WHERE run_key = ? ORDER BY seq`)
    this.#at = database.prepare(`SELECT ${columns} FROM journal WHERE run_key = ? AND seq = ?`)
  }

  append(runKey: number, { seq, type, ts, n, name, data, meta }: HistoryRow): void {
    this.#append.run(runKey, seq, type, ts, n, name, data, meta)
  }

  read(runKey: number): readonly HistoryRow[] {
    return this.#read.all(runKey) as HistoryRow[]
  }

  at(runKey: number, seq: number): HistoryRow | undefined {
    return this.#at.get(runKey, seq) as HistoryRow | undefined
  }
}

/** What waits for runs, in SQLite. */
export class SqliteInbox implements InboxStore {
  readonly #add: Statement
  readonly #ofRun: Statement
  readonly #remove: Statement
  readonly #move: Statement
  readonly #clear: Statement

  constructor(database: Database) {
    this.#add = database.prepare(
      'INSERT INTO inbox (run_key, type, n, name, data, meta) VALUES (?, ?, ?, ?, ?, ?)',
    )
    this.#ofRun = database.prepare(
      'SELECT id, run_key AS runKey, type, n, name, data, meta FROM inbox WHERE run_key = ? ORDER BY id',
    )
    this.#remove = database.prepare('DELETE FROM inbox WHERE id = ?')
    this.#move = database.prepare('UPDATE inbox SET run_key = ? WHERE run_key = ?')
    this.#clear = database.prepare('DELETE FROM inbox WHERE run_key = ?')
  }

  add({ runKey, type, n, name, data, meta }: NewInbox): number {
    return Number(this.#add.run(runKey, type, n, name, data, meta).lastInsertRowid)
  }

  ofRun(runKey: number): readonly InboxRow[] {
    return this.#ofRun.all(runKey) as InboxRow[]
  }

  remove(id: number): void {
    this.#remove.run(id)
  }

  move(fromRunKey: number, toRunKey: number): void {
    this.#move.run(toRunKey, fromRunKey)
  }

  clear(runKey: number): void {
    this.#clear.run(runKey)
  }
}

/** Accepted events and their answers, in SQLite. */
export class SqliteEvents implements EventStore {
  readonly #accept: Statement
  readonly #get: Statement
  readonly #finish: Statement
  readonly #unfinished: Statement
  readonly #move: Statement

  constructor(database: Database) {
    const columns =
      'event_id AS eventId, run_key AS runKey, state, data, from_key AS fromKey, from_n AS fromN'
    this.#accept = database.prepare(
      'INSERT OR IGNORE INTO event (event_id, run_key, from_key, from_n) VALUES (?, ?, ?, ?)',
    )
    this.#get = database.prepare(`SELECT ${columns} FROM event WHERE event_id = ?`)
    this.#finish = database.prepare(
      `UPDATE event SET state = ?, data = ? WHERE event_id = ? AND state = 'accepted'`,
    )
    this.#unfinished = database.prepare(
      `SELECT ${columns} FROM event WHERE run_key = ? AND state = 'accepted'`,
    )
    this.#move = database.prepare('UPDATE event SET run_key = ? WHERE event_id = ?')
  }

  accept(eventId: string, runKey: number, fromKey: number | null, fromN: number | null): boolean {
    return Number(this.#accept.run(eventId, runKey, fromKey, fromN).changes) === 1
  }

  get(eventId: string): EventRow | undefined {
    return this.#get.get(eventId) as EventRow | undefined
  }

  finish(eventId: string, state: 'completed' | 'failed', data: string | null): void {
    this.#finish.run(state, data, eventId)
  }

  unfinished(runKey: number): readonly EventRow[] {
    return this.#unfinished.all(runKey) as EventRow[]
  }

  move(eventId: string, toRunKey: number): void {
    this.#move.run(toRunKey, eventId)
  }
}
