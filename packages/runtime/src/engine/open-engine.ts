import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Restack } from '@rgen/engine'
import type { EngineDriver, LogSink } from '@rgen/engine'
import { ConfigError } from '../config/config-error.ts'
import type { Settings } from '../settings/settings.ts'

/** What @rgen/temporal exports for us; it is loaded by name, because it is installed only when scaling out. */
interface TemporalPackage {
  readonly openTemporalDriver: (engine: ProjectEngine, options: { readonly logger?: LogSink }) => EngineDriver
  readonly openTestDriver: (engine: ProjectEngine) => EngineDriver
}

type ProjectEngine = Settings['engine'] & { readonly root: string }

/** The copy that the project installed: where packages are kept apart (pnpm), this one does not see it by name. */
async function loadTemporal(root: string): Promise<TemporalPackage> {
  try {
    const file = createRequire(join(root, 'package.json')).resolve('@rgen/temporal')
    return (await import(pathToFileURL(file).href)) as TemporalPackage
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code !== 'MODULE_NOT_FOUND' && code !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new ConfigError(
      [
        {
          code: 'CONFIG_INVALID',
          message: 'engine.driver is temporal, and @rgen/temporal is not installed',
          file: 'config/settings.yaml',
          hint: 'Add it: npm install @rgen/temporal (or pnpm add, yarn add). Or set engine.driver to embedded.',
        },
      ],
      { cause },
    )
  }
}

/** The absolute path of the embedded engine's file. */
export function databasePath(root: string, settings: Settings): string {
  return resolve(root, settings.engine.database)
}

/**
 * Opens the engine that the settings name: the embedded one on the project's SQLite file, or Temporal.
 *
 * @param root The project's folder.
 * @throws {ConfigError} when the driver's package is not installed.
 */
export async function openEngine(root: string, settings: Settings, logger?: LogSink): Promise<Restack> {
  const log = logger === undefined ? {} : { logger }
  if (settings.engine.driver === 'temporal') {
    const { openTemporalDriver } = await loadTemporal(root)
    return new Restack({ driver: openTemporalDriver({ ...settings.engine, root }, log) })
  }
  const database = databasePath(root, settings)
  mkdirSync(dirname(database), { recursive: true })
  return new Restack({ database, ...log })
}

/**
 * The driver of one test on the Temporal server or Restack engine that the settings name.
 *
 * @throws {ConfigError} when the driver's package is not installed.
 */
export async function openTestDriver(root: string, { engine }: Settings): Promise<EngineDriver> {
  const { openTestDriver: open } = await loadTemporal(root)
  return open({ ...engine, root })
}
