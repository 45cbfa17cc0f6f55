// The tests that generators write, run as they are on a real server: its address in the environment is all it takes.
import { afterAll, expect, it } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describeOnServer } from '../src/server.fixture.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const packages = readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name))

interface Manifest {
  readonly name: string
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}
const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest

/** Where the workspace has a package. */
function installed(name: string): string | undefined {
  const ours = packages.find((folder) => readManifest(folder).name === name)
  if (ours !== undefined) return ours
  return [root, ...packages]
    .map((folder) => join(folder, 'node_modules', name))
    .find((folder) => existsSync(folder))
}

/** What was generated, golden upon golden, with what its package.json names, and @rgen/temporal. */
function projectOf(goldens: readonly string[]): string {
  const project = realpathSync(mkdtempSync(join(tmpdir(), 'rgen-generated-')))
  for (const each of ['project/empty', ...goldens])
    cpSync(join(root, 'fixtures', each, 'expected'), project, { recursive: true })
  const { dependencies, devDependencies } = readManifest(project)
  for (const name of [...Object.keys({ ...dependencies, ...devDependencies }), '@rgen/temporal']) {
    const target = installed(name)
    if (target === undefined) continue
    const link = join(project, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(target, link, 'junction')
  }
  return project
}

await describeOnServer('generated tests on a real server', ({ address, stop }) => {
  const projects: string[] = []
  afterAll(async () => {
    for (const project of projects) rmSync(project, { recursive: true })
    await stop()
  })

  it.each([
    ['project/agent-with-tools', 'function/send-email', 'workflow/email-campaign'],
    ['project/pipeline'],
    ['agent/concierge'],
  ])(
    'pass: %s %s %s',
    (...goldens: readonly string[]) => {
      const project = projectOf(goldens)
      projects.push(project)
      const { status, stderr } = spawnSync(
        process.execPath,
        ['--experimental-vm-modules', join(root, 'node_modules/jest/bin/jest.js'), '--ci', '--maxWorkers=1'],
        { cwd: project, encoding: 'utf8', env: { ...process.env, TEMPORAL_ADDRESS: address } },
      )
      expect(stderr).toMatch(/^Tests: +\d+ passed, \d+ total$/m)
      expect(status).toBe(0)
    },
    240_000,
  )
})
