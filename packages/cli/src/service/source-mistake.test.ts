import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { findMistake } from './source-mistake.ts'

const root = mkdtempSync(join(tmpdir(), 'rgen-mistake-'))
const file = join(root, 'name.ts')
writeFileSync(file, 'const a = = 1\n')

describe('findMistake', () => {
  it('finds a file that does not parse, with the column counted from 1', () => {
    const lines = [
      'Error [TransformError]: Transform failed with 1 error:',
      `${file}:1:10: ERROR: Unexpected "="`,
    ]
    expect(findMistake(lines, root)).toEqual({
      message: 'Unexpected "="',
      location: { name: 'name.ts', line: 1, column: 11, text: 'const a = = 1\n' },
    })
  })

  it("finds the first frame that is the user's own code", () => {
    const lines = [
      'TypeError: x is not a function',
      `    at helper (file://${root}/node_modules/lib/index.js:9:9)`,
      `    at main (file://${file}:1:7)`,
    ]
    expect(findMistake(lines, root)?.location).toMatchObject({ name: 'name.ts', line: 1, column: 7 })
  })

  it('finds what could not be linked, by the caret that Node draws', () => {
    const lines = [
      `${file}:1`,
      'import { b } from "./b.ts"',
      '         ^',
      '',
      "SyntaxError: no export named 'b'",
    ]
    expect(findMistake(lines, root)).toMatchObject({
      message: "SyntaxError: no export named 'b'",
      location: { line: 1, column: 10 },
    })
  })

  it('answers undefined when no line points into the project', () => {
    expect(findMistake(['Error: no', '    at node:internal/main:1:1'], root)).toBeUndefined()
  })
})
