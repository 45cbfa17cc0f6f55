import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import semver from 'semver'
import type { Check } from '@rgen/runtime'
import type { Manifest, Project } from '../project.ts'

/** Ours share one version: a mix was never tested together. */
const ours = ['@rgen/runtime', '@rgen/cli', '@rgen/temporal']

/** Is everything installed that package.json names, in a version that it allows, and do our packages agree? */
export function checkPackages({ root, manifest }: Project): readonly Check[] {
  const wanted = { ...manifest.dependencies, ...manifest.devDependencies }
  const installed = Object.entries(wanted).map(([name, range]) => ({
    name,
    range,
    version: installedVersion(root, name),
  }))
  const missing = installed.filter(({ version }) => version === undefined).map(({ name }) => name)
  const wrong = installed.filter(isWrong)
  const own = installed.filter(({ name, version }) => ours.includes(name) && version !== undefined)
  const check = { area: 'Packages', status: 'fail' as const, fix: 'pnpm install (or npm install)' }
  return [
    ...(missing.length > 0 ? [{ ...check, name: 'Not installed', detail: missing.join(', ') }] : []),
    ...wrong.map(({ name, range, version = '' }) => ({
      ...check,
      name,
      detail: `${version} is installed, package.json wants ${range}`,
    })),
    ...(missing.length === 0 && wrong.length === 0
      ? [
          {
            area: 'Packages',
            name: 'Dependencies',
            status: 'ok' as const,
            detail: `${installed.length} installed, as package.json wants them`,
          },
        ]
      : []),
    ...agreement(own.map(({ name, version = '' }) => ({ name, version }))),
  ]
}

/** The version in node_modules, or undefined when it is not there. */
function installedVersion(root: string, name: string): string | undefined {
  const file = join(root, 'node_modules', ...name.split('/'), 'package.json')
  return existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as Manifest & { version: string }).version
    : undefined
}

function isWrong({
  range,
  version,
}: {
  readonly range: string
  readonly version: string | undefined
}): boolean {
  // `workspace:`, `file:`, `npm:` and git ranges are the package manager's to judge.
  if (version === undefined || semver.validRange(range) === null) return false
  return !semver.satisfies(version, range, { includePrerelease: true })
}

function agreement(own: readonly { readonly name: string; readonly version: string }[]): Check[] {
  const [first] = own
  if (first === undefined) return []
  const versions = [...new Set(own.map(({ version }) => version))]
  if (versions.length === 1)
    return [
      {
        area: 'Packages',
        name: 'rgen',
        status: 'ok',
        detail: `${first.version} (${own.map(({ name }) => name).join(', ')})`,
      },
    ]
  const newest = semver.rsort([...versions])[0] ?? first.version
  return [
    {
      area: 'Packages',
      name: 'rgen',
      status: 'fail',
      detail: `the packages are of different versions: ${own.map(({ name, version }) => `${name} ${version}`).join(', ')}`,
      fix: own.map(({ name }) => `pnpm add ${name === '@rgen/cli' ? '-D ' : ''}${name}@${newest}`).join('\n'),
    },
  ]
}
