import { emitText, parse, type Resource } from '@rgen/grammar'
import {
  collect,
  GenerateError,
  questionsOf,
  resourcesOf,
  type Answers,
  type Asker,
  type Conflict,
  type ConflictAnswer,
  type FilePlan,
  type ProjectSnapshot,
} from '@rgen/plop'
import type { Io } from '../io.ts'
import { printPlan } from './print-plan.ts'

/** Whoever can answer: a person at a terminal, or a test. */
export interface Questions {
  readonly ask: Asker
  readonly conflict: (conflict: Conflict, show: string | undefined) => Promise<ConflictAnswer>
  /** Asks for an expression, with a preview. `steps` are those that the project has. */
  readonly expression: (steps: readonly Resource[]) => Promise<string>
}

/** The terminal. Loads the library that draws prompts, so it is called when the first question is to be asked. */
export async function terminalQuestions(): Promise<Questions> {
  const { askConflict, askOnTerminal } = await import('@rgen/plop/terminal')
  return {
    ask: askOnTerminal,
    conflict: askConflict,
    async expression(steps) {
      const { askExpression } = await import('./expression-prompt.ts')
      try {
        return await askExpression({ steps })
      } catch (cause) {
        if (cause instanceof Error && cause.name === 'ExitPromptError')
          throw new GenerateError('GEN_QUIT', 'Stopped at your word. Nothing was written.', { cause })
        throw cause
      }
    },
  }
}

/** Asks for what was not given. An expression is written with a preview of its tree. */
export async function askForAnswers(
  generator: string,
  given: Answers,
  project: ProjectSnapshot,
  questions: Questions,
): Promise<Answers> {
  const steps = resourcesOf(project).map(({ exportName, kind }) => ({ name: exportName, kind }))
  return collect(given, questionsOf(generator, project), (question) =>
    question.key === 'operators' ? questions.expression(steps) : questions.ask(question),
  )
}

/**
 * Shows what a pipeline that was put together at the terminal would become, and asks whether to write it.
 *
 * @throws {GenerateError} GEN_QUIT when the answer is no.
 */
export async function confirmPicture(
  plan: FilePlan,
  answers: Answers,
  questions: Questions,
  io: Io,
): Promise<void> {
  if (typeof answers.operators !== 'string') return
  const picture = emitText(parse(answers.operators))
  io.stderr.write(`\n${picture}\n${printPlan(plan, { detail: 'minimal', io, end: 'none' })}\n`)
  const yes = await questions.ask({
    type: 'yes-no',
    key: 'write',
    message: 'Write these files?',
    default: true,
  })
  if (yes !== true) throw new GenerateError('GEN_QUIT', 'Stopped at your word. Nothing was written.')
}
