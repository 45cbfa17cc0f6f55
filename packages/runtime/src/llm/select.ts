import type { RouterSettings } from './config.ts'
import type { LlmRequest } from './messages.ts'
import type { RouterState } from './state.ts'
import { lacks } from './targets.ts'
import type { Target } from './targets.ts'

export interface Selection {
  /** In the order in which they are to be tried. */
  readonly candidates: readonly Target[]
  /** Those that cannot serve this request, and what they lack. */
  readonly excluded: readonly { readonly target: Target; readonly lacks: string }[]
}

/** What the strategies look at beside the targets. */
export interface SelectionContext {
  readonly strategy: RouterSettings['strategy']
  readonly state: RouterState
  readonly now: number
  /** A number in [0, 1). */
  readonly random: () => number
  /** Expected cost of the request at a target, in USD; null when its price is unknown. */
  readonly priceOf: (target: Target) => number | null
  /** The target that answered this conversation before. */
  readonly sticky: string | undefined
}

/**
 * Orders the targets for a request: what can serve it, by priority, and inside a priority by the strategy.
 * Circuits and parking are looked at later, when a target's turn comes: by then they may have changed.
 */
export function selectTargets(
  targets: readonly Target[],
  request: LlmRequest,
  context: SelectionContext,
): Selection {
  const candidates: Target[] = []
  const excluded: { target: Target; lacks: string }[] = []
  for (const target of targets) {
    const missing = lacks(target, request)
    if (missing === undefined) candidates.push(target)
    else excluded.push({ target, lacks: missing })
  }
  if (candidates.length < 2) return { candidates, excluded }
  const ranks = rank(candidates, context)
  // Array.prototype.sort is stable: what is equal stays in the order of the file.
  candidates.sort((a, b) => a.priority - b.priority || (ranks?.get(a) ?? 0) - (ranks?.get(b) ?? 0))
  const sticky = candidates.findIndex(({ name }) => name === context.sticky)
  if (sticky > 0) candidates.unshift(...candidates.splice(sticky, 1))
  return { candidates, excluded }
}

/** A number for each target, the smallest first; undefined when the order of the file decides. */
function rank(targets: readonly Target[], context: SelectionContext): Map<Target, number> | undefined {
  const { state, now } = context
  const by = (value: (target: Target) => number) => new Map(targets.map((target) => [target, value(target)]))
  switch (context.strategy) {
    case 'priority':
      return undefined
    case 'weighted':
      // Efraimidis and Spirakis: sorting by these keys draws without replacement, by weight.
      return by((target) => -Math.log(1 - context.random()) / target.weight)
    case 'latency':
      return by((target) => state.latencyMs(target) ?? 0)
    case 'cost':
      return by((target) => context.priceOf(target) ?? Number.MAX_VALUE)
    case 'usage':
      return by((target) => state.recentTokens(target, now) / target.weight)
  }
}
