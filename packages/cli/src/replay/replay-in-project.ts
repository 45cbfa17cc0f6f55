import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RunHistory } from '@rgen/engine'
import { CliError, type TextLocation } from '../cli-error.ts'
import { findMistake } from '../service/source-mistake.ts'
import type { ReplayAnswer } from './replay-answer.ts'

/**
 * Replays a history against the code of a project, in a process of its own that can read TypeScript. Nothing is
 * executed but agents and workflows: no step runs, no event leaves.
 *
 * @throws {CliError} CLI_REPLAY_FAILED when the code of the project cannot be imported.
 */
export async function replayInProject(root: string, history: RunHistory): Promise<ReplayAnswer> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', fileURLToPath(new URL('./child.js', import.meta.url))],
    {
      cwd: root,
      stdio: ['pipe', 'ignore', 'pipe', 'ipc'],
    },
  )
  let complaints = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaints += text))
  // A child that dies of the project's code closes its end first; why it died is what is told.
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(JSON.stringify(history))
  return new Promise((resolve, reject) => {
    let answer: ReplayAnswer | undefined
    child.once('message', (message) => (answer = message as ReplayAnswer))
    child.once('error', reject)
    child.once('close', () => {
      if (answer) resolve(answer)
      else reject(importFailure(complaints, root))
    })
  })
}

function importFailure(complaints: string, root: string): CliError {
  const mistake = findMistake(complaints.split('\n'), root)
  const firstError = /^\w*Error.*$/m.exec(complaints)?.[0]
  return new CliError(
    'CLI_REPLAY_FAILED',
    mistake?.message ?? firstError ?? 'The code of the project cannot be imported',
    {
      ...(mistake && { location: mistake.location }),
      hint: 'A history is replayed against code that can be imported: mend this first.',
    },
  )
}

/** The place that an answer names, with its text. */
export function locationOf(source: string | undefined, root: string): TextLocation | undefined {
  const [, file = '', line, column] = /^(.+):(\d+):(\d+)$/.exec(source ?? '') ?? []
  if (line === undefined) return undefined
  const inside = relative(root, file)
  const name = inside.startsWith('..') ? file : inside.split(sep).join('/')
  const place = { name, line: Number(line), column: Number(column) }
  try {
    return { ...place, text: readFileSync(file, 'utf8') }
  } catch {
    return place
  }
}
