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
 * Adds exports to an index file, in the order of the file names, leaving every other line as it is.
 *
 * @throws {GenerateError} `GEN_NAME_TAKEN` when another file already exports one of the names.
 */
export function addExports(text: string, entries: readonly IndexEntry[], path: ProjectPath): string {
  const known = new Map(entriesOf(text).map((entry) => [entry.exportName, entry.from]))
  const added = entries.filter(({ exportName, from }) => {
    const taken = known.get(exportName)
    if (taken !== undefined && taken !== from)
      throw new GenerateError('GEN_NAME_TAKEN', `${path} already exports ${exportName}, from ${taken}.`, {
        hint: 'Choose another name, or remove that line.',
      })
    known.set(exportName, from)
    return taken === undefined
  })
  if (added.length === 0) return text
  const eol = text.includes('\r\n') ? '\r\n' : '\n'
  const lines = text
    .replace(/^export \{\};?[ \t]*\r?\n?/m, '')
    .split(/\r?\n/)
    .map((line) => ({ line, from: [...line.matchAll(exportLine)][0]?.[2] }))
  while (lines.at(-1)?.line === '') lines.pop()
  for (const { exportName, from } of added)
    lines.splice(placeOf(lines, from), 0, { line: `export { ${exportName} } from "${from}";`, from })
  return lines.map(({ line }) => line).join(eol) + eol
}

/** Before the first export that sorts after it, else after the last one, else at the end. */
function placeOf(lines: readonly { readonly from: string | undefined }[], from: string): number {
  const after = lines.findIndex((other) => other.from !== undefined && other.from > from)
  if (after !== -1) return after
  const last = lines.findLastIndex((other) => other.from !== undefined)
  return last === -1 ? lines.length : last + 1
}
