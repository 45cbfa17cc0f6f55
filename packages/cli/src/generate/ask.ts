import type { Conflict, ConflictAnswer, Generator } from '@rgen/plop'
import type { Io } from '../io.ts'
import type { Answers } from './generate-command.ts'

/** Asks for what a generator cannot do without, until each is answered. */
export async function askForAnswers(
  generator: Generator,
  missing: readonly string[],
  io: Io,
): Promise<Answers> {
  const answers: Record<string, unknown> = {}
  for (const key of missing) {
    const description =
      (generator.request.shape[key] as { description?: string } | undefined)?.description ?? key
    io.stderr.write(`${io.stderr.style.dim(description)}\n`)
    let answer = ''
    while (answer === '') answer = (await io.ask(`${key}: `)).trim()
    answers[key] = answer
  }
  return answers
}

const menu: readonly (readonly [key: string, answer: ConflictAnswer, what: string])[] = [
  ['y', 'overwrite', 'yes, overwrite it'],
  ['n', 'skip', 'no, keep yours'],
  ['a', 'all', 'overwrite this and all that follow'],
  ['d', 'diff', 'show the difference'],
  ['q', 'quit', 'stop, and write nothing at all'],
]

/** The question of Rails about a file that exists with other content. Nothing is overwritten by a bare Enter. */
export async function askAboutConflict(
  conflict: Conflict,
  show: string | undefined,
  io: Io,
): Promise<ConflictAnswer> {
  const { style } = io.stderr
  if (show !== undefined) io.stderr.write(show)
  for (;;) {
    const keys = menu.map(([key]) => key).join('')
    const answer = (
      await io.ask(`${style.yellow('conflict')} ${conflict.path} exists. Overwrite? [${keys}h] `)
    ).trim()
    const chosen = menu.find(([key, name]) => key === answer.toLowerCase() || name === answer.toLowerCase())
    if (chosen) return chosen[1]
    io.stderr.write(menu.map(([key, , what]) => `  ${style.cyan(key)}  ${what}\n`).join(''))
  }
}
