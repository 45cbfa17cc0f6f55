import type { ErrorDiagnostic, WarningDiagnostic } from '../errors.ts'
import { nameKey } from '../names.ts'
import { nearest } from '../nearest.ts'
import type { CheckOptions, CheckResult, Metrics, Plan, ProjectIndex, Resource } from '../plan.ts'
import { printStep } from '../printer.ts'
import { stepsOf } from '../tree.ts'
import type { PipelineNode, StepNode } from '../tree.ts'
import { Dependencies } from './dependencies.ts'
import { measure } from './metrics.ts'
import { Resolver } from './resolve.ts'
import { warningsFor } from './warnings.ts'

/**
 * Looks every step up in a project and measures the pipeline.
 *
 * Never throws for what an expression says: it answers a plan, or all problems at once (each unknown or ambiguous
 * name at its first occurrence). Takes time and memory in proportion to the tree.
 *
 * @example
 * const checked = check(parse('DRAFT ⇄ REVIEW'), { resources: [{ name: 'Draft', kind: 'workflow' }] })
 * if (!checked.ok) console.error(checked.diagnostics.map((each) => each.message)) // ['unknown step "REVIEW"']
 */
export function check(tree: PipelineNode, project: ProjectIndex, options: CheckOptions = {}): CheckResult {
  const map = options.map ?? new Map<string, string>()
  const found = resolveSteps(tree, new Resolver(project, map))
  const metrics = measure(tree, found.order.length)
  const warnings = warningsFor(tree, metrics, (step) => found.resources.get(printStep(step)))
  const diagnostics = [...found.problems, ...unusedMappings(tree, map)]
  if (options.strict === true) diagnostics.push(...warnings.map(asError))
  if (diagnostics.length > 0) return { ok: false, diagnostics, warnings }
  return { ok: true, plan: planOf(tree, found, metrics, warnings), warnings }
}

interface Resolution {
  readonly steps: readonly StepNode[]
  /** By the step as written. */
  readonly resources: ReadonlyMap<string, Resource>
  readonly problems: readonly ErrorDiagnostic[]
  readonly order: readonly string[]
  /** For every call the position of its step in `order`. */
  readonly calls: readonly number[]
}

function resolveSteps(tree: PipelineNode, resolver: Resolver): Resolution {
  const steps = [...stepsOf(tree)]
  const resources = new Map<string, Resource>()
  const problems: ErrorDiagnostic[] = []
  const order: string[] = []
  const calls: number[] = []
  const positionOfSpelling = new Map<string, number>()
  const positionOfResource = new Map<Resource, number>()
  for (const step of steps) {
    const spelling = printStep(step)
    let position = positionOfSpelling.get(spelling)
    if (position === undefined) {
      const resolved = resolver.resolve(step)
      const resource = 'severity' in resolved ? undefined : resolved
      if ('severity' in resolved) problems.push(resolved)
      else resources.set(spelling, resolved)
      position = resource && positionOfResource.get(resource)
      if (position === undefined) position = order.push(spelling) - 1
      positionOfSpelling.set(spelling, position)
      if (resource) positionOfResource.set(resource, position)
    }
    calls.push(position)
  }
  return { steps, resources, problems, order, calls }
}

function planOf(
  tree: PipelineNode,
  { steps, resources, order, calls }: Resolution,
  metrics: Metrics,
  warnings: readonly WarningDiagnostic[],
): Plan {
  const resourceOf = (step: StepNode): Resource => {
    const resource = resources.get(printStep(step))
    if (resource === undefined) throw new TypeError(`"${printStep(step)}" is not a step of this plan`)
    return resource
  }
  return {
    tree,
    steps: steps.map((node) => ({ node, resource: resourceOf(node) })),
    order,
    deps: new Dependencies(tree, order, calls),
    metrics,
    warnings,
    resourceOf,
  }
}

function asError({ message, span, hint }: WarningDiagnostic): ErrorDiagnostic {
  const error = {
    severity: 'error',
    code: 'V_STRICT',
    message: `${message} (refused in strict mode)`,
    span,
  } as const
  return hint === undefined ? error : { ...error, hint }
}

/** A mapping of a name that the expression does not use is a slip of the pen, not a wish. */
function unusedMappings(tree: PipelineNode, map: ReadonlyMap<string, string>): ErrorDiagnostic[] {
  if (map.size === 0) return []
  const used = new Map([...stepsOf(tree)].map((step) => [nameKey(step.name), step.name]))
  const problems: ErrorDiagnostic[] = []
  for (const token of map.keys()) {
    if (used.has(nameKey(token))) continue
    const similar = nearest(token, used.values())
    problems.push({
      severity: 'error',
      code: 'V_UNKNOWN',
      message: `the expression has no step "${token}" that could be mapped`,
      span: tree.span,
      name: token,
      ...(similar === undefined ? {} : { hint: `Did you mean "${similar.name}"?`, nearest: similar.name }),
    })
  }
  return problems
}
