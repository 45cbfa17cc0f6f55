import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, parse } from 'node:path'
import { parseEnv } from 'node:util'
import { CliError } from './cli-error.ts'
import type { Io } from './io.ts'

/** The project that a command works in. */
export interface Project {
  /** Its folder, absolute. */
  readonly root: string
  readonly manifest: Manifest
}

/** What we read of a package.json. */
export interface Manifest {
  readonly name?: string
  readonly type?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

/**
 * Finds the project at or above a folder: the nearest package.json that depends on `@rgen/runtime`.
 *
 * @throws {CliError} CLI_NO_PROJECT when there is none up to the root of the disk; CLI_INVALID_JSON when a
 * package.json on the way is not JSON.
 */
export function findProject(cwd: string): Project {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const manifest = readManifest(join(folder, 'package.json'))
    if (manifest && dependsOn(manifest, '@rgen/runtime')) return { root: folder, manifest }
    if (folder === parse(folder).root) break
  }
  throw new CliError('CLI_NO_PROJECT', `No rgen project in ${cwd} or above it`, {
    hint: 'Go to your project, or create one: `pnpm create rgen my-app` (or `npm create rgen my-app`).',
  })
}

export function dependsOn(manifest: Manifest, name: string): boolean {
  return (
    Object.hasOwn(manifest.dependencies ?? {}, name) || Object.hasOwn(manifest.devDependencies ?? {}, name)
  )
}

function readManifest(file: string): Manifest | undefined {
  if (!existsSync(file)) return undefined
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Manifest
  } catch (cause) {
    throw new CliError('CLI_INVALID_JSON', `${file} is not JSON: ${(cause as Error).message}`, {
      hint: 'Repair the file, then try again.',
      cause,
    })
  }
}

/**
 * The environment of a project's processes: its `.env` under what is set already, so that
 * `OPENAI_API_KEY=… rgen dev` has the last word.
 */
export function projectEnv(root: string, env: Io['env']): Record<string, string | undefined> {
  const file = join(root, '.env')
  return { ...(existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {}), ...env }
}
