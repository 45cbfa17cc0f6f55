import type { Diagnostic } from '../errors.ts'
import { nameKey } from '../names.ts'
import type { Resource } from '../plan.ts'

/** How a pipeline runs its steps: as child workflows, or as durable steps of functions. */
export type PipelineStyle = 'subworkflows' | 'functions'

/**
 * The resources that a project would need for an expression to pass: what a generator scaffolds.
 *
 * A kind that the expression states (`agent:Report`, `ReviewAgent`) is kept; otherwise the style decides. Answers
 * an empty list when nothing is missing; other problems are not looked at.
 *
 * @example missingResources(diagnostics, 'functions') // [{ name: 'REVIEW', kind: 'function' }]
 */
export function missingResources(diagnostics: readonly Diagnostic[], style: PipelineStyle): Resource[] {
  const byDefault = style === 'functions' ? 'function' : 'workflow'
  const missing = new Map<string, Resource>()
  for (const each of diagnostics) {
    if (each.severity !== 'error' || each.wanted === undefined) continue
    const { name, kind = byDefault } = each.wanted
    const key = `${kind}:${nameKey(name, kind)}`
    if (!missing.has(key)) missing.set(key, { name, kind })
  }
  return [...missing.values()]
}
