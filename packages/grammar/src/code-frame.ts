import { codePointName, isInvisible } from './characters.ts'
import { lineAt, locate } from './source.ts'
import type { Span } from './source.ts'

/** Columns of a source line that are shown: with indentation and gutter a terminal of 80. Longer lines are cut around the mistake. */
const WIDTH = 68

/**
 * The source line that holds a span's start, with a caret below.
 *
 * Invisible characters are shown as `<U+200B>` and tabs as blanks, so that the caret stands under what it means
 * and no right-to-left mark turns the message around.
 */
export function codeFrame(text: string, span: Span): string[] {
  const { line } = locate(text, span.start)
  const { text: lineText, start } = lineAt(text, span.start)
  const cells = [...visibleCells(lineText, start, span.start)]
  const at = cells.findIndex((cell) => cell.offset >= span.start)
  const caret = at === -1 ? cells.length : at
  const first = Math.max(0, Math.min(caret - WIDTH / 2, cells.length - WIDTH))
  const shown = cells.slice(first, first + WIDTH)
  const before = first > 0 ? '… ' : ''
  const after = first + WIDTH < cells.length ? ' …' : ''
  const indent = before.length + shown.slice(0, caret - first).reduce((sum, cell) => sum + cell.width, 0)
  const gutter = `${line}`
  return [
    `${gutter} | ${before}${shown.map((cell) => cell.text).join('')}${after}`.trimEnd(),
    `${' '.repeat(gutter.length)} | ${' '.repeat(indent)}^`,
  ]
}

interface Cell {
  readonly text: string
  readonly offset: number
  /** Columns of a terminal. */
  readonly width: number
}

/** Only the neighbourhood of the mistake: a line may hold ten thousand steps. */
function* visibleCells(line: string, lineStart: number, wanted: number): Generator<Cell> {
  const from = Math.max(0, wanted - lineStart - 2 * WIDTH)
  let offset = lineStart + (isLowSurrogate(line.charCodeAt(from)) ? from + 1 : from)
  for (const character of line.slice(offset - lineStart, wanted - lineStart + 2 * WIDTH)) {
    const codePoint = character.codePointAt(0) ?? 0
    yield { offset, ...cellOf(character, codePoint) }
    offset += character.length
  }
}

function cellOf(character: string, codePoint: number): { text: string; width: number } {
  if (character === '\t' || character === ' ' || character === '\u00a0') return { text: ' ', width: 1 }
  if (isInvisible(codePoint)) {
    const name = `<${codePointName(codePoint)}>`
    return { text: name, width: name.length }
  }
  if (/^\p{M}$/u.test(character)) return { text: character, width: 0 }
  return { text: character, width: isWide(codePoint) ? 2 : 1 }
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff
}

/** East Asian wide and full-width characters and emoji take two columns. */
function isWide(codePoint: number): boolean {
  return (
    (codePoint >= 0x1100 && codePoint <= 0x115f) ||
    (codePoint >= 0x2e80 && codePoint <= 0xa4cf) ||
    (codePoint >= 0xac00 && codePoint <= 0xd7a3) ||
    (codePoint >= 0xf900 && codePoint <= 0xfaff) ||
    (codePoint >= 0xfe30 && codePoint <= 0xfe6f) ||
    (codePoint >= 0xff00 && codePoint <= 0xff60) ||
    (codePoint >= 0xffe0 && codePoint <= 0xffe6) ||
    (codePoint >= 0x1f300 && codePoint <= 0x1faff) ||
    (codePoint >= 0x20000 && codePoint <= 0x3fffd)
  )
}
