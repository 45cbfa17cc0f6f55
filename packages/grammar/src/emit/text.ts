import type { Plan } from '../plan.ts'
import { printStep } from '../printer.ts'
import { childrenOf } from '../tree.ts'
import type { AnyNode, PipelineNode } from '../tree.ts'

const LABELS: Readonly<Record<Exclude<AnyNode['type'], 'Step'>, string>> = {
  Sequence: '→ in order',
  Parallel: '⊕ at once',
  Loop: '⇄ again and again',
  Conditional: '→? if its rule holds',
}

/**
 * A pipeline as a tree for terminals.
 *
 * @example emitText(parse('A → B')) // '→ in order\n├─ A\n└─ B\n'
 */
export function emitText(pipeline: Plan | PipelineNode): string {
  const plan = 'tree' in pipeline ? pipeline : undefined
  const lines: string[] = []
  write('tree' in pipeline ? pipeline.tree : pipeline, '', '', '')
  return `${lines.join('\n')}\n`

  function write(node: AnyNode, first: string, rest: string, prefix: string): void {
    lines.push(first + prefix + label(node))
    const children = childrenOf(node)
    const otherwise = node.type === 'Conditional' ? node.else : undefined
    children.forEach((child, index) => {
      const last = index === children.length - 1
      write(
        child,
        rest + (last ? '└─ ' : '├─ '),
        rest + (last ? '   ' : '│  '),
        child === otherwise ? 'else ' : '',
      )
    })
  }

  function label(node: AnyNode): string {
    if (node.type !== 'Step') return LABELS[node.type]
    const kind = plan?.resourceOf(node).kind
    return kind === undefined || node.kind !== undefined ? printStep(node) : `${node.name} (${kind})`
  }
}
