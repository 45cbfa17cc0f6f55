import type { ErrorDiagnostic } from '../errors.ts'
import { nameKey, RESOURCE_KINDS, suffixKind, withoutSuffix } from '../names.ts'
import { nearest } from '../nearest.ts'
import type { ProjectIndex, Resource } from '../plan.ts'
import { printStep } from '../printer.ts'
import type { ResourceKind, StepNode } from '../tree.ts'

/** Comparisons of names that one check spends on suggestions; beyond, unknown names come without. */
const SUGGESTION_BUDGET = 300_000

/** Answers what a name of an expression means in a project. */
export class Resolver {
  readonly #index: ProjectIndex
  readonly #byKey = new Map<string, Resource>()
  readonly #map: ReadonlyMap<string, string>
  #budget = SUGGESTION_BUDGET

  constructor(index: ProjectIndex, map: ReadonlyMap<string, string>) {
    this.#index = index
    this.#map = new Map([...map].map(([token, target]) => [nameKey(token), target]))
    for (const resource of index.resources) {
      const key = keyOf(resource.name, resource.kind)
      // The same resource may be listed twice, by its file and by a running engine.
      if (!this.#byKey.has(key)) this.#byKey.set(key, resource)
    }
  }

  /** The one resource that a step names, or what is wrong with the name. */
  resolve(step: StepNode): Resource | ErrorDiagnostic {
    const { name, kind } = this.#wanted(step)
    const found = this.#named(name, kind === undefined ? RESOURCE_KINDS : [kind])
    const [resource, ...others] = found
    if (resource === undefined) return this.#unknown(step, name, kind)
    if (others.length > 0) return ambiguous(step, name, found)
    return resource
  }

  /** The resources of some kinds that a name means. Only the kind that its suffix states reads the name differently. */
  #named(name: string, kinds: readonly ResourceKind[]): Resource[] {
    const key = nameKey(name)
    const stated = suffixKind(name)
    return kinds.flatMap(
      (kind) => this.#byKey.get(kind === stated ? keyOf(name, kind) : `${kind}:${key}`) ?? [],
    )
  }

  /** What is looked up: the step's own name, or what it was mapped to. */
  #wanted(step: StepNode): { name: string; kind: ResourceKind | undefined } {
    const target = step.kind === undefined ? this.#map.get(nameKey(step.name)) : undefined
    if (target === undefined) return { name: step.name, kind: step.kind }
    const kind = RESOURCE_KINDS.find((each) => target.startsWith(`${each}:`))
    return kind === undefined ? { name: target, kind } : { name: target.slice(kind.length + 1), kind }
  }

  #unknown(step: StepNode, name: string, kind: ResourceKind | undefined): ErrorDiagnostic {
    const shown = name === step.name ? printStep(step) : `${step.name} (mapped to ${name})`
    const stated = kind ?? suffixKind(name)
    const suggestion = this.#otherKind(name) ?? this.#nearest(name, kind)
    return {
      severity: 'error',
      code: 'V_UNKNOWN',
      message: `unknown ${kind ?? 'step'} "${shown}"`,
      span: step.span,
      name: step.name,
      wanted: stated === undefined ? { name } : { name: withoutSuffix(name, stated), kind: stated },
      ...suggestion,
    }
  }

  /** `ReviewWorkflow` where the project has an agent Review. */
  #otherKind(name: string): { hint: string; nearest: string } | undefined {
    const stated = suffixKind(name)
    const stem = stated === undefined ? name : withoutSuffix(name, stated)
    for (const kind of RESOURCE_KINDS) {
      const other = this.#byKey.get(keyOf(stem, kind))
      if (other)
        return {
          hint: `"${other.name}" is ${article(kind)}: write ${kind}:${other.name}`,
          nearest: other.name,
        }
    }
    return undefined
  }

  #nearest(name: string, kind: ResourceKind | undefined): { hint: string; nearest?: string } {
    const known = this.#index.resources.filter((each) => kind === undefined || each.kind === kind)
    if (known.length === 0)
      return { hint: `The project has no ${kind ?? 'step'}${kind ? ' of that kind' : ''} yet` }
    this.#budget -= known.length
    if (this.#budget < 0) return { hint: 'Too many unknown names to look for similar ones' }
    const found = nearest(name, namesOf(known))
    if (found === undefined) return { hint: 'The project has no steps yet' }
    const hint = found.close ? `Did you mean "${found.name}"?` : `The nearest known name is "${found.name}"`
    return { hint, nearest: found.name }
  }
}

/** Suffixes are left out: people leave them out, and they would make all agents look alike. */
function* namesOf(resources: readonly Resource[]): Generator<string> {
  for (const { name, kind } of resources) yield withoutSuffix(name, kind)
}

function keyOf(name: string, kind: ResourceKind): string {
  return `${kind}:${nameKey(name, kind)}`
}

function ambiguous(step: StepNode, name: string, found: readonly Resource[]): ErrorDiagnostic {
  const kinds = found.map((each) => article(each.kind)).join(' and ')
  const choices = found.map((each) => `${each.kind}:${each.name}`).join(' or ')
  return {
    severity: 'error',
    code: 'V_AMBIGUOUS',
    message: `"${name}" is ambiguous: it is ${kinds}`,
    hint: `Write ${choices}`,
    span: step.span,
    name: step.name,
  }
}

function article(kind: ResourceKind): string {
  return kind === 'agent' ? 'an agent' : `a ${kind}`
}
