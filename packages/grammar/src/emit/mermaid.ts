import type { Plan } from '../plan.ts'
import type { PipelineNode } from '../tree.ts'
import { graphOf } from './graph.ts'
import type { GraphEdge, GraphStep } from './graph.ts'

/**
 * A Mermaid flowchart of a pipeline: boxes by kind, dotted arrows for conditions, arrows back for loops.
 *
 * @example emitMermaid(parse('A → B')) // 'flowchart LR\n  s1["A"]\n  s2["B"]\n  s1 --> s2\n'
 */
export function emitMermaid(pipeline: Plan | PipelineNode): string {
  const { steps, edges } = graphOf(pipeline)
  const lines = [
    'flowchart LR',
    ...steps.map((step) => `  ${box(step)}`),
    ...edges.map((edge) => `  ${arrow(edge)}`),
  ]
  return `${lines.join('\n')}\n`
}

/** Names are quoted, so that none (`end`, `class`) is a word of Mermaid's own. */
function box({ id, label, kind }: GraphStep): string {
  if (label === '') return `${id}(( ))`
  if (kind === 'agent') return `${id}(["${label}"])`
  return kind === 'workflow' ? `${id}[["${label}"]]` : `${id}["${label}"]`
}

function arrow({ from, to, label, style }: GraphEdge): string {
  const line = style === 'next' ? '-->' : '-.->'
  return label === undefined ? `${from} ${line} ${to}` : `${from} ${line}|${label}| ${to}`
}
