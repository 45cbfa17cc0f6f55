import { toProjectPath } from '../plan/path.ts'
import type { ProjectSnapshot } from '../plan/snapshot.ts'
import { manifestOf } from './manifest.ts'

/** The package managers that a project can be made for. */
export type PackageManager = 'pnpm' | 'npm' | 'yarn' | 'bun'

/** What one types with a package manager. */
export interface PackageManagerCommands {
  readonly install: string
  /** Runs a script: `pnpm dev`. */
  readonly run: string
  /** Runs the rgen of the project: `pnpm rgen`. */
  readonly exec: string
  /** The lines of a CI job before the scripts. */
  readonly ciSetup: readonly string[]
  /** What an image needs to install the dependencies that run in production, exactly as locked. */
  readonly production: {
    readonly setup: readonly string[]
    readonly lockFile: string
    readonly install: string
  }
}

/** The commands of a package manager, as documentation and next steps show them. */
export function commandsOf(manager: PackageManager): PackageManagerCommands {
  switch (manager) {
    case 'pnpm':
      return {
        install: 'pnpm install',
        run: 'pnpm',
        exec: 'pnpm rgen',
        ciSetup: ['npm install --global pnpm@12', 'pnpm install --frozen-lockfile'],
        production: {
          setup: ['npm install --global pnpm@12'],
          lockFile: 'pnpm-lock.yaml',
          install: 'pnpm install --prod --frozen-lockfile',
        },
      }
    case 'npm':
      return {
        install: 'npm install',
        run: 'npm run',
        exec: 'npx rgen',
        ciSetup: ['npm ci'],
        production: { setup: [], lockFile: 'package-lock.json', install: 'npm ci --omit=dev' },
      }
    case 'yarn':
      return {
        install: 'yarn install',
        run: 'yarn',
        exec: 'yarn rgen',
        ciSetup: ['corepack enable', 'yarn install --immutable'],
        production: {
          setup: ['corepack enable'],
          lockFile: 'yarn.lock',
          install: 'yarn workspaces focus --production',
        },
      }
    case 'bun':
      return {
        install: 'bun install',
        run: 'bun run',
        exec: 'bun rgen',
        ciSetup: ['npm install --global bun', 'bun install --frozen-lockfile'],
        production: {
          setup: ['npm install --global bun'],
          lockFile: 'bun.lock',
          install: 'bun install --production --frozen-lockfile',
        },
      }
  }
}

const managers: readonly PackageManager[] = ['pnpm', 'npm', 'yarn', 'bun']

/** The package manager of a project: by its package.json, its lock file, then its settings; npm when none says. */
export function packageManagerOf(project: ProjectSnapshot): PackageManager {
  const has = (path: string) => project.files.has(toProjectPath(path))
  return (
    managers.find((one) => manifestOf(project).packageManager?.startsWith(`${one}@`) === true) ??
    managers.find((one) => has(commandsOf(one).production.lockFile)) ??
    (has('pnpm-workspace.yaml') ? 'pnpm' : has('.yarnrc.yml') ? 'yarn' : 'npm')
  )
}
