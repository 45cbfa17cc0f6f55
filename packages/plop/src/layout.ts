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
  return functionHead('export async function', name, parameters, returns)
}

/** The head of an exported function that is not async. */
export function syncSignature(name: string, parameters: readonly string[], returns: string): string {
  return functionHead('export function', name, parameters, returns)
}

function functionHead(keyword: string, name: string, parameters: readonly string[], returns: string): string {
  const line = `${keyword} ${name}(${parameters.join(', ')}): ${returns} {`
  if (line.length <= width || parameters.length === 0) return line
  return `${keyword} ${name}(\n${parameters.map((one) => `  ${one},\n`).join('')}): ${returns} {`
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

/** An argument of a call: code on one line, or the properties of an object literal. */
export type Argument = string | { readonly properties: readonly string[] }

/**
 * A statement that ends in a call, `const run = await engine.start(agent, { … });`: on one line, else with the
 * object at its end opened, else one argument a line.
 */
export function call(head: string, args: readonly Argument[], indent = ''): string {
  const inline = args.map((one) => (typeof one === 'string' ? one : literal(one.properties)))
  const line = `${indent}${head}(${inline.join(', ')});`
  if (line.length <= width) return line
  const last = args.at(-1)
  if (last !== undefined && typeof last !== 'string' && last.properties.length > 0) {
    const start = `${indent}${[`${head}(`, ...inline.slice(0, -1).map((one) => `${one}, `)].join('')}{`
    if (start.length <= width) {
      const body = last.properties.map((one) => `${indent}  ${one},\n`).join('')
      return `${start}\n${body}${indent}});`
    }
  }
  const lines = args.map((one) =>
    typeof one === 'string' ? one : bracketed('{', one.properties, '}', `${indent}  `),
  )
  return `${indent}${head}(\n${lines.map((one) => `${indent}  ${one},\n`).join('')}${indent});`
}

/** A call with a list of objects: one object stays on the line when it fits, several get a line each. */
export function rows(head: string, objects: readonly (readonly string[])[], indent: string): string {
  const line = `${indent}${head}([${objects.map(literal).join(', ')}]);`
  if (objects.length === 1 && line.length <= width) return line
  // The comma behind each object counts as well.
  const items = objects.map((one) => bracketed('{', one, '}', `${indent}  `, indent.length + 3))
  return `${indent}${head}([\n${items.map((one) => `${indent}  ${one},\n`).join('')}${indent}]);`
}

/** An expectation that a list holds all of these texts, whatever else it holds. */
export function expectAll(list: string, texts: readonly string[], indent: string): string {
  const items = texts.map(quoted)
  const line = `${indent}expect(${list}).toEqual(expect.arrayContaining([${items.join(', ')}]));`
  if (line.length <= width) return line
  const array = bracketed('expect.arrayContaining([', items, ']),', `${indent}  `)
  return `${indent}expect(${list}).toEqual(\n${indent}  ${array}\n${indent});`
}

function literal(properties: readonly string[]): string {
  return properties.length === 0 ? '{}' : `{ ${properties.join(', ')} }`
}

/** The type of a schema under the schema's own name. */
export function inferred(name: string): string {
  const line = `export type ${name} = z.infer<typeof ${name}>;`
  if (line.length <= width) return line
  const broken = `export type ${name} = z.infer<`
  return broken.length <= width
    ? `${broken}\n  typeof ${name}\n>;`
    : `export type ${name} =\n  z.infer<typeof ${name}>;`
}

/** `export const Name = value;` */
export function assignConst(name: string, value: string): string {
  return assignment(`export const ${name}`, value)
}

/** `a.input = Schema;` */
export function assignment(target: string, value: string): string {
  const line = `${target} = ${value};`
  return line.length <= width ? line : `${target} =\n  ${value};`
}

/** One property of an object literal, a chain of calls broken before each call when it is too long. */
export function property(name: string, value: string, indent: string): string {
  const key = propertyKey(name)
  if (key === value) return `${indent}${key},`
  const line = `${indent}${key}: ${value},`
  if (line.length <= width) return line
  const [first = '', ...rest] = value.split(/(?=\.\w+\()/)
  return [`${indent}${key}: ${first}`, ...rest.map((part) => `${indent}  ${part}`)].join('\n') + ','
}

/** A name as a key of an object literal: quoted only when it has to be. */
export function propertyKey(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name)
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
