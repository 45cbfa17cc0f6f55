// Lines of code as prettier (defaults) would lay them out: a statement has candidates from flat to fully broken,
// and the first that fits is taken.

const WIDTH = 80

/** Lines without indentation of their own; further indented lines begin with two blanks each. */
export type Lines = readonly string[]

/** The first layout all of whose lines fit behind `depth` levels of indentation; the last one if none does. */
export function fitting(depth: number, candidates: readonly (() => Lines)[]): Lines {
  let lines: Lines = []
  for (const candidate of candidates) {
    lines = candidate()
    if (lines.every((line) => line.length + 2 * depth <= WIDTH)) break
  }
  return lines
}

/** Moves lines in by some levels. */
export function indented(lines: Lines, levels = 1): Lines {
  return lines.map((line) => (line === '' ? '' : '  '.repeat(levels) + line))
}

/**
 * `head(a, b)tail`, or one argument a line.
 *
 * @param depth Levels of indentation that the whole will get.
 */
export function call(depth: number, head: string, args: readonly (string | Lines)[], tail = ';'): Lines {
  return fitting(depth, [
    ...(args.every((arg) => typeof arg === 'string') ? [() => [`${head}(${args.join(', ')})${tail}`]] : []),
    () => [`${head}(`, ...indented(args.flatMap((arg) => withComma(depth + 1, arg))), `)${tail}`],
  ])
}

/** An argument so short that breaking around it gains nothing: the assignment breaks behind its `=` instead. */
const SHORT_ARGUMENT = WIDTH / 4

/** A call whose last argument is an object: the object opens first, the arguments only when its head is too long. */
export function callWithObject(
  depth: number,
  head: string,
  args: readonly string[],
  properties: readonly string[],
): Lines {
  const opening = `${head}(${args.join(', ')}, `
  if (opening.length + 1 + 2 * depth <= WIDTH) return object(depth, opening, properties, ');')
  return call(depth, head, [...args, object(depth + 1, '', properties, '')])
}

/** `target = head(argument);` */
export function assignCall(depth: number, target: string, head: string, argument: string): Lines {
  if (argument.length > SHORT_ARGUMENT) return call(depth, `${target} = ${head}`, [argument])
  return fitting(depth, [
    () => [`${target} = ${head}(${argument});`],
    () => [`${target} =`, `  ${head}(${argument});`],
    () => [`${target} =`, `  ${head}(`, `    ${argument},`, '  );'],
  ])
}

/** `name(parameters): type {` of a function. */
export function signature(head: string, parameters: readonly string[], type: string): Lines {
  return fitting(0, [
    () => [`${head}(${parameters.join(', ')}): ${type} {`],
    () => [`${head}(`, ...parameters.map((parameter) => `  ${parameter},`), `): ${type} {`],
  ])
}

/** `{ a, b }` on one line where it fits, else a line each. */
export function object(depth: number, head: string, properties: readonly string[], tail: string): Lines {
  if (properties.length === 0) return [`${head}{}${tail}`]
  return fitting(depth, [
    () => [`${head}{ ${properties.join(', ')} }${tail}`],
    () => [`${head}{`, ...properties.flatMap((each) => indented(property(depth + 1, each))), `}${tail}`],
  ])
}

function property(depth: number, text: string): Lines {
  const colon = text.indexOf(': ')
  if (colon === -1) return [`${text},`]
  return fitting(depth, [
    () => [`${text},`],
    () => [`${text.slice(0, colon)}:`, `  ${text.slice(colon + 2)},`],
  ])
}

/** `[a, b]` likewise. */
export function array(depth: number, head: string, items: readonly string[], tail: string): Lines {
  if (items.length === 0) return [`${head}[]${tail}`]
  return fitting(depth, [
    () => [`${head}[${items.join(', ')}]${tail}`],
    () => [`${head}[`, ...items.map((item) => `  ${item},`), `]${tail}`],
  ])
}

/** An import; one name alone stays on its line however long it is. */
export function importLine(names: readonly string[], from: string): Lines {
  const [only = ''] = names
  if (names.length === 1) return [`import { ${only} } from "${from}";`]
  return object(0, 'import ', names, ` from "${from}";`)
}

/** `const name = "text";`, the text on a line of its own when it is long. */
export function constant(head: string, text: string): Lines {
  return fitting(0, [() => [`${head} = ${text};`], () => [`${head} =`, `  ${text};`]])
}

/** A JavaScript string in double quotes (single ones where that saves escapes, as prettier chooses). */
export function quoted(text: string): string {
  return JSON.stringify(text)
}

/** A documentation comment: one line, or a block. */
export function docComment(lines: readonly string[]): Lines {
  const [only = ''] = lines
  if (lines.length === 1) return [`/** ${only} */`]
  return ['/**', ...lines.map((line) => ` * ${line}`.trimEnd()), ' */']
}

/** Text for a comment: cannot close it, and stays readable when an expression is very long. */
export function brief(text: string, limit = 90): string {
  if (text.length <= limit) return text
  const end = text.lastIndexOf(' ', limit)
  return `${text.slice(0, end > 0 ? end : limit)} …`
}

function withComma(depth: number, argument: string | Lines): Lines {
  if (typeof argument === 'string') return [`${argument},`]
  return argument.map((line, index) => (index === argument.length - 1 && depth >= 0 ? `${line},` : line))
}
