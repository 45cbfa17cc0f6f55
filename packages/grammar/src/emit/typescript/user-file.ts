import type { Lines } from './layout.ts'

// Files that belong to the user: what they hold is read with care, and they are only ever added to.

/** Whether a file exports a name, in any of the ways in which a file can. */
export function exportsName(text: string, name: string): boolean {
  return new RegExp(
    `export\\s+(?:(?:async\\s+)?function\\s+|const\\s+|let\\s+)${name}\\b|export\\s*{[^}]*\\b${name}\\b`,
  ).test(text)
}

/** Whether a file has a name already, imported or its own: a second import of it would be an error. */
export function mentions(text: string, name: string): boolean {
  return new RegExp(`\\b${name}\\b`).test(text)
}

const IMPORT = /^import\b[^"'`;]*["'][^"'\n]+["'];?[^\S\n]*$/gm

/** The file with imports added behind its own, and sections at its end. Every line that stands there stays as it is. */
export function extended(text: string, imports: Lines, sections: readonly Lines[]): string {
  const lineBreak = text.includes('\r\n') ? '\r\n' : '\n'
  const written = [
    withImports(text, imports, lineBreak).trimEnd(),
    ...sections.map((each) => each.join(lineBreak)),
  ]
  return written.join(lineBreak + lineBreak) + lineBreak
}

function withImports(text: string, imports: Lines, lineBreak: string): string {
  if (imports.length === 0) return text
  const last = [...text.matchAll(IMPORT)].at(-1)
  const at = last === undefined ? 0 : last.index + last[0].trimEnd().length
  const added = imports.join(lineBreak)
  return last === undefined
    ? added + lineBreak + text
    : text.slice(0, at) + lineBreak + added + text.slice(at)
}
