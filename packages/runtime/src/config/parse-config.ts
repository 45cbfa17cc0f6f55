import type { z } from 'zod'
import { ConfigError, type ConfigProblem } from './config-error.ts'
import type { Environment } from './interpolate.ts'
import { hasValue, locate, printPath } from './path.ts'
import { resolveValues, type VariableUse } from './resolve-values.ts'
import { describeIssues, innermostIssues } from './schema-problems.ts'
import { valueTree } from './value-tree.ts'
import { parseYamlTree, type ConfigPath, type Position, type Tree } from './yaml-tree.ts'

export interface ConfigSource<S extends z.ZodType> {
  /** YAML 1.2. */
  readonly text: string
  /** How the file is called in errors: relative to the project, forward slashes. */
  readonly file: string
  /** The one definition of the file; strict objects make a mistyped key an error with a suggestion. */
  readonly schema: S
  /** Where `${VAR}` is looked up; undefined leaves references as text. */
  readonly env: Environment | undefined
  /** The line on which the text begins in its file, when it is a part of it. */
  readonly firstLine?: number
  /**
   * Values that may be left without their variable, as patterns (`llm.providers.*.api_key`). Such a value is left
   * out, as though it had not been written, and named in `unset`. A variable that is set but empty counts as unset.
   */
  readonly lenient?: readonly string[]
  /**
   * What stands in for values that the schema cannot do without, while their variable is not set: pattern → text. They
   * are named in `unset`, and whoever reads the file must not use them.
   */
  readonly standIns?: Readonly<Record<string, string>>
  /** Values to take as they are written, so that `1.10` stays `1.10`; patterns as in `lenient`. */
  readonly verbatim?: readonly string[]
}

/** A configuration file after checking, with what a caller may need besides its value. */
export interface ConfigDocument<T> {
  readonly value: T
  /** Every variable that the file refers to, with the place; what they hold is for a redactor to hide. */
  readonly variables: readonly VariableUse[]
  /** The variables for whose sake a `lenient` value is left out, or something stands in for it. */
  readonly unset: readonly VariableUse[]
  /** Where the value at a path stands, for checks that a schema cannot make. */
  locate(path: ConfigPath): Position
  /** Whether the file gives a value at a path, rather than the schema's default. */
  has(path: ConfigPath): boolean
}

/**
 * Reads and checks the text of a configuration file.
 *
 * @throws {ConfigError} with every problem of the file at once.
 * @example parseConfig({ text: 'port: ${PORT:-80}', file: 'a.yaml', schema: z.strictObject({ port: z.number() }), env: {} }) // { port: 80 }
 */
export function parseConfig<S extends z.ZodType>(source: ConfigSource<S>): z.output<S> {
  return parseConfigDocument(source).value
}

/** As {@link parseConfig}, and tells which variables the file uses and where each value stands. */
export function parseConfigDocument<S extends z.ZodType>(
  source: ConfigSource<S>,
): ConfigDocument<z.output<S>> {
  return checkTree(parseYamlTree(source.text.replace(/^\uFEFF/, ''), source.file, source.firstLine), source)
}

/** A configuration that a program gives as a value. `file` is how errors call it. */
export interface ConfigValueSource<S extends z.ZodType> extends Omit<ConfigSource<S>, 'text' | 'firstLine'> {
  readonly value: unknown
}

/**
 * As {@link parseConfig}, for a configuration that stands in no file.
 *
 * @throws {ConfigError} whose problems have paths, and no lines.
 */
export function parseConfigValue<S extends z.ZodType>(source: ConfigValueSource<S>): z.output<S> {
  try {
    return checkTree(valueTree(source.value), source).value
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const [first, ...others] = error.problems.map(({ line, column, ...problem }) => {
      // In a file the line says where a variable is used.
      if (problem.code !== 'CONFIG_UNSET_VARIABLE' || problem.path === undefined) return problem
      return { ...problem, message: `${printPath(problem.path)}: ${problem.message}` }
    })
    throw first === undefined ? error : new ConfigError([first, ...others])
  }
}

function checkTree<S extends z.ZodType>(
  tree: Tree,
  source: Omit<ConfigSource<S>, 'text'>,
): ConfigDocument<z.output<S>> {
  const { file, schema } = source
  const resolved = resolveValues(tree, source)
  const checked = checkSchema(schema, resolved.value, resolved.interpolated)
  const problems = [...resolved.problems]
  if (!checked.success) {
    const hidden = resolved.problems.map((problem) => problem.path ?? [])
    const visible = describeIssues(checked.error.issues, { tree, file, schema })
    problems.push(...visible.filter(({ path }) => !hidden.some((unset) => startsWith(path ?? [], unset))))
  }
  const [first, ...others] = problems.toSorted(byPlace)
  if (first) throw new ConfigError([first, ...others])
  if (!checked.success) throw checked.error
  return {
    value: checked.data,
    variables: resolved.variables,
    unset: resolved.unresolved,
    locate: (path) => locate(tree, path),
    has: (path) => hasValue(tree, path),
  }
}

/**
 * A variable always holds text. Where the schema wants a number or true/false from a value that is made of
 * variables, that text is read as one; text that is neither stays what it is, and the schema reports it.
 */
function checkSchema<S extends z.ZodType>(schema: S, value: unknown, interpolated: readonly ConfigPath[]) {
  const first = schema.safeParse(value)
  if (first.success || interpolated.length === 0) return first
  let changed = value
  for (const issue of first.error.issues.flatMap(innermostIssues)) {
    if (issue.code !== 'invalid_type' || !interpolated.some((path) => samePath(path, issue.path))) continue
    changed = convertAt(changed, issue.path, issue.expected)
  }
  return schema.safeParse(changed)
}

function convertAt(value: unknown, [key, ...rest]: readonly PropertyKey[], type: string): unknown {
  if (key === undefined) return convert(value, type)
  if (Array.isArray(value))
    return value.map((item: unknown, index) => (index === key ? convertAt(item, rest, type) : item))
  const map = value as Record<PropertyKey, unknown>
  return { ...map, [key]: convertAt(map[key], rest, type) }
}

function convert(value: unknown, type: string): unknown {
  if (typeof value !== 'string' || value.trim() === '') return value
  if (type === 'boolean') return value === 'true' ? true : value === 'false' ? false : value
  const number = Number(value)
  return (type === 'number' || type === 'int') && Number.isFinite(number) ? number : value
}

function samePath(a: readonly PropertyKey[], b: readonly PropertyKey[]): boolean {
  return a.length === b.length && startsWith(a, b)
}

function startsWith(path: readonly PropertyKey[], start: readonly PropertyKey[]): boolean {
  return start.every((key, index) => String(path[index]) === String(key))
}

function byPlace(a: ConfigProblem, b: ConfigProblem): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)
}
