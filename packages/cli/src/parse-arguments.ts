import { parseArgs } from 'node:util'
import type { Command, Option, OptionTable } from './command.ts'
import { UsageError } from './cli-error.ts'
import { flagName, optionName } from './flag-name.ts'

type Value = boolean | string | number | readonly string[] | undefined

export interface ParsedArguments {
  readonly arguments: readonly string[]
  readonly options: Readonly<Record<string, Value>>
  /** The options that were written, by their names in the table. */
  readonly written: ReadonlySet<string>
}

/** Flags that every command takes. */
export const globalOptions = {
  help: { type: 'boolean', short: 'h', description: 'Show what the command does, with examples.' },
  cwd: { type: 'string', short: 'C', value: '<folder>', description: 'Work in this folder.' },
  color: { type: 'boolean', default: true, description: 'Print without colours, as NO_COLOR=1 does.' },
  debug: { type: 'boolean', description: 'Show where in rgen an error arose.' },
} as const satisfies OptionTable

/**
 * Reads what was written behind a command's name against its declaration.
 *
 * @throws {UsageError} at the first thing that does not fit: an unknown flag, a missing value, one argument too many.
 */
export function parseArguments(
  argv: readonly string[],
  declared: Pick<Command, 'arguments' | 'options' | 'asksForMissing'>,
  usage: string,
): ParsedArguments {
  const options: OptionTable = { ...globalOptions, ...declared.options }
  const { tokens } = parseArgs({
    args: [...argv],
    strict: false,
    tokens: true,
    allowPositionals: true,
    options: Object.fromEntries(
      Object.entries(options).map(([name, option]) => [
        flagName(name),
        {
          type: option.type === 'boolean' || option.type === 'optional-string' ? 'boolean' : 'string',
          ...(option.short && { short: option.short }),
        } as const,
      ]),
    ),
  })

  const written = new Map<string, Value>()
  const positional: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') positional.push(token.value)
    if (token.kind !== 'option') continue
    const [name, option, negated] = find(token.name, token.rawName, options, usage)
    const inline = token.inlineValue ? token.value : undefined
    if (option.type === 'boolean') {
      if (inline !== undefined && inline !== 'true' && inline !== 'false')
        throw new UsageError('CLI_INVALID_VALUE', `${token.rawName} takes no value, got "${inline}"`, {
          hint: `Write ${token.rawName} or --no-${flagName(name)}.`,
        })
      written.set(name, (inline !== 'false') !== negated)
    } else if (option.type === 'optional-string') {
      written.set(name, checkValue(inline ?? String(option.default ?? ''), token.rawName, option))
    } else {
      const value = checkValue(valueOf(token, option, options), token.rawName, option)
      const before = written.get(name)
      written.set(
        name,
        option.repeatable
          ? [...(Array.isArray(before) ? (before as string[]) : []), ...splitList(String(value))]
          : value,
      )
    }
  }
  checkCount(positional, declared, tokens, options, usage)
  return {
    arguments: positional,
    written: new Set(written.keys()),
    options: Object.fromEntries(
      Object.entries(options).map(([name, option]) => [
        name,
        written.has(name) ? written.get(name) : unwritten(option),
      ]),
    ),
  }
}

function unwritten(option: Option): Value {
  if (option.type === 'boolean') return option.default === true
  if (option.type === 'optional-string') return undefined
  return option.repeatable ? [] : option.default
}

function find(
  flag: string,
  rawName: string,
  options: OptionTable,
  usage: string,
): readonly [string, Option, boolean] {
  const name = optionName(flag)
  const option = Object.hasOwn(options, name) ? options[name] : undefined
  if (option && flagName(name) === flag) return [name, option, false]
  const positive = flag.startsWith('no-') ? optionName(flag.slice(3)) : ''
  const negatable = Object.hasOwn(options, positive) ? options[positive] : undefined
  if (negatable?.type === 'boolean') return [positive, negatable, true]
  const known = Object.entries(options).map(
    ([key, { default: on }]) => (on === true ? 'no-' : '') + flagName(key),
  )
  throw new UsageError('CLI_UNKNOWN_OPTION', `There is no flag ${rawName} here`, {
    ...(rawName.startsWith('--') && {
      misspelling: { word: flag, candidates: known, show: (name: string) => `--${name}` },
    }),
    hint: `\`${usage} --help\` lists the flags.`,
  })
}

type OptionToken = Extract<NonNullable<ReturnType<typeof parseArgs>['tokens']>[number], { kind: 'option' }>

function valueOf(token: OptionToken, option: Option, options: OptionTable): string {
  const { value, inlineValue, rawName } = token
  const isFlag =
    value !== undefined &&
    !inlineValue &&
    (value.startsWith('--') || Object.values(options).some(({ short }) => short && value === `-${short}`))
  if (value === undefined || isFlag)
    throw new UsageError('CLI_MISSING_VALUE', `${rawName} needs a value`, {
      hint: `Write ${rawName} ${option.value ?? '<value>'}${isFlag ? `, or ${rawName}=${value} when that is the value` : ''}.`,
    })
  return value
}

function checkValue(value: string, rawName: string, option: Option): string | number {
  const { choices } = option
  if (choices && !(option.repeatable ? splitList(value) : [value]).every((word) => choices.includes(word))) {
    throw new UsageError('CLI_INVALID_VALUE', `${rawName} cannot be "${value}"`, {
      misspelling: { word: value, candidates: choices, show: (choice) => `${rawName}=${choice}` },
      hint: `It takes ${choices.join(', ')}.`,
    })
  }
  if (option.type !== 'integer') return value
  const number = Number(value)
  if (!/^-?\d+$/.test(value) || !Number.isSafeInteger(number))
    throw new UsageError('CLI_INVALID_VALUE', `${rawName} needs a whole number, got "${value}"`, {
      hint: `Write ${rawName} ${option.value ?? '<number>'}.`,
    })
  return number
}

function splitList(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

function checkCount(
  positional: readonly string[],
  command: Pick<Command, 'arguments' | 'asksForMissing'>,
  tokens: NonNullable<ReturnType<typeof parseArgs>['tokens']>,
  options: OptionTable,
  usage: string,
): void {
  // --help is answered before anything else is missed.
  if (tokens.some((token) => token.kind === 'option' && token.name === 'help')) return
  const declared = command.arguments ?? []
  const missing = command.asksForMissing
    ? undefined
    : declared.find((argument, index) => argument.required && index >= positional.length)
  if (missing)
    throw new UsageError(
      'CLI_MISSING_ARGUMENT',
      `<${missing.name}> is missing: ${lowerFirst(missing.description)}`,
      {
        hint: `\`${usage} --help\` shows examples.`,
      },
    )
  const extra = positional[declared.length]
  if (extra === undefined) return
  const meant = Object.entries(options).find(
    ([, option]) => option.type === 'optional-string' && option.choices?.includes(extra),
  )
  throw new UsageError('CLI_EXTRA_ARGUMENT', `"${extra}" is one argument too many`, {
    hint: meant
      ? `Write --${flagName(meant[0])}=${extra}, with the equals sign.`
      : `\`${usage} --help\` shows what it takes. A value with spaces stands in quotes.`,
  })
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1).replace(/\.$/, '')
}
