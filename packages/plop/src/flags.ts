import { z } from 'zod'
import { GenerateError } from './errors.ts'

/** One option of a generator on the command line, derived from its request's schema. */
export interface Flag {
  /** The request's property: `withLlm`. */
  readonly key: string
  /** As typed: `--with-llm`. */
  readonly flag: string
  /** `list` takes values separated by commas. A boolean takes none; `--no-<flag>` turns off one that is on. */
  readonly type: 'boolean' | 'string' | 'integer' | 'list'
  /** The values that it takes, when they are few. */
  readonly choices: readonly string[] | undefined
  readonly description: string
  readonly default: unknown
}

/** The options of a request schema, positional arguments left out, in the order in which the schema names them. */
export function flagsOf(schema: z.ZodObject, positional: readonly string[]): readonly Flag[] {
  return Object.entries(schema.shape)
    .filter(([key]) => !positional.includes(key))
    .map(([key, type]) => {
      const inner = innermost(type as z.ZodType)
      return {
        key,
        flag: flagOf(key),
        type: typeOf(inner),
        choices: inner instanceof z.ZodEnum ? inner.options.map(String) : undefined,
        description: (type as z.ZodType).description ?? '',
        default: defaultOf(type as z.ZodType),
      }
    })
}

/**
 * Checks what a caller asks for.
 *
 * @throws {GenerateError} `GEN_REQUEST` naming every flag that is wrong and why.
 */
export function parseRequest<Schema extends z.ZodObject>(schema: Schema, request: unknown): z.output<Schema> {
  const result = schema.safeParse(request)
  if (result.success) return result.data
  const problems = result.error.issues.map((issue) => {
    const [key] = issue.path
    return key === undefined ? issue.message : `${flagOf(String(key))}: ${issue.message}`
  })
  throw new GenerateError('GEN_REQUEST', problems.join('\n'))
}

/**
 * The command that reproduces a request without questions: positional arguments first, then every option that
 * differs from its default.
 *
 * @example commandLine('rgen g agent', agentRequest, ['name'], { name: 'Research', withLlm: true })
 * // 'rgen g agent Research --with-llm'
 */
export function commandLine(
  command: string,
  schema: z.ZodObject,
  positional: readonly string[],
  request: Readonly<Record<string, unknown>>,
): string {
  const words = positional.map((key) => quote(textOf(request[key])))
  for (const { key, flag, type, default: byDefault } of flagsOf(schema, positional)) {
    const value = request[key]
    if (value === undefined || textOf(value) === textOf(byDefault)) continue
    if (type === 'boolean') words.push(value === true ? flag : flag.replace('--', '--no-'))
    else words.push(flag, quote(textOf(value)))
  }
  return [command, ...words].join(' ')
}

function flagOf(key: string): string {
  return `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

function textOf(value: unknown): string {
  return Array.isArray(value)
    ? value.join(',')
    : value === undefined
      ? ''
      : typeof value === 'string'
        ? value
        : JSON.stringify(value)
}

/** One word of a command that can be pasted into a shell. */
function quote(word: string): string {
  // eslint-disable-next-line no-control-regex -- a header is one line, so line ends may not stand in it as they are
  const oneLine = word.replaceAll(/[\u0000-\u001f\u2028\u2029]+/g, ' ')
  return /^[\w@%+=:,./^~-]+$/.test(oneLine) ? oneLine : `"${oneLine.replaceAll(/(["\\$`])/g, '\\$1')}"`
}

function innermost(type: z.ZodType): z.ZodType {
  if (type instanceof z.ZodDefault || type instanceof z.ZodPrefault || type instanceof z.ZodOptional)
    return innermost(type.unwrap() as z.ZodType)
  return type
}

function typeOf(inner: z.ZodType): Flag['type'] {
  if (inner instanceof z.ZodBoolean) return 'boolean'
  if (inner instanceof z.ZodPipe) return 'list'
  return inner instanceof z.ZodNumber ? 'integer' : 'string'
}

function defaultOf(type: z.ZodType): unknown {
  if (type instanceof z.ZodDefault || type instanceof z.ZodPrefault) return type.def.defaultValue
  return type instanceof z.ZodOptional ? defaultOf(type.unwrap() as z.ZodType) : undefined
}
