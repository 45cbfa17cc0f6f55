import { createHash } from 'node:crypto'
import { ConfigError } from '../config/config-error.ts'
import { parseConfigDocument } from '../config/parse-config.ts'
import {
  frontMatterSchema,
  inputsOf,
  splitPromptFile,
  type FrontMatter,
  type PromptInput,
} from './front-matter.ts'
import { problemsError, type PromptProblem } from './prompt-error.ts'
import { readMessages, type MessageTemplate } from './read-messages.ts'
import { templateVariables } from './template.ts'

/** Defaults of the call that uses the prompt. */
export interface PromptSettings {
  readonly model?: string
  readonly temperature?: number
  readonly maxTokens?: number
}

/** One version of a prompt, read and checked. */
export interface PromptVersion {
  readonly name: string
  readonly version: string
  /** Relative to the project. */
  readonly file: string
  /** SHA-256 of the file, line ends normalised, in hexadecimal. */
  readonly hash: string
  readonly description?: string
  readonly changelog?: readonly string[]
  readonly settings: PromptSettings
  readonly messages: readonly MessageTemplate[]
  /** All variables, each once: `topic`, `customer.name`. */
  readonly variables: readonly string[]
  /** What the front matter says of variables, by their first name; may be empty. */
  readonly inputs: Readonly<Record<string, PromptInput>>
  readonly output?: string | Readonly<Record<string, unknown>>
  /** Whether every value is put between lines that nobody can guess. */
  readonly fence: boolean
}

export interface PromptFileSource {
  readonly name: string
  /** The registry's key. */
  readonly version: string
  readonly file: string
  readonly text: string
}

/** Line ends as `\n`, no byte order mark: what is hashed, so that a checkout on Windows is the same prompt. */
export function normalizeText(text: string): string {
  return text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n')
}

/** SHA-256 in hexadecimal of a prompt's file, line ends normalised. */
export function hashPrompt(text: string): string {
  return createHash('sha256').update(normalizeText(text), 'utf8').digest('hex')
}

/**
 * Reads one version's file.
 *
 * @throws {PromptError} `PROMPT_FILE` or `PROMPT_TEMPLATE`, with file and line, when it is not in order.
 */
export function parsePromptFile({ name, version, file, text: raw }: PromptFileSource): PromptVersion {
  const text = normalizeText(raw)
  const parts = splitPromptFile(text)
  if (parts.kind === 'failure') {
    const { line, message, hint } = parts
    throw problemsError([{ code: 'PROMPT_FILE', file, line, message, hint }])
  }
  const { frontMatter, versionAt } = readFrontMatter(parts.frontMatter, parts.frontMatterLine, file)
  if (frontMatter.version !== version)
    throw problemsError([
      {
        code: 'PROMPT_FILE',
        file,
        ...versionAt,
        message: `the front matter says version ${JSON.stringify(frontMatter.version)}, the registry says "${version}"`,
        hint: 'Both must be the same; to make a new version, use rgen prompts bump.',
      },
    ])
  const messages = readMessages(parts.body, parts.bodyLine, file)
  const { description, output, fence, changelog } = frontMatter
  return {
    name,
    version,
    file,
    hash: hashPrompt(text),
    ...(description != null && { description }),
    ...(changelog != null && { changelog: [changelog].flat() }),
    settings: settingsOf(frontMatter),
    messages,
    variables: [...new Set(messages.flatMap(({ template }) => templateVariables(template)))],
    inputs: inputsOf(frontMatter),
    ...(output != null && { output }),
    fence,
  }
}

function readFrontMatter(text: string, firstLine: number, file: string) {
  const source = { text, file, firstLine, schema: frontMatterSchema, env: undefined, verbatim: ['version'] }
  try {
    const document = parseConfigDocument(source)
    return { frontMatter: document.value, versionAt: document.locate(['version']) }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const [first, ...others] = error.problems.map((problem): PromptProblem => ({
      ...problem,
      code: 'PROMPT_FILE',
    }))
    throw first ? problemsError([first, ...others]) : error
  }
}

function settingsOf({ model, temperature, max_tokens }: FrontMatter): PromptSettings {
  return {
    ...(model != null && { model }),
    ...(temperature != null && { temperature }),
    ...(max_tokens != null && { maxTokens: max_tokens }),
  }
}
