import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { inspectDatabase } from './inspect.ts'
import { openDatabase } from './open.ts'

const folder = mkdtempSync(join(tmpdir(), 'rgen-inspect-'))

describe('inspectDatabase', () => {
  it('finds nothing wrong with a database, and names driver and version', () => {
    const file = join(folder, 'good.db')
    const { database, driver } = openDatabase(file)
    database.exec('CREATE TABLE t (a)')
    database.close()
    expect(inspectDatabase(file)).toEqual({
      driver: driver.name,
      sqliteVersion: driver.version,
      exists: true,
      problems: [],
    })
  })

  it('makes no file where there is none', () => {
    const file = join(folder, 'none.db')
    expect(inspectDatabase(file)).toMatchObject({ exists: false, problems: [] })
    expect(existsSync(file)).toBe(false)
  })

  it('refuses a file that is no database', () => {
    const file = join(folder, 'text.db')
    writeFileSync(file, 'This is a letter, and no database at all. '.repeat(40))
    expect(() => inspectDatabase(file)).toThrow(expect.objectContaining({ code: 'ENGINE_DATABASE' }))
  })
})
