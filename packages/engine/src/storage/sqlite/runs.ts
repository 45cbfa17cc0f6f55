import type { ListFilter, RunStatus } from '../../client/types.ts'
import type { NewRun, RunRow, RunStore } from '../port.ts'
import type { Database, SqlValue, Statement } from './open.ts'

const columns = `run.key, run.run_id AS runId, run.id, run.type, run.kind, run.queue, run.status, run.seed, run.memo,
  run.parent_key AS parentKey, run.parent_n AS parentN, run.parent_policy AS parentPolicy,
  run.first_run_id AS firstRunId, run.previous_run_id AS previousRunId, run.owner, run.fence, run.next_seq AS nextSeq,
  run.size, run.started_at AS startedAt, run.closed_at AS closedAt, run.result, run.retry_at AS retryAt, run.faults,
  run.fault`

/** Runs in SQLite. */
export class SqliteRuns implements RunStore {
  readonly #database: Database
  readonly #insert: Statement
  readonly #get: Statement
  readonly #byRunId: Statement
  readonly #latest: Statement
  readonly #open: Statement
  readonly #successor: Statement
  readonly #claim: Statement
  readonly #advance: Statement
  readonly #close: Statement
  readonly #suspend: Statement
  readonly #release: Statement
  readonly #openChildren: Statement
  readonly #orphan: Statement
  readonly #adopt: Statement
  readonly #withInbox: Statement
  readonly #retryDue: Statement
  readonly #nextRetryAt: Statement
  readonly #expired: Statement
  readonly #removals: readonly Statement[]

