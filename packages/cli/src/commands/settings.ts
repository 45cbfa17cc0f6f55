import type { SettingExplanation } from '@rgen/runtime/settings'
import { printTable } from '../client/table.ts'
import { printValue } from '../client/print-result.ts'
import { CliError } from '../cli-error.ts'
import { defineCommand } from '../command.ts'
import { findProject, projectEnv } from '../project.ts'
import { parseSettingFlags, setOption } from '../setting-flags.ts'

export const command = defineCommand({
  description:
    'Shows the settings that hold in this project and who said so: the command line, the environment (with .env), config/settings.yaml, or nobody, then the default. Secrets are shown as [set].',
  arguments: [
    {
      name: 'name',
      description: 'Only this setting, or those of a group: retry, engine.driver.',
      required: false,
    },
  ],
  options: {
    set: setOption,
    changed: { type: 'boolean', description: 'Leave out what nobody has set.' },
    json: { type: 'boolean', description: 'Print them as JSON, with their descriptions.' },
  },
  examples: [
    { command: 'rgen settings', note: 'All of them.' },
    { command: 'rgen settings retry', note: 'How steps are retried.' },
    { command: 'RETRY_MAX_ATTEMPTS=2 rgen settings --changed', note: 'What differs from the defaults.' },
  ],
  async run({ arguments: [name], options, io }) {
    const { root } = findProject(io.cwd)
    const { explainSettings } = await import('@rgen/runtime/settings')
    const all = explainSettings({
      root,
      env: projectEnv(root, io.env),
      flags: parseSettingFlags(options.set),
    })
    const chosen = all.filter(
      (setting) => name === undefined || setting.name === name || setting.name.startsWith(`${name}.`),
    )
    if (name !== undefined && chosen.length === 0) throw unknownSetting(name, all)
    const shown = chosen.filter(({ source }) => !options.changed || source !== 'default')
    if (options.json) printValue(shown, io)
    else if (shown.length === 0) io.stderr.write('Everything is at its default.\n')
    else {
      const rows = shown.map((setting) => [setting.name, printSetting(setting.value), printSource(setting)])
      io.stdout.write(printTable(['SETTING', 'VALUE', 'FROM'], rows, io.stdout))
    }
    return 0
  },
})

function unknownSetting(name: string, all: readonly SettingExplanation[]): CliError {
  return new CliError('CLI_UNKNOWN_NAME', `There is no setting "${name}"`, {
    misspelling: {
      word: name,
      candidates: [...new Set(all.flatMap((setting) => prefixes(setting.name)))],
      show: (meant) => meant,
    },
    hint: '`rgen settings` lists them.',
  })
}

function printSetting(value: unknown): string {
  if (value === undefined) return '-'
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function printSource({ source, from }: SettingExplanation): string {
  return source === 'command line' ? '--set' : (from ?? source)
}

/** `engine`, `engine.tls`, `engine.tls.enabled`: all that can be asked for. */
function prefixes(name: string): readonly string[] {
  const parts = name.split('.')
  return parts.map((_, index) => parts.slice(0, index + 1).join('.'))
}
