import { diffLines } from 'diff'
import { isCollection, isMap, isSeq, LineCounter, parseDocument, type Document } from 'yaml'
import { GenerateError } from '../errors.ts'
import type { ProjectPath } from '../plan/path.ts'

/** Reads a YAML file of the project as plain data; a missing or empty file is undefined. */
export function readYaml(text: string | undefined, path: ProjectPath): unknown {
  return text === undefined ? undefined : (parse(text, path).toJS() ?? undefined)
}

/**
 * Sets one entry of a mapping (`prompts.<name>`), keeping comments and order of everything else.
 *
 * @throws {GenerateError} `GEN_FILE_SHAPE` with line and column when the file is not YAML, or when something else
 *   than a mapping stands on the way.
 */
export function setInYaml(text: string, path: ProjectPath, keys: readonly string[], value: unknown): string {
  const document = parse(text, path)
  for (let depth = 0; depth < keys.length; depth++) {
    const node = depth === 0 ? document.contents : document.getIn(keys.slice(0, depth), true)
    const empty =
      node === null ||
      node === undefined ||
      (!isCollection(node) && document.getIn(keys.slice(0, depth)) === null)
    if (!empty && !isMap(node)) throw shapeError(path, keys.slice(0, depth), 'a mapping')
    if (empty) {
      if (depth === 0) document.contents = document.createNode({})
      else put(document, keys.slice(0, depth), {})
    }
  }
  put(document, keys, value)
  return print(document, text)
}

/**
 * Appends an item to a list (`servers`), or replaces the one with the same `name`.
 *
 * @throws {GenerateError} `GEN_FILE_SHAPE` as {@link setInYaml}.
 */
export function putInYamlList(
  text: string,
  path: ProjectPath,
  keys: readonly string[],
  item: Readonly<Record<string, unknown>> & { readonly name: string },
): string {
  const document = parse(text, path)
  const existing = document.getIn(keys, true)
  if (!isSeq(existing)) {
    if (document.getIn(keys) !== undefined && document.getIn(keys) !== null)
      throw shapeError(path, keys, 'a list')
    return setInYaml(text, path, keys, [item])
  }
  const node = document.createNode(item)
  const at = existing.items.findIndex((one) => isMap(one) && one.get('name') === item.name)
  if (at === -1) existing.items.push(node)
  else existing.items[at] = node
  // `servers: []` is how an empty list is written; with something in it, it reads better line by line.
  if (existing.items.length === 1) existing.flow = false
  return print(document, text)
}

function parse(text: string, path: ProjectPath): Document {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter })
  const [problem] = document.errors
  if (problem === undefined) return document
  const { line, col } = lineCounter.linePos(problem.pos[0])
  throw new GenerateError(
    'GEN_FILE_SHAPE',
    `${path}:${line}:${col} is not valid YAML: ${problem.message.split('\n')[0] ?? ''}`,
    { hint: 'Mend the file, then run the command again. Nothing was written.', cause: problem },
  )
}

function put(document: Document, keys: readonly string[], value: unknown): void {
  const parent = keys.length > 1 ? document.getIn(keys.slice(0, -1), true) : document.contents
  // `prompts: {}` is how an empty mapping is written; with something in it, it reads better line by line.
  if (isMap(parent) && parent.items.length === 0) parent.flow = false
  document.setIn(keys, document.createNode(value))
}

/** The edited document, with every line that the edit did not touch as it was written. */
function print(document: Document, before: string): string {
  const style = { lineWidth: 0, indentSeq: !/^(\s*)\S+:\s*\n\1- /m.test(before.replaceAll('\r\n', '\n')) }
  const edited = document.toString(style)
  const plain = before.replaceAll('\r\n', '\n')
  const text = withOriginalLines(plain, parseDocument(plain).toString(style), edited)
  return before.includes('\r\n') ? text.replaceAll('\n', '\r\n') : text
}

/**
 * Printing a document writes all of it in one style. What differs between the documents printed before and after the
 * edit is the edit; everything else is taken from the original, line by line.
 */
function withOriginalLines(original: string, printed: string, edited: string): string {
  const lines = original.split('\n')
  if (lines.length !== printed.split('\n').length) return edited
  let at = 0
  return diffLines(printed, edited)
    .flatMap(({ added, removed, value, count }) => {
      if (added) return value.replace(/\n$/, '').split('\n')
      at += count
      return removed ? [] : lines.slice(at - count, at)
    })
    .concat('')
    .join('\n')
}

function shapeError(path: ProjectPath, keys: readonly string[], wanted: string): GenerateError {
  const where = keys.length === 0 ? 'the top level' : keys.join('.')
  return new GenerateError('GEN_FILE_SHAPE', `${path}: ${where} is not ${wanted}.`, {
    hint: 'Mend the file, then run the command again. Nothing was written.',
  })
}
