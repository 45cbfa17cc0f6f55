import type { AnyNode, StepNode } from './tree.ts'

/** Which signs to print: the mathematical ones, or those of every keyboard. */
export type OperatorStyle = 'unicode' | 'ascii'

interface Signs {
  readonly then: string
  readonly guard: string
  readonly loop: string
  readonly parallel: string
}

const SIGNS: Readonly<Record<OperatorStyle, Signs>> = {
  unicode: { then: ' → ', guard: ' →? ', loop: ' ⇄ ', parallel: ' ⊕ ' },
  ascii: { then: ' -> ', guard: ' ->? ', loop: ' <-> ', parallel: ' || ' },
}

/** How tightly a node binds; an operand that binds no tighter than its operator needs parentheses. */
const BINDING: Readonly<Record<AnyNode['type'], number>> = {
  Conditional: 0,
  Sequence: 0,
  Parallel: 1,
  Loop: 2,
  Step: 3,
}

/**
 * Writes a tree as canonical text: single spaces, only the parentheses that are needed.
 *
 * `parse(print(tree))` is the same tree, apart from positions.
 *
 * @example print(parse('(A->B)->?(C)')) // 'A → B →? C'
 */
export function print(tree: AnyNode, style: OperatorStyle = 'unicode'): string {
  const parts: string[] = []
  write(tree, SIGNS[style], parts)
  return parts.join('')
}

/** A step as written: `DRAFT`, `agent:Report`. */
export function printStep(step: StepNode): string {
  return step.kind === undefined ? step.name : `${step.kind}:${step.name}`
}

// Recursion is bounded by the depth of the tree, not by its length.
function write(node: AnyNode, signs: Signs, parts: string[]): void {
  switch (node.type) {
    case 'Step':
      parts.push(printStep(node))
      break
    case 'Sequence':
      node.items.forEach((item, index) => {
        if (index > 0 && item.type !== 'Conditional') parts.push(signs.then)
        writeOperand(item, 0, signs, parts)
      })
      break
    case 'Parallel':
      writeAll(node.branches, signs.parallel, 1, signs, parts)
      break
    case 'Loop':
      writeAll(node.body, signs.loop, 2, signs, parts)
      break
    case 'Conditional':
      parts.push(signs.guard)
      if (node.else === undefined) writeOperand(node.then, 0, signs, parts)
      else {
        parts.push('(')
        write(node.then, signs, parts)
        parts.push(', ')
        write(node.else, signs, parts)
        parts.push(')')
      }
  }
}

function writeAll(
  nodes: readonly AnyNode[],
  sign: string,
  binding: number,
  signs: Signs,
  parts: string[],
): void {
  nodes.forEach((node, index) => {
    if (index > 0) parts.push(sign)
    writeOperand(node, binding, signs, parts)
  })
}

function writeOperand(node: AnyNode, binding: number, signs: Signs, parts: string[]): void {
  const grouped = node.type !== 'Conditional' && BINDING[node.type] <= binding
  if (grouped) parts.push('(')
  write(node, signs, parts)
  if (grouped) parts.push(')')
}
