import type { Output } from '../io.ts'

/** Columns under headings, cut to the width of the terminal; whole where the output is no terminal. */
export function printTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  output: Output,
): string {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  const fit = (text: string) =>
    output.isTTY && text.length > output.columns ? `${text.slice(0, output.columns - 1)}…` : text
  return [output.style.dim(fit(line(headings))), ...rows.map((row) => fit(line(row)))].join('\n') + '\n'
}
