import type { Io } from './io.ts'

/** A flag of a command. It stands in {@link OptionTable} under its camelCase name: `dryRun` is `--dry-run`. */
export interface Option {
  /**
   * `boolean`: `--force`, and `--no-force`. `string` and `integer` take a value. `optional-string` takes one only
   * behind `=`: `--dry-run`, `--dry-run=diff`.
   */
  readonly type: 'boolean' | 'string' | 'integer' | 'optional-string'
  /** One sentence, starting with a capital, for help and docs/cli.md. */
  readonly description: string
  /** What the value is, in help: `<name>` unless given. */
  readonly value?: string
  /** One letter: `-f`. */
  readonly short?: string
  readonly choices?: readonly string[]
  /** May be written several times, or once with commas; the value is always a list. */
  readonly repeatable?: boolean
  /** A boolean that is on unless `--no-…` is written, or the value of an `optional-string` written without `=`. */
  readonly default?: boolean | string | number
}

export type OptionTable = Readonly<Record<string, Option>>

type ValueOf<O extends Option> = O['type'] extends 'boolean'
  ? boolean
  : O extends { readonly repeatable: true }
    ? readonly string[]
    : O['type'] extends 'integer'
      ? O extends { readonly default: number }
        ? number
        : number | undefined
      : O extends { readonly type: 'string'; readonly default: string }
        ? string
        : string | undefined

/** What the flags of a table come to: nothing written is `false`, `[]`, the default, or undefined. */
export type OptionValues<O extends OptionTable> = { readonly [name in keyof O]: ValueOf<O[name]> }

/** An argument that stands alone, in order. */
export interface Argument {
  readonly name: string
  readonly description: string
  readonly required: boolean
}

/** One call of a command: what was written, and the world. */
export interface Invocation<O extends OptionTable = OptionTable> {
  /** As many as the command declares at most; a missing optional one is absent. */
  readonly arguments: readonly string[]
  readonly options: OptionValues<O>
  /** Which options were written, and not left to their defaults. */
  readonly written: ReadonlySet<string>
  readonly io: Io
  /** Stacks may be shown (`--debug`). */
  readonly debug: boolean
}

/** A line that teaches: what to type, and what it is for. */
export interface Example {
  readonly command: string
  readonly note: string
}

/** One command. It lives in a file of its own under commands/, which is loaded only when it is called. */
export interface Command<O extends OptionTable = OptionTable> {
  /** Some sentences under the usage line: what it does, what it leaves alone. */
  readonly description: string
  readonly arguments?: readonly Argument[]
  /** `run` asks for required arguments that are missing, or says itself which they are. */
  readonly asksForMissing?: boolean
  readonly options?: O
  readonly examples: readonly Example[]
  /** What is true of the user's project when this command fails: `nothing was written`. */
  readonly afterFailure?: string
  /**
   * Does the work.
   * @returns the exit code: 0, or 1 when what was asked failed and the output has said so.
   * @throws an error with `code` and `hint`, which the caller prints.
   */
  run(invocation: Invocation<O>): Promise<number>
}

/** A command that only holds others: `rgen prompts list`. */
export interface CommandGroup {
  readonly description: string
  readonly commands: readonly CommandEntry[]
  readonly examples: readonly Example[]
}

/** A row of the command table: all that `rgen --help` needs, so that it loads no command. */
export interface CommandEntry {
  readonly name: string
  readonly aliases?: readonly string[]
  /** A few words, for lists of commands. */
  readonly summary: string
  /** The heading it stands under in `rgen --help`. */
  readonly group?: string
  load(): Promise<Command | CommandGroup>
}

/** Gives `run` the types of the command's own options. */
export function defineCommand<const O extends OptionTable>(command: Command<O>): Command {
  return command
}

export function isGroup(node: Command | CommandGroup): node is CommandGroup {
  return 'commands' in node
}
