import { closeSync, fstatSync, openSync, readFileSync, realpathSync, statSync, type Stats } from 'node:fs'
import { join, sep } from 'node:path'
import { PromptError, problemsError } from './prompt-error.ts'

export interface FileReading {
  readonly text: string
  readonly stamp: FileStamp
}

/** What tells whether a file changed: its identity, size and time of change; or that there is none. */
export type FileStamp =
  | 'missing'
  | {
      readonly inode: number
      readonly size: number
      readonly changedAt: number
      /**
       * False for a file that was changed a moment ago: it may change again without a trace, because file systems tell
       * moments apart badly.
       */
      readonly isSettled: boolean
    }

/** Two changes within this time, in milliseconds, may leave one time stamp. */
const clockGrainMs = 50

/** The stamp of the file at an absolute path. */
export function stampOf(path: string): FileStamp {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats ? stampFrom(stats) : 'missing'
}

/** Whether the file at an absolute path is what it was. Asked on every use of a prompt in development. */
export function isUnchanged(path: string, stamp: FileStamp): boolean {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stamp === 'missing' || !stats) return stamp === 'missing' && !stats
  return (
    stamp.isSettled &&
    stats.mtimeMs === stamp.changedAt &&
    stats.size === stamp.size &&
    stats.ino === stamp.inode
  )
}

function stampFrom({ ino, size, mtimeMs, ctimeMs }: Stats): FileStamp {
  const isSettled = Date.now() - Math.max(mtimeMs, ctimeMs) > clockGrainMs
  return { inode: ino, size, changedAt: mtimeMs, isSettled }
}

/**
 * Reads a text file of the project; undefined when there is none.
 *
 * @throws {PromptError} `PROMPT_FILE` when it cannot be read, is not UTF-8, or a link leads out of the project.
 */
export function readProjectFile(root: string, file: string): FileReading | undefined {
  const path = join(root, file)
  let handle: number
  try {
    handle = openSync(path, 'r')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw unreadable(file, error)
  }
  try {
    const folder = realpathSync.native(root)
    if (!realpathSync.native(path).startsWith(folder.endsWith(sep) ? folder : folder + sep))
      throw problemsError([
        {
          code: 'PROMPT_FILE',
          file,
          message: 'the file is a link that leads out of the project',
          hint: 'Put the file itself there.',
        },
      ])
    const stamp = stampFrom(fstatSync(handle))
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(handle)), stamp }
  } catch (error) {
    throw error instanceof PromptError ? error : unreadable(file, error)
  } finally {
    closeSync(handle)
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}

function unreadable(file: string, cause: unknown): PromptError {
  const { code = 'unknown reason' } = cause as NodeJS.ErrnoException
  const message =
    code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
      ? 'the file is not text in UTF-8'
      : `the file cannot be read (${code})`
  return problemsError([{ code: 'PROMPT_FILE', file, message }])
}
