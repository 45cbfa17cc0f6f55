import { copyJson } from './json.ts'

/** What a step of a pipeline answered, as an object: anything else stands under the step's name. */
export type StepResult = Readonly<Record<string, unknown>>

/** How far a run of a pipeline has come. */
export interface Progress<Token extends object> {
  /** The value that flows: what the pipeline was given, and what its steps have added to it. */
  readonly token: Token
  /** The result of the latest step, which rules look at. After a join, that of all branches together. */
  readonly result: StepResult
  /** Everything that was written since the pipeline or this branch of it began: what a join compares. */
  readonly written: StepResult
}

/**
 * The progress of a pipeline that has done nothing yet.
 *
 * @example let progress = begin(input)
 */
export function begin<Token extends object>(token: Token): Progress<Token> {
  return { token: copyJson(token), result: {}, written: {} }
}

/** Adds what was written to the token. */
export function write<Token extends object>(
  progress: Progress<Token>,
  changes: StepResult,
  result: StepResult,
): Progress<Token> {
  return {
    token: { ...progress.token, ...changes },
    result,
    written: { ...progress.written, ...changes },
  }
}
