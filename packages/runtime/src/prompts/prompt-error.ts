import type { ConfigProblem } from '../config/config-error.ts'

/** What can go wrong with prompts. Permanent: listed in docs/errors.md. */
export type PromptErrorCode =
  | 'PROMPT_UNKNOWN'
  | 'PROMPT_VERSION_UNKNOWN'
  | 'PROMPT_VERSION_INVALID'
  | 'PROMPT_LABEL_UNKNOWN'
  | 'PROMPT_REGISTRY'
  | 'PROMPT_FILE'
  | 'PROMPT_TEMPLATE'
  | 'PROMPT_VARIABLES_MISSING'
  | 'PROMPT_VARIABLES_UNKNOWN'
  | 'PROMPT_VARIABLE_INVALID'
  | 'PROMPT_VARIABLE_TOO_LONG'
  | 'PROMPT_EMPTY'
  | 'PROMPT_LOCKED'
  | 'PROMPT_EXISTS'
  | 'PROMPT_TESTS'

/** Something wrong in the registry or in a prompt's file, with its place. */
export type PromptProblem = Omit<ConfigProblem, 'code'> & { readonly code: PromptErrorCode }

interface PromptErrorDetails {
  readonly hint?: string
  readonly file?: string
  readonly line?: number
  readonly problems?: readonly PromptProblem[]
  readonly cause?: unknown
}

/**
 * A prompt that cannot be found, read or rendered. Messages name prompts, versions, variables and places; they never
 * hold a variable's value or a template's text.
 */
export class PromptError extends Error {
  override readonly name = 'PromptError'
  readonly code: PromptErrorCode
  readonly hint: string | undefined
  readonly file: string | undefined
  readonly line: number | undefined
  /** All that is wrong, when files are the matter. */
  readonly problems: readonly PromptProblem[]
  /** Trying again gives the same. */
  readonly retryable = false

  constructor(code: PromptErrorCode, message: string, details: PromptErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.hint = details.hint
    this.file = details.file
    this.line = details.line
    this.problems = details.problems ?? []
  }
}

/** One line for a problem: place, what is wrong, what to do. */
export function printPromptProblem({ file, line, column, message, hint }: PromptProblem): string {
  const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`
  return `${place} ${message}.${hint === undefined ? '' : ` ${hint}`}`
}

/** The error that reports problems of files: the first gives code and place, all are in the message. */
export function problemsError(problems: readonly [PromptProblem, ...PromptProblem[]]): PromptError {
  const [first] = problems
  return new PromptError(first.code, problems.map(printPromptProblem).join('\n'), {
    problems,
    file: first.file,
    ...(first.line !== undefined && { line: first.line }),
    ...(first.hint !== undefined && { hint: first.hint }),
  })
}
