// The limit: what our runs wrote, written through the same driver into a file with the same settings and the same
// schema, in transactions of 512 writes. Twice: the rows that the runs left, inserted; and all that the engine writes
// for them on the way (a task comes and goes with each step, a run is updated with each event).
// node raw.js <folder of the engine's file> <scratch folder>
import { join } from 'node:path'

const dist = new URL('../../packages/engine/dist/storage/sqlite/', import.meta.url)
const { openDatabase } = await import(new URL('open.js', dist).href)
const { prepareSchema } = await import(new URL('schema.js', dist).href)

const [, , folder, scratch] = process.argv
const batch = 512
const { database: source, driver } = openDatabase(join(folder, 'engine.db'))
const tables = source
  .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
  .all()
  .map(({ name }) => ({ name, rows: source.prepare(`SELECT * FROM "${name}"`).all() }))
  .filter(({ rows }) => rows.length > 0)
const steps = source.prepare("SELECT count(*) AS steps FROM journal WHERE type = 'StepCompleted'").get().steps

const left = measure('left.db', (insert) =>
  tables.flatMap(({ name, rows }) => rows.map((row) => insert(name, row))),
)
const all = measure('all.db', (insert, prepare) => {
  const finish = prepare('DELETE FROM task WHERE run_key = ? AND n = ?')
  const advance = prepare('UPDATE run SET next_seq = ?, size = ? WHERE key = ?')
  const others = tables
    .filter(({ name }) => name !== 'journal')
    .flatMap(({ name, rows }) => rows.map((row) => insert(name, row)))
  const journal = tables.find(({ name }) => name === 'journal').rows
  return [...others, ...journal.flatMap((row) => [insert('journal', row), ...besides(row)])]

  function besides({ run_key, seq, type, ts, n, name }) {
    if (type === 'StepScheduled') {
      const task = {
        run_key,
        n,
        seq,
        queue: 'restack',
        name,
        attempt: 1,
        owner: 1,
        due: ts,
        expires: null,
        scheduled_at: ts,
      }
      return [insert('task', task)]
    }
    if (type === 'StepCompleted')
      return [() => finish.run(run_key, n), () => advance.run(seq, seq * 40, run_key)]
    return []
  }
})

process.send({ driver: driver.name, steps, left, all, commitMs: medianCommit() })
process.disconnect()

/** Does the writes that `list` makes of the two ways to write, and says how many there were and how long they took. */
function measure(name, list) {
  const { database, file } = openDatabase(join(scratch, name))
  prepareSchema(database, file)
  const inserts = new Map()
  const insert = (table, row) => {
    const columns = Object.keys(row)
    const key = `${table} ${columns.join()}`
    const statement = inserts.get(key) ?? database.prepare(insertInto(table, columns))
    inserts.set(key, statement)
    const values = columns.map((column) => row[column])
    return () => statement.run(...values)
  }
  const writes = list(insert, (sql) => database.prepare(sql))
  const startedAt = performance.now()
  for (let at = 0; at < writes.length; at += batch) {
    database.exec('BEGIN IMMEDIATE')
    for (const write of writes.slice(at, at + batch)) write()
    database.exec('COMMIT')
  }
  const seconds = (performance.now() - startedAt) / 1000
  database.close()
  return { writes: writes.length, seconds }
}

function insertInto(table, columns) {
  const quoted = columns.map((column) => `"${column}"`).join(', ')
  return `INSERT OR REPLACE INTO "${table}" (${quoted}) VALUES (${columns.map(() => '?').join(', ')})`
}

/** One row a transaction. */
function medianCommit() {
  const { database } = openDatabase(join(scratch, 'one.db'))
  database.exec('CREATE TABLE one (value INTEGER)')
  const one = database.prepare('INSERT INTO one VALUES (?)')
  const commits = Array.from({ length: 500 }, (_, index) => {
    const before = performance.now()
    one.run(index)
    return performance.now() - before
  })
  database.close()
  return commits.toSorted((a, b) => a - b)[250]
}
