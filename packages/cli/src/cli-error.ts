/** A place in a text the user wrote: an argument or a file. Lines and columns start at 1. */
export interface TextLocation {
  /** What the text is called: `config/tools.yaml`, `--input`. */
  readonly name: string
  readonly line: number
  readonly column: number
  /** The text itself, when it may be shown. */
  readonly text?: string
}

export type CliErrorCode =
  | 'CLI_UNKNOWN_COMMAND'
  | 'CLI_UNKNOWN_OPTION'
  | 'CLI_MISSING_ARGUMENT'
  | 'CLI_EXTRA_ARGUMENT'
  | 'CLI_MISSING_VALUE'
  | 'CLI_INVALID_VALUE'
  | 'CLI_NO_PROJECT'
  | 'CLI_INVALID_JSON'
  | 'CLI_NO_SERVICE'
  | 'CLI_NOT_INSTALLED'
  | 'CLI_SERVICE_ENDED'
  | 'CLI_NEVER_STARTED'
  | 'CLI_NOT_RUNNING'
  | 'CLI_UNKNOWN_NAME'
  | 'CLI_AMBIGUOUS_NAME'
  | 'CLI_UNKNOWN_RUN'
  | 'CLI_TIMEOUT'
  | 'CLI_MISSING_ANSWER'
  | 'CLI_REPLAY_FAILED'

/** A word that is not known, and those that are: printing the error looks for the nearest. */
export interface Misspelling {
  readonly word: string
  readonly candidates: readonly string[]
  /** How the word that was meant is shown: `--json`. */
  readonly show: (candidate: string) => string
}

export interface CliErrorDetails {
  readonly hint?: string | undefined
  readonly misspelling?: Misspelling
  readonly location?: TextLocation
  readonly cause?: unknown
  /** 1 unless given; {@link UsageError} says 2, and 130 is an end by Ctrl+C. */
  readonly exitCode?: 2 | 130
}

/** What was asked was understood, and could not be done. The process ends with 1. */
export class CliError extends Error {
  readonly code: CliErrorCode
  readonly hint: string | undefined
  readonly misspelling: Misspelling | undefined
  readonly location: TextLocation | undefined
  readonly exitCode: number

  constructor(code: CliErrorCode, message: string, details: CliErrorDetails = {}) {
    super(message, { cause: details.cause })
    this.name = new.target.name
    this.code = code
    this.hint = details.hint
    this.misspelling = details.misspelling
    this.location = details.location
    this.exitCode = details.exitCode ?? 1
  }
}

/** What was written is not a command of ours, or lacks something. The process ends with 2. */
export class UsageError extends CliError {
  constructor(code: CliErrorCode, message: string, details: CliErrorDetails = {}) {
    super(code, message, { ...details, exitCode: 2 })
  }
}
