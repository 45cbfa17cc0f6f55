import type { Plan } from '../plan.ts'
import type { PipelineNode, ResourceKind } from '../tree.ts'
import { graphOf } from './graph.ts'
import type { GraphEdge, GraphStep } from './graph.ts'

const SHAPES: Readonly<Record<ResourceKind, string>> = {
  agent: 'oval',
  workflow: 'component',
  function: 'box',
}

/**
 * A pipeline in Graphviz' DOT language.
 *
 * @example emitDot(parse('A → B')) // 'digraph pipeline {\n  rankdir=LR\n  …'
 */
export function emitDot(pipeline: Plan | PipelineNode): string {
  const { steps, edges } = graphOf(pipeline)
  const lines = [
    'digraph pipeline {',
    '  rankdir=LR',
    '  node [shape=box]',
    ...steps.map((step) => `  ${box(step)}`),
    ...edges.map((edge) => `  ${arrow(edge)}`),
    '}',
  ]
  return `${lines.join('\n')}\n`
}

function box({ id, label, kind }: GraphStep): string {
  if (label === '') return `${id} [shape=point]`
  const shape = kind === undefined ? '' : ` shape=${SHAPES[kind]}`
  return `${id} [label="${label}"${shape}]`
}

function arrow({ from, to, label, style }: GraphEdge): string {
  const attributes = [
    ...(label === undefined ? [] : [`label="${label}"`]),
    ...(style === 'next' ? [] : ['style=dashed']),
    ...(style === 'back' ? ['constraint=false'] : []),
  ]
  return attributes.length === 0 ? `${from} -> ${to}` : `${from} -> ${to} [${attributes.join(' ')}]`
}
