import type { AnyNode, PipelineNode, SequenceItem } from './tree.ts'

/**
 * Lifts sequences out of sequences and parallels out of parallels; loops keep their nesting, because it means
 * something. Each node is visited once, however deep groups stood in groups.
 */
export function flatten(node: PipelineNode): PipelineNode {
  switch (node.type) {
    case 'Step':
      return node
    case 'Sequence': {
      const items: SequenceItem[] = []
      collectItems(node, items)
      return { ...node, items }
    }
    case 'Parallel': {
      const branches: PipelineNode[] = []
      collectBranches(node, branches)
      return { ...node, branches }
    }
    case 'Loop':
      return { ...node, body: node.body.map(flatten) }
  }
}

function collectItems(node: AnyNode, into: SequenceItem[]): void {
  if (node.type === 'Sequence') for (const item of node.items) collectItems(item, into)
  else if (node.type !== 'Conditional') into.push(flatten(node))
  else if (node.else === undefined) into.push({ ...node, then: flatten(node.then) })
  else into.push({ ...node, then: flatten(node.then), else: flatten(node.else) })
}

function collectBranches(node: PipelineNode, into: PipelineNode[]): void {
  if (node.type === 'Parallel') for (const branch of node.branches) collectBranches(branch, into)
  else into.push(flatten(node))
}
