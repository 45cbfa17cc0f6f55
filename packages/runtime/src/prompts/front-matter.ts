import { z } from 'zod'

/** A prompt's file in two parts, before either is read. Lines are counted from 1. */
export interface SplitPromptFile {
  readonly kind: 'split'
  readonly frontMatter: string
  readonly frontMatterLine: number
  readonly body: string
  readonly bodyLine: number
}

export interface SplitFailure {
  readonly kind: 'failure'
  readonly line: number
  readonly message: string
  readonly hint: string
}

const opening = /^\s*(?:<!--[\s\S]*?-->\s*)?/

/**
 * Splits a prompt's file: an optional HTML comment, the front matter between two lines of `---`, the template. What
 * stands between the lines is YAML and nothing else; there is no `---js`.
 */
export function splitPromptFile(text: string): SplitPromptFile | SplitFailure {
  const start = opening.exec(text)?.[0].length ?? 0
  const lineOf = (offset: number) => text.slice(0, offset).split('\n').length
  const first = /^---[ \t]*(?:\n|$)/.exec(text.slice(start))
  if (!first)
    return {
      kind: 'failure',
      line: lineOf(start),
      message: 'the file does not begin with front matter',
      hint: 'Begin it with a line ---, then version: 1.0.0 and other settings, then a line ---.',
    }
  const from = start + first[0].length
  const last = /^---[ \t]*(?:\n|$)/m.exec(text.slice(from))
  if (!last)
    return {
      kind: 'failure',
      line: lineOf(start),
      message: 'the front matter is not closed',
      hint: 'End it with a line that holds nothing but ---.',
    }
  const end = from + last.index
  const bodyStart = end + last[0].length
  return {
    kind: 'split',
    frontMatter: text.slice(from, end),
    frontMatterLine: lineOf(from),
    body: text.slice(bodyStart),
    bodyLine: lineOf(bodyStart),
  }
}

const inputType = z.enum(['string', 'number', 'boolean', 'object', 'array'])

const input = z.strictObject({
  type: inputType.optional().describe('What the variable holds; it becomes its type in TypeScript.'),
  description: z.string().optional(),
  max_length: z.int().min(1).optional().describe('The longest text, in characters, that may be inserted.'),
  fence: z.boolean().optional().describe('Put the value between two lines that nobody can guess.'),
})

/** The front matter of a prompt's file. Its settings are the defaults of the call that uses the prompt. */
export const frontMatterSchema = z.strictObject({
  version: z.string().describe('Equal to the key in config/prompts.yaml and to the name of the file.'),
  model: z.string().min(1).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  max_tokens: z.int().min(1).nullish(),
  description: z.string().nullish(),
  inputs: z
    .union([z.array(z.string()), z.record(z.string(), z.union([inputType, input]))])
    .nullish()
    .describe('The variables of the template: their types, caps and meaning.'),
  output: z
    .union([z.string(), z.record(z.string(), z.unknown())])
    .nullish()
    .describe('What the answer looks like: words, or a JSON Schema.'),
  changelog: z
    .union([z.string(), z.array(z.string())])
    .nullish()
    .describe('What is different from the version before.'),
  fence: z.boolean().default(false).describe('Put every value between two lines that nobody can guess.'),
})

export type FrontMatter = z.output<typeof frontMatterSchema>
/** What the front matter says of one variable. */
export type PromptInput = z.output<typeof input>

/** The inputs of a front matter in their long form, by name. */
export function inputsOf({ inputs }: FrontMatter): Record<string, PromptInput> {
  if (inputs == null) return {}
  if (Array.isArray(inputs)) return Object.fromEntries(inputs.map((name) => [name, {}]))
  return Object.fromEntries(
    Object.entries(inputs).map(([name, given]) => [
      name,
      typeof given === 'string' ? { type: given } : given,
    ]),
  )
}
