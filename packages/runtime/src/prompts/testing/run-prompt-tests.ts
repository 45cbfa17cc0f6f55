import { PromptError } from '../prompt-error.ts'
import type { PromptRegistry, RenderedPrompt } from '../registry.ts'
import { checkAnswer, judgeAnswer } from './check-answer.ts'
import type { Ask } from './recordings.ts'
import type { PromptTestCase } from './tests-file.ts'

/** One case with one version. */
export interface PromptTestResult {
  readonly test: string
  readonly version: string
  /** `unrecorded`: an answer is needed and there is none; nothing can be said. */
  readonly status: 'passed' | 'failed' | 'unrecorded'
  /** What was not as expected. */
  readonly failures: readonly string[]
  readonly model?: string
  readonly costUsd?: number | null
}

export interface PromptTestRequest {
  readonly prompts: PromptRegistry
  readonly name: string
  /** Versions, ranges or labels; each case is tried with each. */
  readonly versions: readonly (string | undefined)[]
  readonly cases: readonly PromptTestCase[]
  readonly ask: Ask
}

/** Tries every case with every version, in order. */
export async function runPromptTests(request: PromptTestRequest): Promise<PromptTestResult[]> {
  const results: PromptTestResult[] = []
  for (const each of request.cases)
    for (const version of request.versions) results.push(await runCase(request, each, version))
  return results
}

async function runCase(
  { prompts, name, ask }: PromptTestRequest,
  each: PromptTestCase,
  request: string | undefined,
) {
  const { version } = prompts.resolve(name, request)
  const result = { test: each.name, version }
  let rendered: RenderedPrompt
  try {
    rendered = prompts.render(name, version, each.variables)
  } catch (error) {
    if (!(error instanceof PromptError)) throw error
    return { ...result, status: 'failed' as const, failures: [error.message] }
  }
  return { ...result, ...(await judgeCase(rendered, each, ask)) }
}

async function judgeCase(
  { messages, settings }: RenderedPrompt,
  { expect }: PromptTestCase,
  ask: Ask,
): Promise<Omit<PromptTestResult, 'test' | 'version'>> {
  const text = messages.map(({ content }) => content).join('\n')
  const failures = (expect.prompt_contains ?? [])
    .filter((part) => !text.includes(part))
    .map((part) => `the prompt does not contain ${JSON.stringify(part)}`)
  if (Object.keys(expect).every((kind) => kind === 'prompt_contains')) return outcome(failures)
  const answer = await ask({ messages, settings })
  if (!answer) return { status: 'unrecorded', failures }
  failures.push(...checkAnswer(answer, expect))
  const { model, costUsd } = answer
  if (expect.judge === undefined) return { ...outcome(failures), model, costUsd }
  const judged = await judgeAnswer(ask, expect.judge, answer)
  if (!judged) return { status: 'unrecorded', failures, model, costUsd }
  return { ...outcome([...failures, ...judged]), model, costUsd }
}

function outcome(failures: readonly string[]) {
  return { status: failures.length === 0 ? ('passed' as const) : ('failed' as const), failures }
}
