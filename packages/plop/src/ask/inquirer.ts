import inquirer from 'inquirer'
import type { ConflictAnswer } from '../plan/conflicts.ts'
import type { Conflict } from '../plan/plan.ts'
import { GenerateError } from '../errors.ts'
import type { Answer, Asker, Question } from './question.ts'

// The only file that draws prompts. Importing it loads inquirer, so it is imported when the first question is asked.

/** Asks on the terminal. @throws {GenerateError} `GEN_QUIT` when the person presses Ctrl+C. */
export const askOnTerminal: Asker = async (question) => {
  const answers = await quitting(inquirer.prompt<{ answer: Answer }>([promptOf(question)]))
  return answers.answer
}

/** Asks what to do with one file that exists with other content, as Rails does. */
export async function askConflict(conflict: Conflict, show: string | undefined): Promise<ConflictAnswer> {
  if (show !== undefined) process.stdout.write(show)
  const choices: { value: ConflictAnswer; name: string; key: string }[] = [
    { key: 'y', value: 'overwrite', name: 'overwrite' },
    { key: 'n', value: 'skip', name: 'skip: keep the file as it is' },
    { key: 'a', value: 'all', name: 'overwrite this and all others' },
    { key: 'd', value: 'diff', name: 'show the difference' },
    { key: 'q', value: 'quit', name: 'quit: write nothing' },
  ]
  const message = `${conflict.path} exists with other content. Overwrite?`
  const prompt = { type: 'expand' as const, name: 'answer' as const, message, choices, default: 'd' as const }
  return (await quitting(inquirer.prompt<{ answer: ConflictAnswer }>([prompt]))).answer
}

function promptOf(question: Question) {
  const { message } = question
  switch (question.type) {
    case 'text':
      return {
        type: 'input' as const,
        name: 'answer' as const,
        message,
        default: question.default,
        validate: question.check ?? (() => true as const),
      }
    case 'yes-no':
      return { type: 'confirm' as const, name: 'answer' as const, message, default: question.default }
    case 'one':
      return {
        type: 'select' as const,
        name: 'answer' as const,
        message,
        choices: question.choices.map(({ value, label }) => ({ value, name: label })),
        default: question.default,
      }
    case 'several':
      return {
        type: 'checkbox' as const,
        name: 'answer' as const,
        message,
        choices: question.choices.map(({ value, label }) => ({
          value,
          name: label,
          checked: question.default?.includes(value) ?? false,
        })),
      }
  }
}

async function quitting<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof Error && error.name === 'ExitPromptError')
      throw new GenerateError('GEN_QUIT', 'Stopped at your word. Nothing was written.', { cause: error })
    throw error
  }
}
