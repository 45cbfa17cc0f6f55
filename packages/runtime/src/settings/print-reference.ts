import { settingTable, type SettingRow } from './setting-table.ts'
import { defaults } from './defaults.ts'

/** Between these lines of docs/settings.md stands what this file prints. */
export const referenceMarks = ['<!-- settings: generated -->', '<!-- settings: end -->'] as const

/** The table of all settings for docs/settings.md: name, default, environment variables, meaning. */
export function printSettingsReference(): string {
  const rows = settingTable().map(
    (row) => `| \`${row.name}\` | ${printDefault(row)} | ${printVariables(row)} | ${row.description} |`,
  )
  return ['| setting | default | environment | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

/** The page with its table made new. */
export function updateReference(page: string): string {
  const [start, end] = referenceMarks
  const [before, rest] = page.split(start)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined) throw new Error(`The page has no ${start} … ${end}`)
  return `${before}${start}\n\n${printSettingsReference()}\n\n${end}${after}`
}

function printDefault({ name, path }: SettingRow): string {
  if (name === 'pipeline.default_max') return `\`${defaults.pipeline.loops.max}\``
  if (name === 'pipeline.loops') return 'none'
  const value = path.reduce<unknown>(
    (inner, key) => (inner as Record<string, unknown> | undefined)?.[key],
    defaults,
  )
  return value === undefined ? 'none' : `\`${JSON.stringify(value).replaceAll('"', '')}\``
}

function printVariables({ name, environment }: SettingRow): string {
  if (name === 'pipeline.loops') return '`RGEN_PIPELINE_LOOPS_<A_B>_MAX`'
  return environment.map((variable) => `\`${variable}\``).join(', ')
}
