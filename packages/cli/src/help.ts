import type { Command, CommandEntry, CommandGroup, Example, OptionTable } from './command.ts'
import type { Output } from './io.ts'
import { flagName } from './flag-name.ts'
import { globalOptions } from './parse-arguments.ts'

/** `--dry-run[=minimal|diff]`, `--id <id>`, `--no-wait`: a flag as help and docs/cli.md write it. */
export function printFlag(name: string, option: OptionTable[string]): string {
  const flag = `--${option.type === 'boolean' && option.default === true ? 'no-' : ''}${flagName(name)}`
  const value = option.value ?? (option.choices ? option.choices.join('|') : '<value>')
  const short = option.short ? `-${option.short}, ` : ''
  if (option.type === 'boolean') return short + flag
  return `${short}${flag}${option.type === 'optional-string' ? `[=${value}]` : ` ${value}`}`
}

/** The description of a flag with its default, where there is one to know. */
export function printFlagDescription(option: OptionTable[string]): string {
  const { default: value, type } = option
  return type === 'boolean' || value === undefined || type === 'optional-string'
    ? option.description
    : `${option.description} Default: ${String(value)}.`
}

/** `rgen run <Name> [input] [options]`. */
export function printUsage(path: string, command: Command): string {
  const words = (command.arguments ?? []).map(({ name, required }) => (required ? `<${name}>` : `[${name}]`))
  return [path, ...words, ...(command.options ? ['[options]'] : [])].join(' ')
}

/** The help page of one command. */
export function commandHelp(path: string, command: Command, output: Output): string {
  const section = sectionPrinter(output)
  const rows = (table: OptionTable) =>
    Object.entries(table).map(
      ([name, option]) => [printFlag(name, option), printFlagDescription(option)] as const,
    )
  return [
    `${output.style.bold('Usage')}\n  ${printUsage(path, command)}\n`,
    wrap(command.description, output.columns, 2),
    section(
      'Arguments',
      (command.arguments ?? []).map(({ name, description }) => [name, description]),
    ),
    section('Options', rows(command.options ?? {})),
    section('Everywhere', rows(globalOptions)),
    examples(command.examples, output),
  ]
    .filter((part) => part !== '')
    .join('\n')
}

/** The help page of a command that only holds others, and of `rgen` itself. */
export function groupHelp(path: string, group: CommandGroup, output: Output): string {
  const section = sectionPrinter(output)
  const headings = [...new Set(group.commands.map((entry) => entry.group ?? 'Commands'))]
  return [
    `${output.style.bold('Usage')}\n  ${path} <command> [options]\n`,
    wrap(group.description, output.columns, 2),
    ...headings.map((heading) =>
      section(
        heading,
        group.commands
          .filter((entry) => (entry.group ?? 'Commands') === heading)
          .map((entry) => [nameWithAliases(entry), entry.summary]),
      ),
    ),
    examples(group.examples, output),
    `  \`${path} <command> --help\` tells more about one of them.\n`,
  ].join('\n')
}

function nameWithAliases({ name, aliases }: CommandEntry): string {
  return [name, ...(aliases ?? [])].join(', ')
}

function sectionPrinter(output: Output) {
  return (title: string, rows: readonly (readonly [string, string])[]): string => {
    if (rows.length === 0) return ''
    const width = Math.min(30, Math.max(...rows.map(([left]) => left.length)))
    const lines = rows.map(([left, right]) => {
      const text = wrap(right, output.columns, width + 4).trimStart()
      return left.length > width
        ? `  ${output.style.cyan(left)}\n${' '.repeat(width + 4)}${text}`
        : `  ${output.style.cyan(left)}${' '.repeat(width + 2 - left.length)}${text}`
    })
    return `${output.style.bold(title)}\n${lines.join('')}`
  }
}

function examples(list: readonly Example[], output: Output): string {
  const lines = list.map(
    ({ command, note }) => `  ${output.style.green(command)}\n${wrap(note, output.columns, 6)}`,
  )
  return lines.length === 0 ? '' : `${output.style.bold('Examples')}\n${lines.join('')}`
}

/** Breaks text at spaces, every line indented; ends with a newline. Lines never grow past 100 columns. */
export function wrap(text: string, columns: number, indent: number): string {
  const width = Math.max(30, Math.min(columns, 100) - indent)
  return text
    .split('\n')
    .flatMap((paragraph) => {
      const lines: string[] = []
      let line = ''
      for (const word of paragraph.split(' ')) {
        if (line !== '' && line.length + 1 + word.length > width) {
          lines.push(line)
          line = word
        } else line = line === '' ? word : `${line} ${word}`
      }
      return [...lines, line]
    })
    .map((line) => `${' '.repeat(line === '' ? 0 : indent)}${line}\n`)
    .join('')
}
