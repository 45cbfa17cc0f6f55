import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readProjectFile } from './project-files.ts'
import { PromptError, problemsError, type PromptProblem } from './prompt-error.ts'
import type { PromptVersion } from './prompt-file.ts'

/** Where released versions are held fast, in a project. */
export const lockFile = 'prompts.lock'

/** Hashes of released versions, by `name@version`. */
export type PromptLock = ReadonlyMap<string, string>

const header = `# Released prompts. A version that stands here must not change: make a new one with rgen prompts bump.
# Written by rgen prompts lock. Commit this file.
`

/** The key of a version in the lock. */
export function lockKey({ name, version }: Pick<PromptVersion, 'name' | 'version'>): string {
  return `${name}@${version}`
}

/**
 * Reads prompts.lock: a line `name@version sha256-<hex>` a version, and comments.
 *
 * @throws {PromptError} `PROMPT_LOCKED` with the line that is no such line (a merge left undone, say).
 */
export function parseLock(text: string): PromptLock {
  const entries = text.split(/\r?\n/).flatMap((line, index): [string, string][] => {
    if (line.trim() === '' || line.startsWith('#')) return []
    const [, key, hash] = /^(\S+@\S+) sha256-([0-9a-f]{64})$/.exec(line.trimEnd()) ?? []
    if (key !== undefined && hash !== undefined) return [[key, hash]]
    const message = 'the line is not of the form name@version sha256-…'
    throw problemsError([
      { code: 'PROMPT_LOCKED', file: lockFile, line: index + 1, message, hint: 'Restore the file with git.' },
    ])
  })
  return new Map(entries)
}

/** The text of prompts.lock: sorted, so that two branches seldom touch the same line. */
export function printLock(lock: PromptLock): string {
  const lines = [...lock].map(([key, hash]) => `${key} sha256-${hash}\n`)
  return header + lines.toSorted().join('')
}

/** The project's lock; empty when there is none yet. */
export function readLock(root: string): PromptLock {
  return parseLock(readProjectFile(root, lockFile)?.text ?? '')
}

/** What differs from the lock: versions that changed, and locked ones that are gone. */
export function checkLock(lock: PromptLock, prompts: readonly PromptVersion[]): PromptProblem[] {
  const present = new Map(prompts.map((prompt) => [lockKey(prompt), prompt]))
  return [...lock].flatMap(([key, hash]): PromptProblem[] => {
    const prompt = present.get(key)
    if (!prompt)
      return [
        {
          code: 'PROMPT_LOCKED',
          file: lockFile,
          message: `${key} was released and is gone; runs that recorded it cannot go on`,
          hint: 'Restore its file and its line in config/prompts.yaml with git.',
        },
      ]
    if (prompt.hash === hash) return []
    return [
      {
        code: 'PROMPT_LOCKED',
        file: prompt.file,
        message: `${key} was released and has changed`,
        hint: `Undo the change with git, and make it in a new version: rgen prompts bump ${prompt.name}.`,
      },
    ]
  })
}

export interface LockResult {
  /** Keys that were not locked before. */
  readonly added: readonly string[]
  readonly lock: PromptLock
}

/**
 * Locks versions, and writes prompts.lock.
 *
 * @throws {PromptError} `PROMPT_LOCKED` when one of those that are locked has changed; nothing is written then.
 */
export function lockPrompts(root: string, prompts: readonly PromptVersion[]): LockResult {
  const before = readLock(root)
  const changed = prompts.filter((prompt) => (before.get(lockKey(prompt)) ?? prompt.hash) !== prompt.hash)
  const [first] = changed
  if (first)
    throw new PromptError(
      'PROMPT_LOCKED',
      `${changed.map(lockKey).join(', ')} was released and has changed.`,
      {
        file: first.file,
        hint: `Undo the change with git, and make it in a new version: rgen prompts bump ${first.name}.`,
      },
    )
  const lock = new Map([
    ...before,
    ...prompts.map((prompt): [string, string] => [lockKey(prompt), prompt.hash]),
  ])
  const added = [...lock.keys()].filter((key) => !before.has(key))
  if (added.length > 0) writeFileSync(join(root, lockFile), printLock(lock))
  return { added, lock }
}
