import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const jest = fileURLToPath(new URL('../../../node_modules/jest/bin/jest.js', import.meta.url))
const dist = fileURLToPath(new URL('../dist/jest-transform.js', import.meta.url))

/** A project as `pnpm create rgen` makes it, as far as jest is concerned; tests are given as files. */
const config = `export default {
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\\\.ts$': ${JSON.stringify(dist)} },
}
`

describe('jest-transform', () => {
  let root: string
  beforeAll(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'rgen-jest-')))
    writeFileSync(join(root, 'package.json'), '{ "type": "module" }')
    writeFileSync(join(root, 'jest.config.js'), config)
  })
  afterAll(() => rmSync(root, { recursive: true }))

  function run(test: string) {
    writeFileSync(join(root, 'a.test.ts'), test)
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--experimental-vm-modules', jest, '--ci', '--cacheDirectory', join(root, '.cache')],
      { cwd: root, encoding: 'utf8' },
    )
    return { status, output: stderr }
  }

  it('runs TypeScript as native ES modules: types go, top-level await and import.meta stay', () => {
    writeFileSync(
      join(root, 'shape.ts'),
      'export interface Shape { side: number }\nexport const one: Shape = { side: 1 }\n',
    )
    const result = run(`
      import { Shape, one } from './shape.ts'
      const loaded: Shape = await Promise.resolve(one satisfies Shape)
      test('works', () => {
        expect(loaded.side).toBe(1)
        expect(import.meta.url).toBe(${JSON.stringify(pathToFileURL(join(root, 'a.test.ts')).href)})
      })
    `)
    expect(result.output).toContain('1 passed')
    expect(result.status).toBe(0)
  })

  it('points into the source when a test fails', () => {
    const result = run(
      'interface A {\n  b: string\n}\n\ntest("fails", () => {\n  throw new Error("no" as A["b"])\n})\n',
    )
    expect(result.output).toContain('a.test.ts:6:9')
    expect(result.status).toBe(1)
  })

  it('reports a syntax error with file and line', () => {
    const result = run('const a = 1\nconst = 2\n')
    expect(result.output).toContain('a.test.ts:2:6')
    expect(result.status).toBe(1)
  })
})
