import { ConfigError } from '../config/config-error.ts'
import type { Environment } from '../config/interpolate.ts'
import { loadConfigDocument } from '../config/load-config.ts'
import { parseConfigDocument, type ConfigDocument } from '../config/parse-config.ts'
import { findSettingsFile } from './find-settings-file.ts'
import {
  overridesFromEnvironment,
  overridesFromFlags,
  type Override,
  type SettingFlags,
} from './overrides.ts'
import { settingTable, type SettingRow } from './setting-table.ts'
import { settingsSchema, type Settings } from './settings.ts'

export interface SettingsRequest {
  /** Where the search for config/settings.yaml begins: the project's folder or one inside it. */
  readonly root: string
  readonly flags?: SettingFlags
  /** The environment of this process unless given. */
  readonly env?: Environment
}

/** A setting, what it is, and who said so. */
export interface SettingExplanation {
  readonly name: string
  /** Secrets are shown as `[set]`. */
  readonly value: unknown
  readonly source: 'command line' | 'environment' | 'file' | 'default'
  /** The variable, or file and line. */
  readonly from?: string
  readonly description: string
}

/**
 * The project's settings: command line, environment, config/settings.yaml, defaults, in this order.
 *
 * Naming an engine's address in the environment chooses the driver `temporal` as well, and Restack's conventions where
 * the variable is Restack's, unless those are named there.
 *
 * @throws {ConfigError} with every mistake in file, environment and flags.
 * @example loadSettings({ root: process.cwd(), flags: { 'log.level': 'debug' } }).retry.max_attempts // 6
 */
export function loadSettings(request: SettingsRequest): Settings {
  return resolveSettings(request).settings
}

/** Every setting with its value and where it comes from, in the order of the file. */
export function explainSettings(request: SettingsRequest): SettingExplanation[] {
  const { settings, overrides, document, file } = resolveSettings(request)
  const rows = settingTable()
  const loops = Object.keys(settings.pipeline.loops).map((loop) => ({
    name: `pipeline.loops.${loop}.max`,
    path: ['pipeline', 'loops', loop, 'max'],
    description: 'How often this loop is run at most.',
    secret: false,
  }))
  const all = rows.flatMap((row): Omit<SettingRow, 'schema' | 'environment'>[] =>
    row.name === 'pipeline.loops' ? loops : [row],
  )
  return all.map(({ name, path, description, secret }) => {
    const value = valueAt(settings, path)
    const shown = secret && value !== undefined ? '[set]' : value
    const override = overrides.findLast((candidate) => candidate.path.join('.') === name)
    if (override) return { name, value: shown, source: override.source, from: override.from, description }
    if (!document.has(path)) return { name, value: shown, source: 'default', description }
    return { name, value: shown, source: 'file', from: `${file}:${document.locate(path).line}`, description }
  })
}

interface Resolved {
  readonly settings: Settings
  /** Later ones go before earlier ones. */
  readonly overrides: readonly Override[]
  readonly document: ConfigDocument<Settings>
  readonly file: string
}

function resolveSettings({ root, flags = {}, env = process.env }: SettingsRequest): Resolved {
  const rows = settingTable()
  const fromEnvironment = overridesFromEnvironment(rows, env)
  const fromFlags = overridesFromFlags(rows, flags)
  const found = findSettingsFile(root)
  const source = { file: found?.file ?? 'config/settings.yaml', schema: settingsSchema, env }
  const document = found
    ? loadConfigDocument({ ...source, root: found.root })
    : parseConfigDocument({ ...source, text: '' })
  const [first, ...others] = [...fromFlags.problems, ...fromEnvironment.problems]
  if (first) throw new ConfigError([first, ...others])
  const given = [...fromEnvironment.values, ...fromFlags.values]
  const overrides = [...impliedByAddress(given, document, source.file), ...given]
  const settings = overrides.reduce(
    (result, { path, value }) => withValue(result, path, value),
    document.value,
  )
  return { settings, overrides, document, file: source.file }
}

/**
 * `engine_url` stands for `engine.address`, wherever that is not given itself; and an engine that is named in the
 * environment or on the command line is meant to be used.
 */
function impliedByAddress(
  given: readonly Override[],
  document: ConfigDocument<Settings>,
  file: string,
): Override[] {
  const address = given.findLast(({ path }) => path.join('.') === 'engine.address')
  if (address) return uses(address, document)
  const url = given.findLast(({ path }) => path.join('.') === 'engine_url')
  if (url) return [{ ...url, path: addressPath, value: addressOf(String(url.value)) }, ...uses(url, document)]
  const { engine_url } = document.value
  if (engine_url === undefined || document.has(addressPath)) return []
  const from = `${file}:${document.locate(['engine_url']).line}`
  return [{ path: addressPath, value: addressOf(engine_url), source: 'file', from }]
}

const addressPath = ['engine', 'address']

const conventionsPath = ['engine', 'conventions']

/** Who names Restack's engine by its own variable wants its conventions, unless the file says otherwise. */
function uses(by: Override, document: ConfigDocument<Settings>): Override[] {
  const temporal = { ...by, path: ['engine', 'driver'], value: 'temporal' }
  if (!restackVariables.includes(by.from) || document.has(conventionsPath)) return [temporal]
  return [temporal, { ...by, path: conventionsPath, value: 'restack' }]
}

const restackVariables: readonly string[] = ['RESTACK_ENGINE_ADDRESS', 'RESTACK_ENGINE_URL']

function addressOf(url: string): string {
  return url.replace(/^\w+:\/\//, '').replace(/\/.*$/, '')
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value)
}

function withValue<T extends object>(target: T, [key = '', ...rest]: readonly string[], value: unknown): T {
  const inner = (target as Record<string, object | undefined>)[key]
  return { ...target, [key]: rest.length === 0 ? value : withValue(inner ?? {}, rest, value) }
}
