import type { AnyNode, PipelineNode } from '../tree.ts'

/**
 * Everything in [start, end) of the textual order is complete before; `outer` likewise, further out. Shared
 * between steps, so that ten thousand of them cost ten thousand of these and not fifty million names.
 */
interface Before {
  readonly start: number
  readonly end: number
  readonly outer: Before | undefined
}

/**
 * What is complete before each step begins: all its predecessors, not only the direct ones. After a join that is
 * every branch; in a branch its siblings are not; the second round of a loop does not count.
 *
 * Worked out when asked for: all of them together would be quadratic.
 */
export class Dependencies implements Iterable<readonly [string, readonly string[]]> {
  readonly #order: readonly string[]
  readonly #positions: ReadonlyMap<string, number>
  /** For every call in textual order the position of its step in `order`. */
  readonly #calls: readonly number[]
  /** For every step of `order` what is complete before its first call. */
  readonly #before: readonly (Before | undefined)[]

  /**
   * @param order Each step's name at its first occurrence.
   * @param calls For every call of the tree, in textual order, the position of its step in `order`.
   */
  constructor(tree: PipelineNode, order: readonly string[], calls: readonly number[]) {
    this.#order = order
    this.#positions = new Map(order.map((name, position) => [name, position]))
    this.#calls = calls
    this.#before = beforeFirstCalls(tree, order.length, calls)
  }

  /**
   * The predecessors of a step in textual order; `undefined` for a name that is not in `order`.
   *
   * @example plan.deps.of('PUBLISH') // ['DRAFT', 'REVIEW']
   */
  of(name: string): readonly string[] | undefined {
    const position = this.#positions.get(name)
    if (position === undefined) return undefined
    const found = new Set<number>()
    for (let range = this.#before[position]; range !== undefined; range = range.outer) {
      for (const call of this.#calls.slice(range.start, range.end)) found.add(call)
    }
    found.delete(position)
    return [...found].sort((a, b) => a - b).map((each) => this.#order[each] ?? '')
  }

  /** Every step with its predecessors, in the order of first occurrence. */
  *[Symbol.iterator](): Generator<readonly [string, readonly string[]]> {
    for (const name of this.#order) yield [name, this.of(name) ?? []]
  }
}

function beforeFirstCalls(
  tree: PipelineNode,
  steps: number,
  calls: readonly number[],
): readonly (Before | undefined)[] {
  const first: (Before | undefined)[] = Array.from({ length: steps }, () => undefined)
  const seen = new Set<number>()
  let call = 0
  visit(tree, undefined)
  return first

  function visit(node: AnyNode, before: Before | undefined): void {
    switch (node.type) {
      case 'Step': {
        const step = calls[call] ?? 0
        if (!seen.has(step)) first[step] = before
        seen.add(step)
        call += 1
        break
      }
      case 'Sequence':
        inOrder(node.items, before)
        break
      case 'Loop':
        inOrder(node.body, before)
        break
      case 'Parallel':
        for (const branch of node.branches) visit(branch, before)
        break
      case 'Conditional':
        visit(node.then, before)
        if (node.else !== undefined) visit(node.else, before)
    }
  }

  function inOrder(nodes: readonly AnyNode[], outer: Before | undefined): void {
    const start = call
    for (const node of nodes) visit(node, call === start ? outer : { start, end: call, outer })
  }
}
