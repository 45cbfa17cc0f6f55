import type { PackageManager } from '@rgen/plop'

/**
 * The package manager that runs this program, by what it says of itself.
 *
 * @param userAgent The variable npm_config_user_agent: `pnpm/12.21.0 npm/? node/v20.20.2 linux x64`.
 */
export function detectPackageManager(userAgent: string | undefined): PackageManager {
  const name = /^([a-z]+)\//.exec(userAgent ?? '')?.[1]
  return name === 'pnpm' || name === 'yarn' || name === 'bun' ? name : 'npm'
}
