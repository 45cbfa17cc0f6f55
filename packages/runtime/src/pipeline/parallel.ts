import { AgentError, cancelScope } from '@rgen/engine/workflow'
import { copyJson, sameJson } from './json.ts'
import { write } from './progress.ts'
import type { Progress, StepResult } from './progress.ts'

/** One side of `A ⊕ B`. */
export type Branch<Token extends object> = (progress: Progress<Token>) => Promise<Progress<Token>>

/**
 * By key of the token: makes one value of those that branches have written, in the order of the branches.
 *
 * @example const rules: MergeRules = { sources: (lists) => lists.flat() }
 */
export type MergeRules = Readonly<Record<string, (values: readonly unknown[]) => unknown>>

/**
 * Runs branches at once, each on a copy of the token, and joins what they have written in the order in which they
 * are given. When one fails, the others are cancelled and waited for, and its error is thrown.
 *
 * @param merge What to do with a key to which branches wrote different values; without a rule that is an error.
 * @throws {AgentError} PIPELINE_CONFLICT for two values of one key, or whatever the first branch to fail threw.
 * @example progress = await parallel(progress, [text, images], rules.mergeTextImages)
 */
export async function parallel<Token extends object>(
  progress: Progress<Token>,
  branches: readonly Branch<Token>[],
  merge: MergeRules = {},
): Promise<Progress<Token>> {
  const begun = branches.map((branch) =>
    cancelScope(() => branch({ token: copyJson(progress.token), result: progress.result, written: {} })),
  )
  const results = begun.map((scope) => scope.result)
  try {
    return join(progress, await Promise.all(results), merge)
  } catch (error) {
    for (const scope of begun) scope.cancel()
    await Promise.allSettled(results)
    throw error
  }
}

function join<Token extends object>(
  before: Progress<Token>,
  branches: readonly Progress<Token>[],
  merge: MergeRules,
): Progress<Token> {
  const values = new Map<string, unknown[]>()
  for (const { written } of branches) {
    for (const [key, value] of Object.entries(written)) {
      const known = values.get(key)
      if (known === undefined) values.set(key, [value])
      else known.push(value)
    }
  }
  const joined = [...values].map(([key, all]): [string, unknown] => [key, oneOf(key, all, merge)])
  const latest = new Set(branches.flatMap(({ result }) => Object.keys(result)))
  return write(before, fromEntries(joined), fromEntries(joined.filter(([key]) => latest.has(key))))
}

function oneOf(key: string, values: readonly unknown[], merge: MergeRules): unknown {
  const [first] = values
  if (values.every((value) => sameJson(value, first))) return first
  if (Object.hasOwn(merge, key)) return merge[key]?.(values)
  throw AgentError.nonRetryable(
    `Parallel branches wrote different values to "${key}": give a merge rule for it in the pipeline's rules file`,
    'PIPELINE_CONFLICT',
  )
}

function fromEntries(entries: readonly (readonly [string, unknown])[]): StepResult {
  return Object.fromEntries(entries)
}
