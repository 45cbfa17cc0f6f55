import cac from 'cac'
import { GenerateError, projectRequest } from '@rgen/plop'

/** What the command line says. What it leaves open is asked for, or takes its default. */
export interface CreateOptions {
  readonly name?: string
  readonly start?: string
  readonly tools?: string
  readonly packageManager?: string
  readonly git: boolean
  readonly install?: boolean
  readonly yes: boolean
  readonly noInput: boolean
  readonly json: boolean
}

/** What to do: create, or print a text and stop. */
export type Command =
  | { readonly kind: 'create'; readonly options: CreateOptions }
  | { readonly kind: 'print'; readonly text: string }

const flags = [
  ['--start <what>', 'What it begins with: agent, agent-with-tools, pipeline, empty'],
  ['--tools <a,b>', 'Tools of the first tool server: web_search, extract_urls, calculate'],
  ['--pm <name>', 'Package manager: pnpm, npm, yarn, bun (default: the one that runs this)'],
  ['--no-git', 'Do not make a git repository'],
  ['--no-install', 'Do not install the dependencies'],
  ['--yes, -y', 'Take the default of every question'],
  ['--no-input', 'Never ask; also when CI or RGEN_NO_INPUT is set'],
  ['--json', 'Print the result as JSON'],
  ['--version', 'Print the version'],
  ['--help, -h', 'Print this'],
] as const

const known = new Set([
  'start',
  'tools',
  'pm',
  'git',
  'install',
  'yes',
  'y',
  'input',
  'json',
  'version',
  'help',
  'h',
  '--',
])

/**
 * Reads the arguments after `create-rgen`.
 *
 * @throws {GenerateError} `GEN_REQUEST` for a flag that does not exist, a value that is missing or not one of those
 *   that a flag takes, or a second name.
 */
export function parseArguments(args: readonly string[], version: string): Command {
  const cli = cac('create-rgen')
  const { args: names, options } = cli.parse(['node', 'create-rgen', ...args.map(withValue)], { run: false })
  if (isOn(options.help) || isOn(options.h)) return { kind: 'print', text: helpText() }
  if (isOn(options.version)) return { kind: 'print', text: `${version}\n` }
  for (const key of Object.keys(options)) {
    const flag = key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    if (!known.has(key))
      throw wrong(`--${flag} is no option of create-rgen.`, 'See them all: create-rgen --help')
  }
  if (names.length > 1)
    throw wrong(`${JSON.stringify(names[1])} is one name too many.`, 'Give one name: create-rgen my-agents')
  const { start, packageManager } = projectRequest.shape
  return {
    kind: 'create',
    options: {
      ...optional('name', names[0]),
      ...optional('start', oneOf('--start', options.start, start.unwrap().options)),
      ...optional('tools', text('--tools', options.tools)),
      ...optional('packageManager', oneOf('--pm', options.pm, packageManager.unwrap().options)),
      ...optional('install', options.install === undefined ? undefined : isOn(options.install)),
      git: options.git === undefined || isOn(options.git),
      yes: isOn(options.yes) || isOn(options.y),
      noInput: options.input === false,
      json: isOn(options.json),
    },
  }
}

/** Switches take no value, so that `--yes my-agents` does not eat the name. */
function withValue(argument: string): string {
  return /^(?:--(?:yes|json|git|install|help|version)|-y|-h)$/.test(argument)
    ? `${argument.replace(/^-(?=\w$)/, '--')}=true`
    : argument
}

/** Switches arrive as booleans or, where {@link withValue} gave them a value, as its text. */
function isOn(value: unknown): boolean {
  return value === true || value === 'true'
}

function oneOf(flag: string, value: unknown, choices: readonly string[]): string | undefined {
  const given = text(flag, value)
  if (given === undefined || choices.includes(given)) return given
  throw wrong(
    `${flag}: ${JSON.stringify(given)} is none of ${choices.join(', ')}.`,
    `Write ${flag} ${choices[0] ?? ''}`,
  )
}

function text(flag: string, value: unknown): string | undefined {
  if (value === undefined) return undefined
  if (Array.isArray(value)) throw wrong(`${flag} is there twice.`, 'Write it once.')
  if (typeof value === 'boolean') throw wrong(`${flag} needs a value.`, `See create-rgen --help`)
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function wrong(message: string, hint: string): GenerateError {
  return new GenerateError('GEN_REQUEST', message, { hint })
}

function optional<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>)
}

function helpText(): string {
  const width = Math.max(...flags.map(([flag]) => flag.length))
  return [
    'Makes a small, typed, tested project for durable AI agents.',
    '',
    'Usage: create-rgen [name] [options]',
    '',
    'Options:',
    ...flags.map(([flag, description]) => `  ${flag.padEnd(width)}  ${description}`),
    '',
    'Examples:',
    '  pnpm create rgen research-desk',
    '  pnpm create rgen research-desk --start agent-with-tools --yes',
    '  npm create rgen research-desk -- --start pipeline --no-install',
    '',
    'Nothing is asked without a terminal: every question has an option that answers it.',
    '',
  ].join('\n')
}
