import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type Node,
  type Pair,
  type Scalar,
} from 'yaml'
import { ConfigError } from './config-error.ts'
import { describeYamlFault } from './yaml-faults.ts'

export type ConfigPath = readonly (string | number)[]

export interface Position {
  readonly line: number
  readonly column: number
}

/** One value of the file together with where it stands. Keys are always text, as written. */
export type Tree =
  | { readonly kind: 'map'; readonly at: Position; readonly entries: ReadonlyMap<string, TreeEntry> }
  | { readonly kind: 'list'; readonly at: Position; readonly items: readonly Tree[] }
  | {
      readonly kind: 'scalar'
      readonly at: Position
      readonly value: unknown
      /** How the scalar is written, without quotes: `1.10` where the value is the number 1.1. */
      readonly written: string
    }

export interface TreeEntry {
  readonly at: Position
  readonly value: Tree
}

/** Far above any configuration, far below what exhausts memory: aliases multiply nodes. */
const maxNodes = 100_000

/**
 * Reads YAML 1.2 into a tree with positions. An empty file is an empty mapping.
 *
 * @throws {ConfigError} `CONFIG_SYNTAX` for the first place that does not parse.
 */
export function parseYamlTree(text: string, file: string, firstLine = 1): Tree {
  const lines = new LineCounter()
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1) + firstLine - 1, column: Math.max(col, 1) }
  }
  const document = parseSafely(text, lines, file)
  // A tag that is not known is only a warning to the parser, but its value would not be what the user meant.
  const [first] = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0])
  // What comes after the first fault is the parser's guess at the rest of the file.
  if (first !== undefined)
    throw new ConfigError([
      { code: 'CONFIG_SYNTAX', ...describeYamlFault(first.code), file, ...at(first.pos[0]) },
    ])
  const empty: Tree = { kind: 'map', at: at(0), entries: new Map() }
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null))
    return empty
  return new TreeBuilder(document, file, at).build(document.contents)
}

function parseSafely(text: string, lineCounter: LineCounter, file: string): Document.Parsed {
  try {
    // The parser compares every key with every other; the builder below finds a second one at no cost.
    return parseDocument(text, { prettyErrors: false, lineCounter, uniqueKeys: false, logLevel: 'error' })
  } catch (cause) {
    // Deep nesting exhausts the parser's stack before it can report.
    if (!(cause instanceof RangeError)) throw cause
    throw new ConfigError([
      { code: 'CONFIG_SYNTAX', message: 'the file is nested too deeply', file, line: 1, column: 1 },
    ])
  }
}

class TreeBuilder {
  readonly #document: Document
  readonly #file: string
  readonly #at: (offset: number) => Position
  readonly #open = new Set<Node>()
  #count = 0

  constructor(document: Document, file: string, at: (offset: number) => Position) {
    this.#document = document
    this.#file = file
    this.#at = at
  }

  build(node: Node | null, fallback: Position = { line: 1, column: 1 }): Tree {
    if (node === null) return { kind: 'scalar', at: fallback, value: null, written: '' }
    const at = node.range ? this.#at(node.range[0]) : fallback
    this.#count += 1
    if (this.#count > maxNodes) this.#fail(at, 'the file is too large once its aliases are expanded')
    if (isAlias(node)) {
      const target = node.resolve(this.#document)
      if (!target) this.#fail(at, 'an alias (*) names an anchor (&) that does not stand above it')
      return this.build(target, at)
    }
    if (this.#open.has(node)) this.#fail(at, 'an alias (*) stands inside the value that it names')
    this.#open.add(node)
    const tree = this.#buildOpen(node, at)
    this.#open.delete(node)
    return tree
  }

  #buildOpen(node: Node, at: Position): Tree {
    if (isSeq(node))
      return { kind: 'list', at, items: node.items.map((item) => this.build(item as Node, at)) }
    if (isMap(node))
      return { kind: 'map', at, entries: this.#entries(node.items as Pair<Node, Node | null>[], at) }
    return { kind: 'scalar', at, value: (node as Scalar).value, written: writtenText(node as Scalar) }
  }

  #entries(pairs: readonly Pair<Node, Node | null>[], at: Position): Map<string, TreeEntry> {
    const own = new Map<string, TreeEntry>()
    const merged: Tree[] = []
    for (const { key, value } of pairs) {
      const keyAt = key.range ? this.#at(key.range[0]) : at
      if (!isScalar(key)) this.#fail(keyAt, 'a key must be a plain word')
      const name = writtenText(key)
      if (name === '__proto__') this.#fail(keyAt, 'a key named __proto__ is not allowed')
      const tree = this.build(value, keyAt)
      if (name === '<<' && key.type === 'PLAIN') merged.push(...(tree.kind === 'list' ? tree.items : [tree]))
      else if (own.has(name)) this.#fail(keyAt, 'the key stands here a second time')
      else own.set(name, { at: keyAt, value: tree })
    }
    for (const source of merged) {
      if (source.kind !== 'map') this.#fail(source.at, '<< can only take in a mapping')
      for (const [name, entry] of source.entries) if (!own.has(name)) own.set(name, entry)
    }
    return own
  }

  #fail(at: Position, message: string): never {
    throw new ConfigError([{ code: 'CONFIG_SYNTAX', message, file: this.#file, ...at }])
  }
}

function writtenText(node: Scalar): string {
  return node.type === 'PLAIN' && typeof node.source === 'string' ? node.source : String(node.value)
}
