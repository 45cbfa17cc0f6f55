import { isGroup, type Command, type CommandEntry, type OptionTable } from './command.ts'
import { commands } from './commands.ts'
import { printFlag, printFlagDescription, printUsage } from './help.ts'
import { globalOptions } from './parse-arguments.ts'

const introduction = `# The \`rgen\` command

<!-- Written by \`pnpm --filter @rgen/cli reference\` from the command table. A test compares both. -->

\`rgen --help\` lists the commands, \`rgen <command> --help\` teaches one of them with examples. A command works in the project that the current folder belongs to.

Results go to standard output, everything else to standard error. What is wrong is said in one form: what happened, where, what to do, a code that can be looked up in [errors.md](errors.md), and how the project stands. With \`--json\`, where a command has it, results and errors are JSON on standard output.

## Exit codes

- \`0\`: done.
- \`1\`: what was asked failed.
- \`2\`: the command line was not understood, or an answer is missing and nobody can be asked.
- \`130\`: ended by Ctrl+C. A run that was waited for goes on.

## Questions

A command asks only at a terminal, and only for what it cannot do without. Each answer has a flag. With \`--yes\`, \`--no-input\`, \`RGEN_NO_INPUT=1\` or \`CI=1\`, or without a terminal, nothing is asked: the command ends with \`2\` and names what is missing.
`

/**
 * The command line reference: what docs/cli.md consists of.
 *
 * @returns Markdown, as prettier would leave it.
 */
export async function printReference(): Promise<string> {
  const parts = [introduction, `## Flags of every command\n\n${printFlags(globalOptions)}`]
  for (const entry of commands) parts.push(...(await printEntry(entry, 'rgen')))
  return parts.join('\n')
}

async function printEntry(entry: CommandEntry, parent: string): Promise<readonly string[]> {
  const path = `${parent} ${entry.name}`
  const node = await entry.load()
  if (!isGroup(node)) return [printCommand(path, entry, node)]
  const parts = [`## \`${path}\`\n\n${node.description}\n`]
  for (const each of node.commands) parts.push(...(await printEntry(each, path)))
  return parts
}

function printCommand(path: string, entry: CommandEntry, command: Command): string {
  const also = entry.aliases ? `\n\nAlso \`${entry.aliases.join('`, `')}\`.` : ''
  const words = (command.arguments ?? [])
    .map(({ name, description }) => `- \`${name}\`: ${description}\n`)
    .join('')
  const flags = printFlags(command.options ?? {})
  return [
    `## \`${path}\`\n`,
    `${command.description}${also}\n`,
    `\`\`\`sh\n${printUsage(path, command)}\n\`\`\`\n`,
    ...(words + flags === '' ? [] : [words + flags]),
    `\`\`\`sh\n${command.examples.map((example) => `# ${example.note}\n${example.command}`).join('\n')}\n\`\`\`\n`,
  ].join('\n')
}

function printFlags(table: OptionTable): string {
  return Object.entries(table)
    .map(([name, option]) => `- \`${printFlag(name, option)}\`: ${printFlagDescription(option)}\n`)
    .join('')
}
