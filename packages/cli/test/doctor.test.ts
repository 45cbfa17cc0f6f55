import { execFileSync, spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import type { Check } from '@rgen/runtime'
import { projectWith, rgen, writeInto } from './rgen.fixture.ts'

/** The findings that are not in order, as `name: detail`. */
async function findings(
  root: string,
  status: Check['status'],
): Promise<{ code: number | null; found: readonly Check[] }> {
  const { code, out } = await rgen(['doctor', '--json'], root)
  const { checks } = JSON.parse(out) as { checks: readonly Check[] }
  return { code, found: checks.filter((check) => check.status === status) }
}

const sample = (files: Readonly<Record<string, string>> = {}) =>
  projectWith({
    'src/functions/index.ts': 'export { greet } from "./greet.ts";\n',
    'src/functions/greet.ts': 'export async function greet() {}\n',
    '.gitignore': 'node_modules\n.env\n.rgen\n',
    ...files,
  })

/** A machine with Node and npm alone has none, and the tests run there too. */
const hasGit = spawnSync('git', ['--version']).status === 0
const commitAll = [
  ['init', '-q'],
  ['add', '-A'],
  ['-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-qm', 'a'],
]

describe('rgen doctor', () => {
  it('finds a fresh project in order, and says so', async () => {
    const root = sample({ '.env': 'KEY=1\n' })
    for (const args of hasGit ? commitAll : []) execFileSync('git', args, { cwd: root })
    const { code, out, err } = await rgen(['doctor'], root)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain('✓ src/functions/index.ts  greet')
    expect(out).toContain(hasGit ? '✓ Git  everything is committed' : '! Git  git is not installed')
    expect(out).toMatch(/✓ \.rgen\/engine\.db {2}not there yet.*SQLite \d+\.\d+\.\d+/)
    expect(out).toContain(hasGit ? '✓ Everything is in order.' : '✓ In order, with 1 warning.')
  })

  it('gives every failure its fix', async () => {
    const root = sample({ 'config/settings.yaml': 'retry:\n  max_atempts: 3\n' })
    const { code, found } = await findings(root, 'fail')
    expect(code).toBe(1)
    expect(found).toEqual([
      expect.objectContaining({
        area: 'Configuration',
        name: 'config/settings.yaml:2:3',
        fix: expect.stringContaining('max_attempts'),
      }),
    ])
  })

  it('places a mistake of YAML syntax', async () => {
    const { found } = await findings(sample({ 'config/tools.yaml': 'servers: [\n' }), 'fail')
    expect(found[0]?.name).toMatch(/^config\/tools\.yaml:\d+:\d+$/)
  })

  it('finds an index that names a missing file, and a file that no index names', async () => {
    const root = sample({
      'src/agents/index.ts': 'export { researchAgent } from "./research.ts";\n',
      'src/functions/forgotten.ts': 'export async function forgotten() {}\n',
    })
    const failed = await findings(root, 'fail')
    expect(failed.found).toEqual([
      expect.objectContaining({
        name: 'src/agents/index.ts',
        detail: 'exports from ./research.ts, which does not exist',
      }),
    ])
    const warned = await findings(root, 'warn')
    expect(warned.found.map(({ detail }) => detail)).toContain(
      'does not export anything of ./forgotten.ts, so the service does not know it',
    )
  })

  it('finds a file that cannot be imported, with its place', async () => {
    const root = sample({ 'src/functions/greet.ts': 'export const greet = = 1;\n' })
    const { found } = await findings(root, 'fail')
    expect(found).toEqual([
      expect.objectContaining({
        name: 'src/functions/index.ts',
        detail: 'cannot be imported: Unexpected "=" at src/functions/greet.ts:1:22',
        fix: 'Repair src/functions/greet.ts.',
      }),
    ])
  })

  it('finds packages that are not installed or of another version', async () => {
    const manifest = {
      name: 'sample',
      type: 'module',
      dependencies: { '@rgen/runtime': '^99.0.0', zod: '^4.0.0' },
    }
    const root = sample({ 'package.json': JSON.stringify(manifest) })
    const { found } = await findings(root, 'fail')
    expect(found.map(({ name, detail }) => `${name}: ${detail}`)).toEqual([
      'Not installed: zod',
      expect.stringMatching(/^@rgen\/runtime: .* is installed, package\.json wants \^99\.0\.0$/),
    ])
  })

  it('finds a database file that is none', async () => {
    const root = sample({ '.rgen/engine.db': 'This is a letter, and no database at all. '.repeat(40) })
    const { code, found } = await findings(root, 'fail')
    expect(code).toBe(1)
    expect(found).toEqual([
      expect.objectContaining({ area: 'Engine', detail: expect.stringContaining('not a database') }),
    ])
  })

  it('warns of an .env that git would take', async () => {
    const root = sample({ '.env': 'KEY=1\n', '.gitignore': 'node_modules\n' })
    const { code, found } = await findings(root, 'warn')
    expect(code).toBe(0)
    expect(found.map(({ name }) => name)).toContain('.env')
  })

  it('never shows the value of a secret', async () => {
    const root = sample({
      'config/settings.yaml': 'log:\n  level: ${SECRET_LEVEL}\n',
      '.env': 'SECRET_LEVEL=hunter2\n',
    })
    const { out } = await rgen(['doctor'], root)
    expect(out).toContain('config/settings.yaml')
    expect(out).not.toContain('hunter2')
    rmSync(root, { recursive: true })
    writeInto(root, 'package.json', '{"name": ')
    const broken = await rgen(['doctor'], root)
    expect(broken).toMatchObject({ code: 1, err: expect.stringContaining('CLI_INVALID_JSON') })
  })
})
