// Projects of this repository as their users have them: installed, on the packages of the workspace.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of the repository. */
export const root = fileURLToPath(new URL('../../..', import.meta.url))
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

/**
 * A folder with the files of `sources`, one upon the other, and with what its package.json names; the caller removes it.
 *
 * @param sources Folders, relative to the repository.
 * @param more Packages that are installed beside.
 */
export function installedProject(sources: readonly string[], more: readonly string[] = []): string {
  const project = realpathSync(mkdtempSync(join(tmpdir(), 'rgen-installed-')))
  for (const source of sources) {
    const filter = (path: string): boolean =>
      !/(^|[\\/])(node_modules|\.venv|\.rgen)([\\/]|$)/.test(path.slice(root.length))
    cpSync(join(root, source), project, { recursive: true, filter })
  }
  const { dependencies, devDependencies } = readManifest(project)
  for (const name of [...Object.keys({ ...dependencies, ...devDependencies }), ...more]) {
    const target = installed(name)
    if (target === undefined) continue
    const link = join(project, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(target, link, 'junction')
  }
  return project
}
