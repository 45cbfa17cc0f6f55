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
      }
    case 'npm':
      return { install: 'npm install', run: 'npm run', exec: 'npx rgen', ciSetup: ['npm ci'] }
    case 'yarn':
      return {
        install: 'yarn install',
        run: 'yarn',
        exec: 'yarn rgen',
        ciSetup: ['corepack enable', 'yarn install --immutable'],
      }
    case 'bun':
      return {
        install: 'bun install',
        run: 'bun run',
        exec: 'bun rgen',
        ciSetup: ['npm install --global bun', 'bun install --frozen-lockfile'],
      }
  }
}
