import { readFileSync } from 'node:fs'
import { isAbsolute, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TextLocation } from '../cli-error.ts'

/** A mistake in the user's sources, as found in what a failed service wrote. */
export interface SourceMistake {
  readonly message: string
  readonly location: TextLocation
}

/** `/app/src/name.ts:1:28: ERROR: Unexpected "="`: how the transform under tsx reports a file that does not parse. */
const transformError = /^(.+?):(\d+):(\d+): ERROR: (.+)$/

/** `TypeError: x is not a function`: the first line of a stack. */
const thrownError = /^(?:Uncaught )?([A-Za-z]*Error(?: \[[A-Z_]+\])?: .+)$/

/** `    at main (file:///app/server/service.ts:3:1)`. */
const stackFrame = /^\s+at .*?\(?((?:file:\/\/)?[^\s()]+):(\d+):(\d+)\)?$/

/** `/app/server/service.ts:1`, then the line, then a caret: how Node reports what it could not link or run. */
const nodeHeader = /^(?:file:\/\/)?(\/.+|[A-Za-z]:\\.+):(\d+)$/

/**
 * Finds the place in the project that made a service fail, in the last lines that it wrote: a file that does not
 * parse, or an error with the first frame of its stack that is the user's own code.
 */
export function findMistake(lines: readonly string[], root: string): SourceMistake | undefined {
  let message: string | undefined
  let header: TextLocation | undefined
  for (const [index, line] of lines.entries()) {
    const transform = transformError.exec(line)
    if (transform?.[1] && isOwn(transform[1], root)) {
      // The transform counts columns from 0.
      const location = locate(root, transform[1], transform[2], Number(transform[3]) + 1)
      return { message: transform[4] ?? '', location }
    }
    message = thrownError.exec(line)?.[1] ?? message
    const frame = stackFrame.exec(line)
    const file = frame?.[1]?.startsWith('file:') ? fileURLToPath(frame[1]) : frame?.[1]
    if (message !== undefined && frame && file !== undefined && isOwn(file, root))
      return { message, location: locate(root, file, frame[2], Number(frame[3])) }
    const [, place, lineNumber] = nodeHeader.exec(line) ?? []
    const caret = lines[index + 2]?.indexOf('^') ?? -1
    if (place !== undefined && caret >= 0 && isOwn(place, root))
      header = locate(root, place, lineNumber, caret + 1)
  }
  return message !== undefined && header ? { message, location: header } : undefined
}

function isOwn(file: string, root: string): boolean {
  const inside = relative(root, file)
  return isAbsolute(file) && !inside.startsWith('..') && !inside.split(sep).includes('node_modules')
}

function locate(root: string, file: string, line: string | undefined, column: number): TextLocation {
  return { name: relative(root, file).split(sep).join('/'), line: Number(line), column, ...textOf(file) }
}

function textOf(file: string): { text?: string } {
  try {
    return { text: readFileSync(file, 'utf8') }
  } catch {
    // The file is gone since; the place alone still helps.
    return {}
  }
}
