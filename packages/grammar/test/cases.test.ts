import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from '@jest/globals'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'rgen-cases-'))

function cases(...args: string[]) {
  const script = join(root, 'scripts', 'cases.js')
  return spawnSync(process.execPath, [script, ...args], { cwd: folder, encoding: 'utf8' })
}

function caseFile(...given: object[]): string {
  const file = join(folder, `${given.length}-${Math.abs(hash(JSON.stringify(given)))}.json`)
  writeFileSync(file, JSON.stringify(given))
  return file
}

function hash(text: string): number {
  return [...Buffer.from(text)].reduce((sum, byte) => (sum * 31 + byte) | 0, 0)
}

describe('npm run cases -- grammar', () => {
  it('passes every case of the specification', () => {
    const { status, stdout } = cases('grammar', join(root, 'fixtures', 'grammar', 'cases.json'))
    expect([status, stdout]).toEqual([0, '150 passed, 0 failed\n'])
  })

  it.each([
    ['expect', { stage: 'parse', input: 'A →', expect: 'accept' }],
    ['shape', { stage: 'parse', input: 'A → B', expect: 'accept', shape: '(seq B A)' }],
    [
      'shape_stats.depth',
      { stage: 'parse', input: 'A → B', expect: 'accept', shape_stats: { root: 'seq', depth: 2 } },
    ],
    ['error_code', { stage: 'parse', input: 'A →', expect: 'reject', error_code: 'E_CHAR' }],
    ['error_at', { stage: 'parse', input: 'A →', expect: 'reject', error_at: 1 }],
    ['error_contains', { stage: 'parse', input: 'A →', expect: 'reject', error_contains: 'banana' }],
    [
      'kinds',
      {
        stage: 'validate',
        input: 'A',
        expect: 'accept',
        kinds: ['agent'],
        resources: [{ name: 'A', kind: 'function' }],
      },
    ],
    [
      'order',
      {
        stage: 'validate',
        input: 'A',
        expect: 'accept',
        order: [],
        resources: [{ name: 'A', kind: 'agent' }],
      },
    ],
    [
      'deps',
      {
        stage: 'validate',
        input: 'A',
        expect: 'accept',
        deps: { A: ['B'] },
        resources: [{ name: 'A', kind: 'agent' }],
      },
    ],
    [
      'metrics.depth',
      {
        stage: 'validate',
        input: 'A',
        expect: 'accept',
        metrics: { depth: 1 },
        resources: [{ name: 'A', kind: 'agent' }],
      },
    ],
    [
      'warnings',
      {
        stage: 'validate',
        input: 'A',
        expect: 'accept',
        warnings: 1,
        resources: [{ name: 'A', kind: 'agent' }],
      },
    ],
    [
      'warnings_contain',
      {
        stage: 'validate',
        input: 'A',
        expect: 'accept',
        warnings_contain: ['loop'],
        resources: [{ name: 'A', kind: 'agent' }],
      },
    ],
    ['max_ms', { stage: 'parse', input: 'A', expect: 'accept', max_ms: -1 }],
  ])('compares %s, and lists what was expected and what came', (field, given) => {
    const { status, stdout } = cases(
      'grammar',
      caseFile({ id: 'wrong', ...given }, { id: 'right', stage: 'parse', input: 'A', expect: 'accept' }),
    )
    expect(status).toBe(1)
    expect(stdout).toMatch(
      new RegExp(`^✖ wrong\n    ${field.replace('.', '\\.')}\n      expected .*\n      actual   `),
    )
    expect(stdout).toMatch(/\n1 passed, 1 failed\n$/)
  })

  it('finds a file relative to where the caller stands', () => {
    const file = caseFile({ id: 'one', stage: 'parse', input: 'A', expect: 'accept' })
    expect(cases('grammar', file.slice(folder.length + 1)).stdout).toBe('1 passed, 0 failed\n')
  })

  it('says so when a case has a field that is not compared', () => {
    const file = caseFile({ id: 'one', stage: 'parse', input: 'A', expect: 'accept', colour: 'red' })
    expect(cases('grammar', file).stdout).toBe(
      'note: the field "colour" is not compared\n1 passed, 0 failed\n',
    )
  })

  it.each([
    [['grammar'], 'Usage'],
    [['nonsense', 'x.json'], 'There are no cases for "nonsense"'],
    [['grammar', 'missing.json'], 'there is no such file'],
  ])('refuses %j with one clear line', (args, message) => {
    const { status, stderr } = cases(...args)
    expect(status).toBe(2)
    expect(stderr).toContain(message)
  })

  it('refuses a file that is no JSON, or holds no cases', () => {
    const broken = join(folder, 'broken.json')
    writeFileSync(broken, '[{')
    expect(cases('grammar', broken).stderr).toContain('is not JSON')
    writeFileSync(broken, '"text"')
    expect(cases('grammar', broken).stderr).toContain('does not hold cases')
  })
})
