/** What can be wrong with a configuration file. Permanent: listed in docs/errors.md. */
export type ConfigErrorCode =
  | 'CONFIG_MISSING'
  | 'CONFIG_UNREADABLE'
  | 'CONFIG_SYNTAX'
  | 'CONFIG_INVALID'
  | 'CONFIG_UNKNOWN_KEY'
  | 'CONFIG_UNSET_VARIABLE'

/** One thing that is wrong, and where. Holds names of keys and variables, never their values. */
export interface ConfigProblem {
  readonly code: ConfigErrorCode
  /** What is wrong, without the place. */
  readonly message: string
  /** The file as the caller named it, usually relative to the project. */
  readonly file: string
  /** Counted from 1; absent when the problem is the file as a whole. */
  readonly line?: number
  readonly column?: number
  /** The keys that lead to the value, e.g. `['llm', 'providers', 0, 'model']`. */
  readonly path?: readonly (string | number)[]
  /** The next thing to do. */
  readonly hint?: string
}

/**
 * A configuration file that cannot be used. All problems of the file are reported at once, in the order of its
 * lines; `code`, `line`, `column` and `hint` are those of the first.
 *
 * @example
 * config/tools.yaml:3:5 unknown key "transprt" in servers[0]. Did you mean "transport"?
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly code: ConfigErrorCode
  readonly file: string
  readonly line: number | undefined
  readonly column: number | undefined
  readonly hint: string | undefined
  readonly problems: readonly ConfigProblem[]

  constructor(
    problems: readonly [ConfigProblem, ...ConfigProblem[]],
    options?: { readonly cause?: unknown },
  ) {
    super(problems.map(printProblem).join('\n'), options)
    const [first] = problems
    this.code = first.code
    this.file = first.file
    this.line = first.line
    this.column = first.column
    this.hint = first.hint
    this.problems = problems
  }
}

/** One line: place, what is wrong, what to do. */
export function printProblem(problem: ConfigProblem): string {
  const { file, line, column, message, hint } = problem
  const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`
  return `${place} ${message}.${hint === undefined ? '' : ` ${hint}`}`
}
