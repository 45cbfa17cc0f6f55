import { dirname } from 'node:path'
import { cosmiconfigSync } from 'cosmiconfig'

export interface SettingsFileLocation {
  /** The project's folder. */
  readonly root: string
  /** Relative to it. */
  readonly file: string
}

const places = ['config/settings.yaml', 'config/settings.yml']

/**
 * Finds config/settings.yaml from a folder upwards, as far as the nearest package.json: settings of a project that
 * happens to lie around this one do not apply.
 */
export function findSettingsFile(from: string): SettingsFileLocation | undefined {
  // Only the place is asked for here; the file is read where its mistakes get line and column.
  const readNothing = (path: string) => ({ path })
  const explorer = cosmiconfigSync('rgen', {
    searchPlaces: places,
    searchStrategy: 'project',
    ignoreEmptySearchPlaces: false,
    cache: false,
    loaders: { '.yaml': readNothing, '.yml': readNothing },
  })
  const found = explorer.search(from)
  if (!found) return undefined
  const root = dirname(dirname(found.filepath))
  return { root, file: found.filepath.slice(root.length + 1).replaceAll('\\', '/') }
}
