import type { Position, Tree } from './yaml-tree.ts'

/** A value that a program gives stands in no file. */
const nowhere: Position = { line: 0, column: 0 }

/** Plain data as a tree, so that it is checked as a file is. What is undefined is left out, as in JSON. */
export function valueTree(value: unknown): Tree {
  if (Array.isArray(value)) return { kind: 'list', at: nowhere, items: value.map(valueTree) }
  if (typeof value !== 'object' || value === null)
    return { kind: 'scalar', at: nowhere, value, written: String(value) }
  const entries = Object.entries(value).filter(([, item]) => item !== undefined)
  return {
    kind: 'map',
    at: nowhere,
    entries: new Map(entries.map(([key, item]) => [key, { at: nowhere, value: valueTree(item) }])),
  }
}
