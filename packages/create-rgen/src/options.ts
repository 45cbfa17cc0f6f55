import { parseArgs } from 'node:util'
import { GenerateError, nearest, projectRequest } from '@rgen/plop'

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

/** Flags with a value, and how help writes it. */
const valued = {
  start: ['<what>', 'What it begins with: agent, agent-with-tools, pipeline, empty'],
  tools: ['<a,b>', 'Tools of the first tool server: web_search, extract_urls, calculate'],
  pm: ['<name>', 'Package manager: pnpm, npm, yarn, bun (default: the one that runs this)'],
} as const

const switches = {
  'no-git': 'Do not make a git repository',
  'no-install': 'Do not install the dependencies',
  yes: 'Take the default of every question',
  'no-input': 'Never ask; also when CI or RGEN_NO_INPUT is set',
  json: 'Print the result as JSON',
  version: 'Print the version',
  help: 'Print this',
} as const

const shorts: Readonly<Record<string, keyof typeof switches>> = { y: 'yes', h: 'help' }

/** Switches that say what happens anyhow, for scripts that like to. */
const positive = new Set(['git', 'install'])

/**
 * Reads the arguments after `create-rgen`.
 *
 * @throws {GenerateError} `GEN_REQUEST` for a flag that does not exist, a value that is missing or not one of those
 *   that a flag takes, or a second name.
 */
export function parseArguments(args: readonly string[], version: string): Command {
  const { names, values, on } = read(args)
  if (on.has('help')) return { kind: 'print', text: helpText() }
  if (on.has('version')) return { kind: 'print', text: `${version}\n` }
  if (names.length > 1)
    throw wrong(`${JSON.stringify(names[1])} is one name too many.`, 'Give one name: create-rgen my-agents')
  const { start, packageManager } = projectRequest.shape
  const install = on.has('no-install') ? false : on.has('install') ? true : undefined
  return {
    kind: 'create',
    options: {
      ...optional('name', names[0]),
      ...optional('start', oneOf('--start', values.get('start'), start.unwrap().options)),
      ...optional('tools', values.get('tools')),
      ...optional('packageManager', oneOf('--pm', values.get('pm'), packageManager.unwrap().options)),
      ...optional('install', install),
      git: !on.has('no-git'),
      yes: on.has('yes'),
      noInput: on.has('no-input'),
      json: on.has('json'),
    },
  }
}

interface Read {
  readonly names: readonly string[]
  readonly values: ReadonlyMap<string, string>
  readonly on: ReadonlySet<string>
}

function read(args: readonly string[]): Read {
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    tokens: true,
    allowPositionals: true,
    options: Object.fromEntries(Object.keys(valued).map((name) => [name, { type: 'string' }] as const)),
  })
  const names: string[] = []
  const values = new Map<string, string>()
  const on = new Set<string>()
  for (const token of tokens) {
    if (token.kind === 'positional') names.push(token.value)
    if (token.kind !== 'option') continue
    const { rawName, value } = token
    const name = rawName.startsWith('--') ? token.name : (shorts[token.name] ?? rawName)
    if (Object.hasOwn(valued, name)) {
      if (value === undefined || value === '' || value.startsWith('--'))
        throw wrong(`${rawName} needs a value.`, 'See create-rgen --help')
      if (values.has(name)) throw wrong(`${rawName} is there twice.`, 'Write it once.')
      values.set(name, value)
    } else if (Object.hasOwn(switches, name) || positive.has(name)) {
      if (value !== undefined) throw wrong(`${rawName} takes no value.`, `Write ${rawName}`)
      on.add(name)
    } else
      throw wrong(`${rawName} is no option of create-rgen.`, `${meant(name)}See them all: create-rgen --help`)
  }
  return { names, values, on }
}

function meant(name: string): string {
  const near = nearest(name, [...Object.keys(valued), ...Object.keys(switches)])
  return near?.close === true ? `Did you mean --${near.name}? ` : ''
}

function oneOf(flag: string, given: string | undefined, choices: readonly string[]): string | undefined {
  if (given === undefined || choices.includes(given)) return given
  const near = nearest(given, choices)
  throw wrong(
    `${flag}: ${JSON.stringify(given)} is none of ${choices.join(', ')}.`,
    `Write ${flag} ${near?.name ?? choices.join('|')}`,
  )
}

function wrong(message: string, hint: string): GenerateError {
  return new GenerateError('GEN_REQUEST', message, { hint })
}

function optional<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>)
}

function helpText(): string {
  const lines = [
    ...Object.entries(valued).map(([name, [value, text]]) => [`--${name} ${value}`, text] as const),
    ...Object.entries(switches).map(([name, text]) => {
      const short = Object.keys(shorts).find((letter) => shorts[letter] === name)
      return [short === undefined ? `--${name}` : `--${name}, -${short}`, text] as const
    }),
  ]
  const width = Math.max(...lines.map(([flag]) => flag.length))
  return [
    'Makes a small, typed, tested project for durable AI agents.',
    '',
    'Usage: create-rgen [name] [options]',
    '',
    'Options:',
    ...lines.map(([flag, description]) => `  ${flag.padEnd(width)}  ${description}`),
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
