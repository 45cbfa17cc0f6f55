import fc from 'fast-check'
import type { AnyNode, PipelineNode, SequenceItem } from './tree.ts'
import { childrenOf } from './tree.ts'

const nowhere = { start: 0, end: 0 }

/** Names as the language allows them, some of which mean something to JavaScript. */
const name = fc.oneof(
  fc.constantFrom(
    'A',
    'B',
    'C',
    'DRAFT',
    'REVIEW',
    'send-email',
    'send_email',
    'HTTPGet',
    '__proto__',
    'class',
    'step-1',
  ),
  fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,6}(-[A-Za-z0-9_]{1,4})?$/),
)
const kind = fc.option(fc.constantFrom('agent' as const, 'workflow' as const, 'function' as const), {
  nil: undefined,
  freq: 8,
})

const step = fc
  .record({ name, kind })
  .map(({ name: called, kind: stated }): PipelineNode =>
    stated === undefined
      ? { type: 'Step', name: called, span: nowhere }
      : { type: 'Step', name: called, kind: stated, span: nowhere },
  )

/** Any tree that the parser could answer: nothing stands directly inside its like, except a loop. */
export const trees: fc.Arbitrary<PipelineNode> = fc.letrec<{ node: PipelineNode }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'tree' },
    step,
    sequence(tie('node')),
    parallel(tie('node')),
    loop(tie('node')),
  ),
})).node

function sequence(node: fc.Arbitrary<PipelineNode>): fc.Arbitrary<PipelineNode> {
  const part = node.filter((each) => each.type !== 'Sequence')
  const conditional = fc
    .record({ then: node, else: fc.option(node, { nil: undefined }) })
    .map((sides): SequenceItem =>
      sides.else === undefined
        ? { type: 'Conditional', then: sides.then, span: nowhere }
        : { type: 'Conditional', then: sides.then, else: sides.else, span: nowhere },
    )
  return fc
    .tuple(part, fc.array(fc.oneof(part, conditional), { minLength: 1, maxLength: 4 }))
    .map(([first, rest]) => ({ type: 'Sequence', items: [first, ...rest], span: nowhere }))
}

function parallel(node: fc.Arbitrary<PipelineNode>): fc.Arbitrary<PipelineNode> {
  return fc
    .array(
      node.filter((each) => each.type !== 'Parallel'),
      { minLength: 2, maxLength: 4 },
    )
    .map((branches) => ({ type: 'Parallel', branches, span: nowhere }))
}

function loop(node: fc.Arbitrary<PipelineNode>): fc.Arbitrary<PipelineNode> {
  return fc.array(node, { minLength: 2, maxLength: 3 }).map((body) => ({ type: 'Loop', body, span: nowhere }))
}

/** The notation of the case files, for comparing trees without positions. */
export function shape(node: AnyNode): string {
  const names = { Sequence: 'seq', Parallel: 'par', Loop: 'loop', Conditional: 'if' }
  if (node.type === 'Step') return node.kind === undefined ? node.name : `${node.kind}:${node.name}`
  return `(${names[node.type]} ${childrenOf(node).map(shape).join(' ')})`
}
