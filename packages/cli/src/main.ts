import { resolve } from 'node:path'
import { isGroup, type Command, type CommandEntry, type CommandGroup } from './command.ts'
import { commands } from './commands.ts'
import { UsageError } from './cli-error.ts'
import { createStyle, type Io } from './io.ts'
import { globalOptions, parseArguments } from './parse-arguments.ts'
import { reportOf } from './error-report.ts'
import { errorAsJson, printError } from './print-error.ts'

/** What `rgen --help` shows, and where every command is found. */
export const root: CommandGroup = {
  description:
    'Durable AI agents, workflows, pipelines, tools and prompts: generate them, run them, look into them.',
  commands,
  examples: [
    { command: 'rgen g agent Research --with-llm', note: 'Generate an agent that asks a language model.' },
    { command: 'rgen dev', note: 'Start the project, and again after each change.' },
    {
      command: `rgen run Research '{"topic": "lighthouses"}'`,
      note: 'Run the agent, from a second terminal.',
    },
  ],
}

/**
 * The whole command line: finds the command, reads its flags, runs it, prints what went wrong.
 *
 * @param argv What stands behind `rgen`.
 * @returns the exit code: 0 done, 1 failed, 2 not understood (or an answer is missing and nobody can be asked).
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  // What only the command knows is noted here on the way, because errors are printed in one place.
  const context: { path: string; command?: Command; io: Io } = { path: 'rgen', io: withoutColour(io, argv) }
  try {
    return await dispatch(argv, context)
  } catch (error) {
    const report = await reportOf(error)
    const flags = argv.slice(0, argv.includes('--') ? argv.indexOf('--') : undefined)
    const afterFailure = context.command?.afterFailure
    if (flags.includes('--json')) context.io.stdout.write(`${errorAsJson(report, afterFailure)}\n`)
    else printError(report, context.io.stderr, { debug: flags.includes('--debug'), afterFailure })
    return report.exitCode
  }
}

async function dispatch(argv: readonly string[], context: { path: string; command?: Command; io: Io }) {
  const { flags, rest } = leadingFlags(argv)
  let group = root
  let words = rest
  for (;;) {
    const [word, ...behind] = words
    if (word === undefined || word === '--help' || word === '-h')
      return showGroup(group, context, flags, word)
    if (group === root && (word === '--version' || word === '-v')) return showVersion(context.io)
    const entry = findEntry(word, group.commands, context.path)
    const node = await entry.load()
    context.path = `${context.path} ${entry.name}`
    words = behind
    if (!isGroup(node)) return runCommand(node, [...flags, ...words], context)
    group = node
  }
}

/** `rgen --cwd app dev` is `rgen dev --cwd app`. */
function leadingFlags(argv: readonly string[]): { flags: readonly string[]; rest: readonly string[] } {
  const flags: string[] = []
  let rest = argv
  for (;;) {
    const [word, next] = rest
    if (word === '--cwd' || word === '-C') flags.push(...rest.slice(0, next === undefined ? 1 : 2))
    else if (word === '--debug' || word === '--no-color' || word === '--color' || word?.startsWith('--cwd='))
      flags.push(word)
    else return { flags, rest }
    rest = argv.slice(flags.length)
  }
}

function findEntry(word: string, entries: readonly CommandEntry[], path: string): CommandEntry {
  const entry = entries.find(({ name, aliases }) => name === word || aliases?.includes(word))
  if (entry) return entry
  if (word.startsWith('-')) {
    throw new UsageError('CLI_UNKNOWN_OPTION', `There is no flag ${word} here`, {
      misspelling: {
        word: word.replace(/^-+/, ''),
        candidates: ['version', ...Object.keys(globalOptions)],
        show: (name) => `--${name}`,
      },
      hint: `Flags stand behind the command: \`${path} --help\` lists them.`,
    })
  }
  throw new UsageError('CLI_UNKNOWN_COMMAND', `There is no command \`${path} ${word}\``, {
    misspelling: {
      word,
      candidates: entries.flatMap(({ name, aliases }) => [name, ...(aliases ?? [])]),
      show: (name) => `\`${path} ${name}\``,
    },
    hint: `\`${path} --help\` lists the commands.`,
  })
}

async function showGroup(
  group: CommandGroup,
  context: { path: string; io: Io },
  flags: readonly string[],
  asked: string | undefined,
): Promise<number> {
  const { groupHelp } = await import('./help.ts')
  // Called with nothing at all, `rgen` introduces itself; a group alone lacks its command.
  const isComplete = asked !== undefined || (group === root && flags.length === 0)
  const output = isComplete ? context.io.stdout : context.io.stderr
  output.write(groupHelp(context.path, group, output))
  return isComplete ? 0 : 2
}

async function showVersion(io: Io): Promise<number> {
  const { cliVersion } = await import('./version.ts')
  io.stdout.write(`${cliVersion()}\n`)
  return 0
}

async function runCommand(
  command: Command,
  argv: readonly string[],
  context: { path: string; command?: Command; io: Io },
): Promise<number> {
  context.command = command
  const { arguments: positional, options, written } = parseArguments(argv, command, context.path)
  if (options.help === true) {
    const { commandHelp } = await import('./help.ts')
    context.io.stdout.write(commandHelp(context.path, command, context.io.stdout))
    return 0
  }
  const { cwd } = options
  const io = typeof cwd === 'string' ? { ...context.io, cwd: resolve(context.io.cwd, cwd) } : context.io
  return command.run({
    arguments: positional,
    // parseArguments has read them against the command's own table.
    options: options as never,
    written,
    io,
    debug: options.debug === true,
  })
}

function withoutColour(io: Io, argv: readonly string[]): Io {
  if (!argv.includes('--no-color')) return io
  const style = createStyle(false)
  const plain = (output: Io['stdout']): Io['stdout'] => ({
    write: (text) => output.write(text),
    isTTY: output.isTTY,
    get columns() {
      return output.columns
    },
    style,
  })
  return { ...io, stdout: plain(io.stdout), stderr: plain(io.stderr) }
}
