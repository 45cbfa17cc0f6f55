import checkbox from '@inquirer/checkbox'
import confirm from '@inquirer/confirm'
import expand from '@inquirer/expand'
import input from '@inquirer/input'
import select from '@inquirer/select'
import type { ConflictAnswer } from '../plan/conflicts.ts'
import type { Conflict } from '../plan/plan.ts'
import { GenerateError } from '../errors.ts'
import type { Answer, Asker, Question } from './question.ts'

// The only file that draws prompts. Importing it loads inquirer, so it is imported when the first question is asked.
// Its prompts come one by one: the package `inquirer` around them brings 6 MB that nothing here needs.

/** Asks on the terminal. @throws {GenerateError} `GEN_QUIT` when the person presses Ctrl+C. */
export const askOnTerminal: Asker = (question) => quitting(promptFor(question))

/** Asks what to do with one file that exists with other content, as Rails does. */
export async function askConflict(conflict: Conflict, show: string | undefined): Promise<ConflictAnswer> {
  if (show !== undefined) process.stdout.write(show)
  return quitting(
    expand<ConflictAnswer>({
      message: `${conflict.path} exists with other content. Overwrite?`,
      choices: [
        { key: 'y', value: 'overwrite', name: 'overwrite' },
        { key: 'n', value: 'skip', name: 'skip: keep the file as it is' },
        { key: 'a', value: 'all', name: 'overwrite this and all others' },
        { key: 'd', value: 'diff', name: 'show the difference' },
        { key: 'q', value: 'quit', name: 'quit: write nothing' },
      ],
      default: 'd',
    }),
  )
}

function promptFor(question: Question): Promise<Answer> {
  const { message } = question
  switch (question.type) {
    case 'text':
      return input({
        message,
        ...(question.default !== undefined && { default: question.default }),
        ...(question.check && { validate: question.check }),
      })
    case 'yes-no':
      return confirm({ message, default: question.default })
    case 'one':
      return select({
        message,
        choices: question.choices.map(({ value, label }) => ({ value, name: label })),
        ...(question.default !== undefined && { default: question.default }),
      })
    case 'several':
      return checkbox({
        message,
        choices: question.choices.map(({ value, label }) => ({
          value,
          name: label,
          checked: question.default?.includes(value) ?? false,
        })),
        required: question.atLeastOne ?? false,
      })
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
