import type { Span } from './source.ts'

/** The three things a step can be. */
export type ResourceKind = 'agent' | 'workflow' | 'function'

/** One call of a step. The same name may be called many times; every call is a node of its own. */
export interface StepNode {
  readonly type: 'Step'
  /** As written, without the `kind:` prefix. */
  readonly name: string
  /** Only when it was written: `agent:Report`. */
  readonly kind?: ResourceKind
  readonly span: Span
}

/** `A → B`: one after the other. Never directly inside another sequence: those are flattened. */
export interface SequenceNode {
  readonly type: 'Sequence'
  /** A {@link ConditionalNode} stands at index 1 or later, behind the step whose result it tests. */
  readonly items: readonly SequenceItem[]
  readonly span: Span
}

/** `A ⊕ B`: at once. Never directly inside another parallel: those are flattened. */
export interface ParallelNode {
  readonly type: 'Parallel'
  readonly branches: readonly PipelineNode[]
  readonly span: Span
}

/** `A ⇄ B`: the body in order, again and again. A loop inside a loop stays a loop of its own. */
export interface LoopNode {
  readonly type: 'Loop'
  readonly body: readonly PipelineNode[]
  readonly span: Span
}

/** `→? B` or `→? (B, C)`: the guarded right side. Its left side is the item before it in the sequence. */
export interface ConditionalNode {
  readonly type: 'Conditional'
  readonly then: PipelineNode
  readonly else?: PipelineNode
  readonly span: Span
}

/** What an expression can be. */
export type PipelineNode = StepNode | SequenceNode | ParallelNode | LoopNode
/** What stands in a sequence. */
export type SequenceItem = PipelineNode | ConditionalNode
/** Every node of a tree. */
export type AnyNode = SequenceItem

/** The parts of a node in textual order; none for a step. */
export function childrenOf(node: AnyNode): readonly AnyNode[] {
  switch (node.type) {
    case 'Step':
      return []
    case 'Sequence':
      return node.items
    case 'Parallel':
      return node.branches
    case 'Loop':
      return node.body
    case 'Conditional':
      return node.else === undefined ? [node.then] : [node.then, node.else]
  }
}

/** Every node of a tree in textual order, parents before their parts. Uses no stack of its own, however long the tree. */
export function* walk(root: AnyNode): Generator<AnyNode> {
  const waiting: AnyNode[] = [root]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    yield node
    const children = childrenOf(node)
    for (let index = children.length - 1; index >= 0; index -= 1) waiting.push(children[index] ?? node)
  }
}

/**
 * Every call of a step in textual order.
 *
 * @example [...stepsOf(parse('A → B → A'))].map((step) => step.name) // ['A', 'B', 'A']
 */
export function* stepsOf(root: AnyNode): Generator<StepNode> {
  for (const node of walk(root)) if (node.type === 'Step') yield node
}
