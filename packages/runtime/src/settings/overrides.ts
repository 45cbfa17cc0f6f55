import { z } from 'zod'
import type { ConfigProblem } from '../config/config-error.ts'
import { didYouMean } from '../config/did-you-mean.ts'
import type { Environment } from '../config/interpolate.ts'
import { loopVariable, type SettingRow } from './setting-table.ts'

/** Settings from the command line, by their dotted names; undefined ones are as though not given. */
export type SettingFlags = Readonly<Record<string, string | number | boolean | undefined>>

/** A value that goes before the file's. */
export interface Override {
  readonly path: readonly string[]
  readonly value: unknown
  readonly source: 'command line' | 'environment' | 'file'
  /** The flag, variable or place, as the user wrote it. */
  readonly from: string
}

export interface Overrides {
  readonly values: readonly Override[]
  readonly problems: readonly ConfigProblem[]
}

/** What the environment sets. An empty variable counts as not set. */
export function overridesFromEnvironment(rows: readonly SettingRow[], env: Environment): Overrides {
  const single = rows.flatMap((row) => {
    const from = row.environment.find((variable) => isGiven(env[variable]))
    return from === undefined ? [] : [read(row.path, row.schema, env[from], 'environment', from)]
  })
  const loops = Object.keys(env).flatMap((from) => {
    const path = loopVariable(from)
    return path && isGiven(env[from]) ? [read(path, z.int().min(1), env[from], 'environment', from)] : []
  })
  return collect([...single, ...loops])
}

/** What the command line sets. */
export function overridesFromFlags(rows: readonly SettingRow[], flags: SettingFlags): Overrides {
  return collect(
    Object.entries(flags).flatMap(([name, value]) => {
      if (value === undefined) return []
      const row = rows.find((candidate) => candidate.name === name)
      return [row ? read(row.path, row.schema, value, 'command line', name) : unknownFlag(name, rows)]
    }),
  )
}

type Reading = Override | ConfigProblem

function read(
  path: readonly string[],
  schema: z.ZodType,
  given: unknown,
  source: Override['source'],
  from: string,
): Reading {
  const parsed = [given, ...readings(given)]
    .map((value) => schema.safeParse(value))
    .find((result) => result.success)
  if (parsed?.success === true) return { path, value: parsed.data, source, from }
  return { code: 'CONFIG_INVALID', message: `${from} must be ${describe(schema)}`, file: source }
}

/** What a text can mean besides itself. */
function readings(given: unknown): unknown[] {
  if (typeof given !== 'string' || given.trim() === '') return []
  const truth = { true: true, '1': true, false: false, '0': false }[given]
  return [Number(given), ...(truth === undefined ? [] : [truth])]
}

function describe(schema: z.ZodType): string {
  const { type, enum: words, minimum, maximum, exclusiveMinimum } = z.toJSONSchema(schema, { io: 'input' })
  if (words) return `one of ${words.join(', ')}`
  const bounds = [
    ...(minimum === undefined ? [] : [`at least ${minimum}`]),
    ...(exclusiveMinimum === undefined ? [] : [`above ${exclusiveMinimum}`]),
    ...(maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? [] : [`at most ${maximum}`]),
  ].join(' and ')
  const kind =
    { integer: 'a whole number', number: 'a number', boolean: 'true or false' }[String(type)] ?? 'a text'
  return bounds === '' ? kind : `${kind}, ${bounds}`
}

function unknownFlag(name: string, rows: readonly SettingRow[]): ConfigProblem {
  const nearest = didYouMean(
    name,
    rows.map((row) => row.name),
  )
  return {
    code: 'CONFIG_UNKNOWN_KEY',
    message: `unknown setting "${name}"`,
    file: 'command line',
    ...(nearest !== undefined && { hint: `Did you mean "${nearest}"?` }),
  }
}

function collect(readings: readonly Reading[]): Overrides {
  return {
    values: readings.filter((reading): reading is Override => 'value' in reading),
    problems: readings.filter((reading): reading is ConfigProblem => 'code' in reading),
  }
}

function isGiven(value: string | undefined): value is string {
  return value !== undefined && value !== ''
}
