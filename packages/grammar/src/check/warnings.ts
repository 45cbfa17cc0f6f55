import type { WarningDiagnostic, WarningRule } from '../errors.ts'
import type { Metrics, Resource } from '../plan.ts'
import { stepsOf, walk } from '../tree.ts'
import type { AnyNode, LoopNode, PipelineNode, StepNode } from '../tree.ts'

/** Above these figures a pipeline is hard to follow. */
export const LIMITS = { resources: 20, depth: 5, parallel: 10, conditional: 10, loop: 10 } as const

const TOO_MUCH: Readonly<Record<keyof typeof LIMITS, (found: number, limit: number) => string>> = {
  resources: (found, limit) => `the pipeline uses ${found} resources, more than ${limit}`,
  depth: (found, limit) => `operators nest to a depth of ${found}, more than ${limit}`,
  parallel: (found, limit) => `the pipeline has ${found} parallel sections, more than ${limit}`,
  conditional: (found, limit) => `the pipeline has ${found} conditional steps, more than ${limit}`,
  loop: (found, limit) => `the pipeline has ${found} loops, more than ${limit}`,
}

/** What is legal and yet worth a second look. */
export function warningsFor(
  tree: PipelineNode,
  metrics: Metrics,
  resourceOf: (step: StepNode) => Resource | undefined,
): WarningDiagnostic[] {
  const warnings: WarningDiagnostic[] = []
  for (const rule of ['resources', 'depth', 'parallel', 'conditional', 'loop'] as const) {
    if (metrics[rule] > LIMITS[rule]) {
      const hint = 'Move a part of it into a pipeline of its own: a pipeline is a workflow, and so a step'
      warnings.push(warning(rule, TOO_MUCH[rule](metrics[rule], LIMITS[rule]), tree, hint))
    }
  }
  for (const node of walk(tree)) {
    if (node.type !== 'Parallel' || node.branches.length <= LIMITS.parallel) continue
    const message = `a parallel section has ${node.branches.length} branches, more than ${LIMITS.parallel}`
    warnings.push(warning('parallel', message, node, 'All of them run at once'))
  }
  for (const loop of walk(tree)) {
    const step = loop.type === 'Loop' ? onlyStepOf(loop, resourceOf) : undefined
    if (step === undefined) continue
    const message = `the loop runs one and the same step, "${step.name}", again and again`
    warnings.push(warning('self-loop', message, loop, 'A loop is meant for two steps that refine a result'))
  }
  return warnings
}

function warning(rule: WarningRule, message: string, { span }: AnyNode, hint: string): WarningDiagnostic {
  return { severity: 'warning', rule, message, span, hint }
}

/** The step of a loop that has only one; unresolved names count as different from each other. */
function onlyStepOf(
  loop: LoopNode,
  resourceOf: (step: StepNode) => Resource | undefined,
): StepNode | undefined {
  let first: StepNode | undefined
  for (const step of stepsOf(loop)) {
    first ??= step
    if (step !== first && (resourceOf(step) ?? step.name) !== (resourceOf(first) ?? first.name))
      return undefined
  }
  return first
}
