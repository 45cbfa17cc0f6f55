import type { Metrics } from '../plan.ts'
import { childrenOf } from '../tree.ts'
import type { AnyNode } from '../tree.ts'

/** Counts the operators of a tree; `resources` is what the caller found the steps to be. */
export function measure(tree: AnyNode, resources: number): Metrics {
  const count = { Step: 0, Sequence: 0, Parallel: 0, Conditional: 0, Loop: 0 }
  const depth = visit(tree)
  return {
    resources,
    depth,
    parallel: count.Parallel,
    conditional: count.Conditional,
    loop: count.Loop,
  }

  function visit(node: AnyNode): number {
    count[node.type] += 1
    let deepest = 0
    for (const child of childrenOf(node)) deepest = Math.max(deepest, visit(child))
    return node.type === 'Step' ? 0 : deepest + 1
  }
}
