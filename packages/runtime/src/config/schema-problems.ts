import type { z } from 'zod'
import type { ConfigProblem } from './config-error.ts'
import { didYouMean } from './did-you-mean.ts'
import { knownKeys } from './known-keys.ts'
import { locate, locateKey, printPath } from './path.ts'
import type { ConfigPath, Tree } from './yaml-tree.ts'

export type SchemaIssue = z.core.$ZodIssue

/** What the schema finds wrong, in our words and with places. Never quotes a value of the file. */
export function describeIssues(
  issues: readonly SchemaIssue[],
  { tree, file, schema }: { readonly tree: Tree; readonly file: string; readonly schema: z.ZodType },
): ConfigProblem[] {
  return issues.flatMap(innermostIssues).flatMap((issue): ConfigProblem[] => {
    const path = configPath(issue.path)
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => unknownKey(key, path, knownKeys(schema, path), tree, file))
    const message = describeIssue(issue, path)
    return [{ code: 'CONFIG_INVALID', message, file, path, ...locate(tree, path) }]
  })
}

/**
 * The issues that tell the user most. Of the alternatives of a union, that one is explained which the value
 * resembles most, when there is one: it has the right type, then the right word, then the fewest complaints.
 */
export function innermostIssues(issue: SchemaIssue): SchemaIssue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue]
  const branches = issue.errors.map((branch) =>
    branch.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })).flatMap(innermostIssues),
  )
  const distances = branches.map((branch) => distanceOf(branch, issue.path.length))
  const nearest = Math.min(...distances)
  const best = branches.filter((_, index) => distances[index] === nearest)
  return nearest < wrongType && best.length === 1 ? (best[0] ?? [issue]) : [issue]
}

const wrongWord = 1_000
const wrongType = 1_000_000

function distanceOf(branch: readonly SchemaIssue[], depth: number): number {
  const here = branch.filter((issue) => issue.path.length === depth)
  if (here.some(({ code }) => code === 'invalid_type' || code === 'invalid_union')) return wrongType
  return here.some(({ code }) => code === 'invalid_value') ? wrongWord : branch.length
}

function unknownKey(
  key: string,
  parent: ConfigPath,
  known: string[],
  tree: Tree,
  file: string,
): ConfigProblem {
  const nearest = didYouMean(key, known)
  const place = parent.length === 0 ? '' : ` in ${printPath(parent)}`
  return {
    code: 'CONFIG_UNKNOWN_KEY',
    message: `unknown key "${key}"${place}`,
    file,
    path: [...parent, key],
    ...locateKey(tree, parent, key),
    ...(nearest !== undefined
      ? { hint: `Did you mean "${nearest}"?` }
      : known.length > 0 && { hint: `Known keys: ${known.join(', ')}.` }),
  }
}

function describeIssue(issue: SchemaIssue, path: ConfigPath): string {
  const name = path.length === 0 ? 'the file' : printPath(path)
  if (issue.code === 'invalid_type') {
    const got = /received (\w+)$/.exec(issue.message)?.[1]
    const expected = typeNames[issue.expected] ?? issue.expected
    if (got === 'undefined') return `${name} is missing (${expected})`
    return `${name} must be ${expected}${got === undefined ? '' : `, not ${typeNames[got] ?? got}`}`
  }
  if (issue.code === 'invalid_value') return `${name} must be ${anyOf(issue.values)}`
  if (issue.code === 'invalid_union' && 'options' in issue && Array.isArray(issue.options))
    return `${name} must be ${anyOf(issue.options)}`
  if (issue.code === 'invalid_union') return `${name} has none of the forms that are allowed here`
  if (issue.code === 'invalid_key')
    return `${name}: ${issue.issues[0] === undefined ? 'the key is not allowed' : lowerFirst(issue.issues[0].message)}`
  return `${name}: ${lowerFirst(issue.message)}`
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
  null: 'empty',
  undefined: 'missing',
}

function anyOf(values: readonly unknown[]): string {
  const texts = values.map(String)
  return texts.length === 1 ? String(texts[0]) : `one of ${texts.join(', ')}`
}

function lowerFirst(text: string): string {
  const plain = text.replace(
    /^Too (small|big): expected \w+ to (have|be) /,
    (_, size: string, verb: string) =>
      verb === 'be' ? `must be ` : `too ${size === 'small' ? 'short' : 'long'}, must have `,
  )
  return plain.charAt(0).toLowerCase() + plain.slice(1).replace(/\.$/, '')
}

function configPath(path: readonly PropertyKey[]): ConfigPath {
  return path.map((key) => (typeof key === 'number' ? key : String(key)))
}
