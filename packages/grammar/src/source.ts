/** A half-open range of the source in UTF-16 code units: `source.slice(start, end)` is the text. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** A place as people name it. Line and column count from 1, columns in UTF-16 code units, as editors do. */
export interface Position {
  readonly offset: number
  readonly line: number
  readonly column: number
}

/** Operator text together with where it came from, so that errors can say `blog.pipeline:3:7`. */
export interface Source {
  readonly text: string
  /** What errors print before line and column, for example `--operators` or a file name. */
  readonly name?: string
}

const LINE_BREAK = /\r\n|[\n\r\u2028\u2029]/g

/**
 * Turns an offset of the source into line and column.
 *
 * @example locate('A\n→ B', 2) // { offset: 2, line: 2, column: 1 }
 */
export function locate(text: string, offset: number): Position {
  let line = 1
  let lineStart = 0
  for (const found of text.matchAll(LINE_BREAK)) {
    const next = found.index + found[0].length
    if (next > offset) break
    line += 1
    lineStart = next
  }
  return { offset, line, column: offset - lineStart + 1 }
}

/** The source line that holds an offset, without its line break. */
export function lineAt(text: string, offset: number): { readonly text: string; readonly start: number } {
  let start = 0
  for (const found of text.matchAll(LINE_BREAK)) {
    const next = found.index + found[0].length
    if (next > offset) return { text: text.slice(start, found.index), start }
    start = next
  }
  return { text: text.slice(start), start }
}
