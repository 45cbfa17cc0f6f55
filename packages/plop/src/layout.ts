// Generated code is formatted as prettier would format it, at any length of the names in it. Templates cannot know
// whether a line fits, so the few constructs whose shape depends on it are printed here.

const width = 80

/** `import { a, b } from "x";`, one name a line when it does not fit. A single name never breaks. */
export function imports(names: readonly string[], from: string, type = false): string {
  return named(type ? 'import type' : 'import', names, from)
}

/** `export { a } from "./a.ts";` */
export function exports(names: readonly string[], from: string): string {
  return named('export', names, from)
}

function named(keyword: string, names: readonly string[], from: string): string {
  const sorted = [...names].sort(byName)
  const line = `${keyword} { ${sorted.join(', ')} } from ${JSON.stringify(from)};`
  if (line.length <= width || sorted.length === 1) return line
  return `${keyword} {\n${sorted.map((name) => `  ${name},\n`).join('')}} from ${JSON.stringify(from)};`
}

/** Capitals after small letters of the same word, as most editors sort named imports. */
function byName(a: string, b: string): number {
  const [left, right] = [a.toLowerCase(), b.toLowerCase()]
  return left < right ? -1 : left > right ? 1 : a < b ? 1 : -1
}

/** The head of an exported async function, up to and with its opening brace. */
export function signature(name: string, parameters: readonly string[], returns: string): string {
  const line = `export async function ${name}(${parameters.join(', ')}): ${returns} {`
  if (line.length <= width || parameters.length === 0) return line
  return `export async function ${name}(\n${parameters.map((one) => `  ${one},\n`).join('')}): ${returns} {`
}

/**
 * A bracketed list on one line, or one item a line with a trailing comma.
 *
 * @param open What stands before the items, bracket included: `["{ ", " }"]` style spaces are added for braces.
 * @param used Columns of the line taken by text that is not part of the list.
 */
export function bracketed(
  open: string,
  items: readonly string[],
  close: string,
  indent: string,
  used = indent.length,
): string {
  const space = open.endsWith('{') && items.length > 0 ? ' ' : ''
  const line = `${open}${space}${items.join(', ')}${space}${close}`
  if (used + line.length <= width && !line.includes('\n')) return line
  return `${open}\n${items.map((item) => `${indent}  ${item},\n`).join('')}${indent}${close}`
}

/** `const name = value;`, the value on a line of its own when both do not fit. */
export function assign(head: string, value: string, indent = ''): string {
  const line = `${indent}${head} = ${value}`
  return firstLine(line).length <= width ? line : `${indent}${head} =\n${indent}  ${value}`
}

/** A text as a double-quoted literal of TypeScript. */
export function quoted(text: string): string {
  return JSON.stringify(text)
}

/** Text as the lines of a block comment, wrapped. */
export function docComment(text: string, indent = ''): string {
  const lines = wrap(text, width - indent.length - 3)
  if (lines.length === 1 && `${indent}/** ${lines[0] ?? ''} */`.length <= width)
    return `${indent}/** ${lines[0] ?? ''} */`
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd() + '\n').join('')}${indent} */`
}

function wrap(text: string, columns: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line)
      line = ''
    }
    line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

function firstLine(text: string): string {
  return text.slice(0, text.includes('\n') ? text.indexOf('\n') : undefined)
}
