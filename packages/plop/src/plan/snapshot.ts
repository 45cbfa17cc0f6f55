import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { GenerateError } from '../errors.ts'
import { toProjectPath, type ProjectPath } from './path.ts'
import type { FilePlan } from './plan.ts'

/** What planning sees of a project: the text of the files that generators write, read or extend. */
export interface ProjectSnapshot {
  readonly files: ReadonlyMap<ProjectPath, string>
}

/** The folders that generators look into. Everything else in a project is none of their business. */
const folders = ['config', 'src', 'tests', 'prompts', 'server', 'client', 'deploy']
const rootFiles = [
  'package.json',
  '.env.example',
  'kong.yaml',
  'prompts.lock',
  'tools.lock',
  'README.md',
  'Dockerfile',
  '.dockerignore',
  'docker-compose.yml',
  // By these a project tells its package manager.
  'pnpm-workspace.yaml',
  'pnpm-lock.yaml',
  'package-lock.json',
  '.yarnrc.yml',
  'yarn.lock',
  'bun.lock',
]

/** A snapshot from plain data, for tests and for planning a project that is not on disk yet. */
export function snapshotOf(files: Readonly<Record<string, string>> = {}): ProjectSnapshot {
  return { files: new Map(Object.entries(files).map(([path, text]) => [toProjectPath(path), text])) }
}

/**
 * Reads the project in a folder.
 *
 * @param root The project's folder: the one that holds its package.json.
 * @throws {GenerateError} `GEN_NOT_A_PROJECT` when there is no package.json that depends on `@rgen/runtime`.
 */
export async function readProject(root: string): Promise<ProjectSnapshot> {
  const files = new Map<ProjectPath, string>()
  for (const file of rootFiles) await readInto(files, root, file)
  if (!dependsOnRuntime(files.get(toProjectPath('package.json'))))
    throw new GenerateError('GEN_NOT_A_PROJECT', `${root} holds no rgen project.`, {
      hint: 'Run this in a project made by "pnpm create rgen", or make one first.',
    })
  for (const folder of folders) {
    const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true }).catch(
      () => [],
    )
    for (const entry of entries) {
      if (!entry.isFile() || entry.parentPath.includes('node_modules')) continue
      const path = join(entry.parentPath, entry.name).slice(root.length + 1)
      await readInto(files, root, path.replaceAll('\\', '/'))
    }
  }
  return { files }
}

/** The nearest folder at or above `from` that holds a project, or undefined. */
export async function findProjectRoot(from: string): Promise<string | undefined> {
  const text = await readFile(join(from, 'package.json'), 'utf8').catch(() => undefined)
  if (dependsOnRuntime(text)) return from
  return dirname(from) === from ? undefined : findProjectRoot(dirname(from))
}

/** The project as it would be after a plan: what the next planner of a sequence looks at. */
export function afterPlan(project: ProjectSnapshot, plan: FilePlan): ProjectSnapshot {
  const files = new Map(project.files)
  for (const change of plan.changes) {
    if (change.kind === 'create') files.set(change.path, change.content)
    else if (change.kind === 'update') files.set(change.path, change.after)
    else if (change.kind === 'conflict') files.set(change.path, change.planned)
  }
  return { files }
}

async function readInto(files: Map<ProjectPath, string>, root: string, path: string): Promise<void> {
  if (existsSync(join(root, path))) files.set(toProjectPath(path), await readFile(join(root, path), 'utf8'))
}

function dependsOnRuntime(manifest: string | undefined): boolean {
  if (manifest === undefined) return false
  try {
    const { dependencies } = JSON.parse(manifest) as { dependencies?: Record<string, string> }
    return dependencies !== undefined && Object.hasOwn(dependencies, '@rgen/runtime')
  } catch {
    // A package.json that does not parse cannot say that it is ours; the message above is the right one.
    return false
  }
}
