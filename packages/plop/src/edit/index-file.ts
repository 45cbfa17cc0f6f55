import { GenerateError } from '../errors.ts'
import type { ProjectPath } from '../plan/path.ts'

/** One name that an index file exports from a file beside it. */
export interface IndexEntry {
  readonly exportName: string
  /** As written: `./research.ts`. */
  readonly from: string
}

const exportLine = /^export\s*\{([^}]*)\}\s*from\s*["'](\.\/[^"']+)["'];?[ \t]*$/gm

/** What an index file exports by name, `export { a, b as c } from "./x.ts"` in any spacing. */
export function entriesOf(text: string): readonly IndexEntry[] {
  return [...text.matchAll(exportLine)].flatMap((match) =>
    (match[1] ?? '')
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '' && !part.startsWith('type '))
      .map((part) => ({ exportName: part.split(/\s+as\s+/).at(-1) ?? part, from: match[2] ?? '' })),
  )
}

/**
 * Adds one export to an index file, in the order of the file names, leaving every other line as it is.
 *
 * @throws {GenerateError} `GEN_NAME_TAKEN` when another file already exports that name.
 */
export function addExport(text: string, { exportName, from }: IndexEntry, path: ProjectPath): string {
  const taken = entriesOf(text).find((entry) => entry.exportName === exportName)
  if (taken !== undefined && taken.from !== from)
    throw new GenerateError('GEN_NAME_TAKEN', `${path} already exports ${exportName}, from ${taken.from}.`, {
      hint: 'Choose another name, or remove that line.',
    })
  if (taken !== undefined) return text
  const eol = text.includes('\r\n') ? '\r\n' : '\n'
  const lines = text.replace(/^export \{\};?[ \t]*\r?\n?/m, '').split(/\r?\n/)
  while (lines.at(-1) === '') lines.pop()
  const line = `export { ${exportName} } from "${from}";`
  lines.splice(placeOf(lines, from), 0, line)
  return lines.join(eol) + eol
}

/** Before the first export that sorts after it, else after the last one, else at the end. */
function placeOf(lines: readonly string[], from: string): number {
  const exported = lines.map((line) => [...line.matchAll(exportLine)][0]?.[2])
  const after = exported.findIndex((other) => other !== undefined && other > from)
  if (after !== -1) return after
  const last = exported.findLastIndex((other) => other !== undefined)
  return last === -1 ? lines.length : last + 1
}
