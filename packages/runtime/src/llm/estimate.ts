import type { LlmRequest } from './messages.ts'
import { resolveOverride } from './model-override.ts'
import { PRICES } from './prices.ts'
import { expectedCost, expectedTokens } from './snapshot.ts'
import type { Snapshot } from './snapshot.ts'
import { lacks, modelFor } from './targets.ts'
import type { Target } from './targets.ts'
import { countInput, loadTokenizer } from './tokens.ts'

/** What a request would use at one provider. */
export interface TargetEstimate {
  readonly provider: string
  readonly model: string
  readonly inputTokens: { readonly low: number; readonly high: number }
  readonly outputTokens: { readonly low: number; readonly high: number }
  /** USD; null when the price of the model is not known. */
  readonly costUsd: { readonly low: number; readonly high: number } | null
  /** Why this provider cannot serve the request. */
  readonly lacks?: string
}

export interface LlmEstimate {
  /** How tokens were counted: `o200k_base` with the package gpt-tokenizer, else by characters. */
  readonly method: 'o200k_base' | 'characters'
  /** The day of the built-in price list. */
  readonly pricesAsOf: string
  readonly targets: readonly TargetEstimate[]
}

/** Claude's vocabulary is not published; its counts were seen up to this much above o200k. */
const CLAUDE_FACTOR = 1.15
/** Characters say less than a tokenizer: text that is not English, or code, needs more. */
const CHARACTERS_FACTOR = 1.4

/** Counts and prices a request at every provider, without calling any. */
export async function estimateRequest(snapshot: Snapshot, request: LlmRequest): Promise<LlmEstimate> {
  const tokenizer = await loadTokenizer()
  const counted = countInput(request, tokenizer)
  const inOrder = snapshot.targets.toSorted((a, b) => a.priority - b.priority)
  const { request: resolved } = resolveOverride(request, inOrder)
  return {
    method: tokenizer === undefined ? 'characters' : 'o200k_base',
    pricesAsOf: PRICES.asOf,
    targets: snapshot.targets.map((target) => {
      const exact = tokenizer !== undefined && target.upstream === 'openai'
      const factor = exact ? 1 : tokenizer === undefined ? CHARACTERS_FACTOR : CLAUDE_FACTOR
      return estimateTarget(snapshot, target, resolved, { low: counted, high: Math.ceil(counted * factor) })
    }),
  }
}

function estimateTarget(
  snapshot: Snapshot,
  target: Target,
  request: LlmRequest,
  inputTokens: { low: number; high: number },
): TargetEstimate {
  const outputTokens = { low: 1, high: expectedTokens(request).outputTokens }
  const cost = (bound: 'low' | 'high'): number | null =>
    expectedCost(snapshot, target, request, {
      inputTokens: inputTokens[bound],
      outputTokens: outputTokens[bound],
    })
  const [low, high] = [cost('low'), cost('high')]
  const missing = lacks(target, request)
  return {
    provider: target.name,
    model: modelFor(target, request),
    inputTokens,
    outputTokens,
    costUsd: low === null || high === null ? null : { low, high },
    ...(missing === undefined ? {} : { lacks: missing }),
  }
}
