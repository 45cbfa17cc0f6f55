// The limit: the rows that our runs left, inserted through the same driver into a file with the same settings and the
// same schema, in transactions of 512 rows. node raw.js <folder of the engine's file> <scratch folder>
import { join } from 'node:path'

const dist = new URL('../../packages/engine/dist/storage/sqlite/', import.meta.url)
const { openDatabase } = await import(new URL('open.js', dist).href)
const { prepareSchema } = await import(new URL('schema.js', dist).href)

const [, , folder, scratch] = process.argv
const { database: source, driver } = openDatabase(join(folder, 'engine.db'))
const { database: target, file } = openDatabase(join(scratch, 'raw.db'))
prepareSchema(target, file)

const quoted = (name) => `"${name}"`
const tables = source
  .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
  .all()
  .map(({ name }) => ({ name, rows: source.prepare(`SELECT * FROM ${quoted(name)}`).all() }))
  .filter(({ rows }) => rows.length > 0)
const work = tables.flatMap(({ name, rows }) => {
  const columns = Object.keys(rows[0])
  const values = columns.map(() => '?').join(', ')
  const insert = target.prepare(
    `INSERT OR REPLACE INTO ${quoted(name)} (${columns.map(quoted).join(', ')}) VALUES (${values})`,
  )
  return rows.map((row) => () => insert.run(...columns.map((column) => row[column])))
})
const steps = source.prepare("SELECT count(*) AS steps FROM history WHERE type = 'StepCompleted'").get().steps

const startedAt = performance.now()
for (let at = 0; at < work.length; at += 512) {
  target.exec('BEGIN IMMEDIATE')
  for (const insert of work.slice(at, at + 512)) insert()
  target.exec('COMMIT')
}
const seconds = (performance.now() - startedAt) / 1000

target.exec('CREATE TABLE one (value INTEGER)')
const one = target.prepare('INSERT INTO one VALUES (?)')
const commits = []
for (let index = 0; index < 500; index += 1) {
  const before = performance.now()
  one.run(index)
  commits.push(performance.now() - before)
}
process.send({
  driver: driver.name ?? driver,
  rows: work.length,
  steps,
  seconds,
  commitMs: commits.toSorted((a, b) => a - b)[250],
})
process.disconnect()
