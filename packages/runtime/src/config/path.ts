import type { ConfigPath, Position, Tree } from './yaml-tree.ts'

/** `['llm', 'providers', 0]` → `llm.providers[0]`; the top of the file is an empty text. */
export function printPath(path: ConfigPath): string {
  return path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? key : `${text}.${key}`),
    '',
  )
}

/** Whether a path fits a pattern such as `llm.providers.*.api_key`; `*` stands for any one key or index. */
export function matchesPath(pattern: string, path: ConfigPath): boolean {
  const parts = pattern.split('.')
  return (
    parts.length === path.length && parts.every((part, index) => part === '*' || part === String(path[index]))
  )
}

/** Where the value at a path stands; of a path that leads nowhere, where its nearest parent stands. */
export function locate(tree: Tree, path: ConfigPath): Position {
  let node = tree
  let at = tree.at
  for (const key of path) {
    if (node.kind === 'scalar') break
    const next = node.kind === 'map' ? node.entries.get(String(key)) : node.items[Number(key)]
    if (next === undefined) break
    at = next.at
    node = 'kind' in next ? next : next.value
    // A value on the key's own line is what a reader looks for; a mapping below is announced by its key.
    if (node.at.line === at.line) at = node.at
  }
  return at
}

/** Where the key itself stands, for a key that should not be there. */
export function locateKey(tree: Tree, parent: ConfigPath, key: string): Position {
  let node: Tree | undefined = tree
  for (const part of parent) node = child(node, part)
  return (node?.kind === 'map' ? node.entries.get(key)?.at : undefined) ?? locate(tree, parent)
}

/** Whether the file has something at a path. */
export function hasValue(tree: Tree, path: ConfigPath): boolean {
  let node: Tree | undefined = tree
  for (const part of path) node = child(node, part)
  return node !== undefined
}

function child(node: Tree | undefined, key: string | number): Tree | undefined {
  if (node?.kind === 'map') return node.entries.get(String(key))?.value
  return node?.kind === 'list' ? node.items[Number(key)] : undefined
}
