import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { readProjectFile } from '../project-files.ts'
import { PromptError } from '../prompt-error.ts'
import type { PromptSettings } from '../prompt-file.ts'
import type { RenderedMessage } from '../render-prompt.ts'

/** What is asked of a model. */
export interface PromptQuestion {
  readonly messages: readonly RenderedMessage[]
  readonly settings: PromptSettings
}

export interface PromptAnswer {
  readonly content: string
  readonly provider: string
  readonly model: string
  /** Unknown for models without a price. */
  readonly costUsd: number | null
}

/** Answers a question; undefined when there is no recorded answer. */
export type Ask = (question: PromptQuestion) => Promise<PromptAnswer | undefined>

const recording = z.object({
  content: z.string(),
  provider: z.string(),
  model: z.string(),
  costUsd: z.number().nullable(),
  recordedAt: z.string(),
})
const recordings = z.record(z.string(), recording)
type Recordings = z.output<typeof recordings>

/** Where recorded answers stand, relative to the project. */
export function recordingsFile(name: string): string {
  return `prompts/${name}/recordings.json`
}

/** Answers from the project's recordings. A changed prompt is another question, and has no recorded answer. */
export function askRecordings(root: string, name: string): Ask {
  const known = readRecordings(root, name)
  return async (question) => known[keyOf(question)]
}

/** Asks for real, and keeps every answer with provider, model and date for later runs without a network. */
export function askAndRecord(root: string, name: string, ask: Ask, now: () => Date): Ask {
  return async (question) => {
    const answer = await ask(question)
    if (answer === undefined) return undefined
    const { content, provider, model, costUsd } = answer
    const all = {
      ...readRecordings(root, name),
      [keyOf(question)]: { content, provider, model, costUsd, recordedAt: now().toISOString() },
    }
    const sorted = Object.fromEntries(Object.entries(all).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    writeFileSync(join(root, recordingsFile(name)), `${JSON.stringify(sorted, null, 2)}\n`)
    return answer
  }
}

function readRecordings(root: string, name: string): Recordings {
  const file = recordingsFile(name)
  const text = readProjectFile(root, file)?.text
  if (text === undefined) return {}
  try {
    return recordings.parse(JSON.parse(text))
  } catch (cause) {
    const hint = 'Restore it with git, or remove it and record again: rgen prompts test --live --record.'
    throw new PromptError('PROMPT_TESTS', `${file} is not a file of recorded answers.`, { file, hint, cause })
  }
}

function keyOf({ messages, settings }: PromptQuestion): string {
  const { model, temperature, maxTokens } = settings
  const parts = [
    messages.map(({ role, content }) => [role, content]),
    model ?? null,
    temperature ?? null,
    maxTokens ?? null,
  ]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}