  constructor(database: Database) {
    this.#database = database
    const prepare = (sql: string): Statement => database.prepare(sql)
    this.#insert = prepare(`INSERT INTO run (run_id, id, type, kind, queue, seed, memo, parent_key, parent_n,
      parent_policy, first_run_id, previous_run_id, started_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
    this.#get = prepare(`SELECT ${columns} FROM run WHERE key = ?`)
    this.#byRunId = prepare(`SELECT ${columns} FROM run WHERE run_id = ?`)
    this.#latest = prepare(`SELECT ${columns} FROM run WHERE id = ? ORDER BY key DESC LIMIT 1`)
    this.#open = prepare(`SELECT ${columns} FROM run WHERE id = ? AND closed_at IS NULL`)
    this.#successor = prepare(`SELECT ${columns} FROM run WHERE previous_run_id = ?`)
    this.#claim = prepare(`UPDATE run SET owner = ?1, fence = fence + 1, status = 'running', retry_at = NULL
      WHERE key = ?2 AND closed_at IS NULL AND (owner IS NULL OR owner = ?1)`)
    this.#advance = prepare(`UPDATE run SET next_seq = ?, size = ?, faults = 0, fault = NULL
      WHERE key = ? AND fence = ? AND closed_at IS NULL`)
    this.#close =
      prepare(`UPDATE run SET status = ?, result = ?, closed_at = ?, owner = NULL, retry_at = NULL,
      fault = NULL, fence = fence + 1 WHERE key = ? AND closed_at IS NULL`)
    this.#suspend =
      prepare(`UPDATE run SET status = 'suspended', fault = ?, retry_at = ?, faults = faults + 1,
      owner = NULL, fence = fence + 1 WHERE key = ? AND fence = ? AND closed_at IS NULL`)
    this.#release = prepare('UPDATE run SET owner = NULL, fence = fence + 1 WHERE key = ? AND fence = ?')
    this.#openChildren = prepare(`SELECT ${columns} FROM run WHERE parent_key = ? AND closed_at IS NULL`)
    this.#orphan = prepare('UPDATE run SET parent_key = NULL WHERE parent_key = ? AND closed_at IS NULL')
    this.#adopt = prepare(
      'UPDATE run SET parent_key = ?, parent_n = NULL WHERE parent_key = ? AND closed_at IS NULL',
    )
    // CROSS JOIN and the plus signs fix the order in which SQLite looks: from the few rows that wait to their runs, and
    // never over all runs of a type.
    const claimable = `run.closed_at IS NULL AND (run.owner IS NULL OR run.owner = ?1)
      AND +run.type IN (SELECT value FROM json_each(?2)) AND (run.retry_at IS NULL OR run.retry_at <= ?3)`
    this.#withInbox =
      prepare(`SELECT run.key FROM (SELECT DISTINCT run_key FROM inbox WHERE run_key > ?4) AS waiting
      CROSS JOIN run ON run.key = waiting.run_key WHERE ${claimable} ORDER BY waiting.run_key LIMIT ?5`)
    this.#retryDue = prepare(
      `SELECT run.key FROM run INDEXED BY run_retry WHERE run.retry_at <= ?3 AND ${claimable} LIMIT ?4`,
    )
    this.#nextRetryAt = prepare('SELECT min(retry_at) AS at FROM run WHERE retry_at > ?')
    this.#expired = prepare('SELECT key FROM run WHERE closed_at <= ? ORDER BY closed_at LIMIT ?')
    this.#removals = [
      'DELETE FROM journal WHERE run_key = ?',
      'DELETE FROM inbox WHERE run_key = ?',
      'DELETE FROM event WHERE run_key = ?',
      'DELETE FROM task WHERE run_key = ?',
      'DELETE FROM timer WHERE run_key = ?',
      'DELETE FROM query WHERE run_key = ?',
      'DELETE FROM run WHERE key = ?',
    ].map(prepare)
  }

  insert(run: NewRun): number {
    const { lastInsertRowid } = this.#insert.run(
      run.runId,
      run.id,
      run.type,
      run.kind,
      run.queue,
      run.seed,
      run.memo,
      run.parentKey,
      run.parentN,
      run.parentPolicy,
      run.firstRunId,
      run.previousRunId,
      run.startedAt,
    )
    return Number(lastInsertRowid)
  }

  get(key: number): RunRow | undefined {
    return this.#get.get(key) as RunRow | undefined
  }

  byRunId(runId: string): RunRow | undefined {
    return this.#byRunId.get(runId) as RunRow | undefined
  }

  latest(id: string): RunRow | undefined {
    return this.#latest.get(id) as RunRow | undefined
  }

  open(id: string): RunRow | undefined {
    return this.#open.get(id) as RunRow | undefined
  }

  successor(runId: string): RunRow | undefined {
    return this.#successor.get(runId) as RunRow | undefined
  }

  claim(key: number, owner: number): boolean {
    return Number(this.#claim.run(owner, key).changes) === 1
  }

  advance(key: number, fence: number, nextSeq: number, size: number): boolean {
    return Number(this.#advance.run(nextSeq, size, key, fence).changes) === 1
  }

  close(key: number, status: RunStatus, result: string | null, at: number): boolean {
    return Number(this.#close.run(status, result, at, key).changes) === 1
  }

  suspend(key: number, fence: number, fault: string, retryAt: number): boolean {
    return Number(this.#suspend.run(fault, retryAt, key, fence).changes) === 1
  }

  release(key: number, fence: number): void {
    this.#release.run(key, fence)
  }

  openChildren(parentKey: number): readonly RunRow[] {
    return this.#openChildren.all(parentKey) as RunRow[]
  }

  orphan(parentKey: number): void {
    this.#orphan.run(parentKey)
  }

  adopt(parentKey: number, newParentKey: number): void {
    this.#adopt.run(newParentKey, parentKey)
  }

  list(filter: ListFilter): readonly RunRow[] {
    const { conditions, values } = conditionsOf(filter)
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
    const statement = this.#database.prepare(
      `SELECT ${columns} FROM run ${where} ORDER BY run.key DESC LIMIT ? OFFSET ?`,
    )
    return statement.all(...values, filter.limit ?? 100, filter.offset ?? 0) as RunRow[]
  }

  withInbox(owner: number, types: string, now: number, from: number, limit: number): readonly number[] {
    return keysOf(this.#withInbox.all(owner, types, now, from, limit))
  }

  retryDue(owner: number, types: string, now: number, limit: number): readonly number[] {
    return keysOf(this.#retryDue.all(owner, types, now, limit))
  }

  nextRetryAt(now: number): number | null {
    return (this.#nextRetryAt.get(now) as { at: number | null }).at
  }

  expired(before: number, limit: number): readonly number[] {
    return keysOf(this.#expired.all(before, limit))
  }

  remove(key: number): void {
    for (const statement of this.#removals) statement.run(key)
  }
}

function keysOf(rows: readonly unknown[]): readonly number[] {
  return (rows as readonly { key: number }[]).map(({ key }) => key)
}

function conditionsOf(filter: ListFilter): { conditions: readonly string[]; values: readonly SqlValue[] } {
  const given: readonly (readonly [string, SqlValue | undefined])[] = [
    ['run.type = ?', filter.type],
    ['run.status = ?', filter.status],
    ['run.kind = ?', filter.kind],
    ['run.id = ?', filter.id?.endsWith('*') === true ? undefined : filter.id],
    ['run.started_at >= ?', filter.startedAfter?.getTime()],
    ['run.started_at < ?', filter.startedBefore?.getTime()],
  ]
  const used = given.filter((entry): entry is readonly [string, SqlValue] => entry[1] !== undefined)
  const conditions = used.map(([sql]) => sql)
  const values = used.map(([, value]) => value)
  if (filter.id?.endsWith('*') !== true) return { conditions, values }
  // A range on the index instead of LIKE, whose wildcards could stand in the id itself.
  const beginning = filter.id.slice(0, -1)
  return {
    conditions: [...conditions, 'run.id >= ?', 'run.id < ?'],
    values: [...values, beginning, `${beginning}\u{10ffff}`],
  }
}
