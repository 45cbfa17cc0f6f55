import type { SettingRow } from '@rgen/runtime/settings'
import { UsageError } from './cli-error.ts'
import type { Option } from './command.ts'

/** `--set retry.max_attempts=3`: a setting for this call, above the environment and the file. */
export const setOption = {
  type: 'string',
  repeatable: true,
  value: '<name=value>',
  description: 'A setting for this call, above the environment and config/settings.yaml. May be repeated.',
} as const satisfies Option

/**
 * Reads the values of `--set`.
 *
 * @returns the settings by their dotted names, unchecked.
 * @throws {UsageError} CLI_INVALID_VALUE when one is not of the form `name=value`.
 */
export function parseSettingFlags(written: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    written.map((pair) => {
      const equals = pair.indexOf('=')
      if (equals > 0) return [pair.slice(0, equals), pair.slice(equals + 1)]
      throw new UsageError('CLI_INVALID_VALUE', `--set cannot be "${pair}"`, {
        hint: 'Write --set retry.max_attempts=3. `rgen settings` lists the names.',
      })
    }),
  )
}

/** The same as the variables that carry them into a process of the project. */
export function settingVariables(
  flags: Readonly<Record<string, string>>,
  rows: readonly SettingRow[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(flags).map(([name, value]) => {
      const variable = rows.find((row) => row.name === name)?.environment[0]
      if (variable !== undefined) return [variable, value]
      throw new UsageError('CLI_INVALID_VALUE', `There is no setting "${name}"`, {
        misspelling: { word: name, candidates: rows.map((row) => row.name), show: (meant) => meant },
        hint: '`rgen settings` lists the names.',
      })
    }),
  )
}
