import type { LlmRouterConfig } from './config.ts'
import { isLlmError } from './errors.ts'
import type { LlmEstimate } from './estimate.ts'
import { LlmRouter } from './router.ts'
import type { RouterDeps } from './router.ts'

/** What one small call to a provider came to. */
export interface ProviderProbe {
  readonly provider: string
  readonly model: string
  readonly ok: boolean
  readonly latencyMs: number
  /** USD; null when the price is not known, absent when the call failed. */
  readonly costUsd?: number | null
  /** Of the failure: its code, and what to do. */
  readonly code?: string
  readonly message?: string
  readonly hint?: string
}

const QUESTION = { messages: [{ role: 'user' as const, content: 'Reply with the word ok.' }], maxTokens: 16 }

/** How long a provider may take to say one word. */
const PROBE_MS = 30_000

/**
 * Calls each provider once, alone, without retries: what is wrong with one is not hidden by another.
 *
 * @param only the provider to call, by name; all of them without it.
 */
export async function probeProviders(
  { llm }: LlmRouterConfig,
  deps: RouterDeps = {},
  only?: string,
): Promise<readonly ProviderProbe[]> {
  const chosen = llm.providers.filter(({ name }) => only === undefined || name === only)
  return Promise.all(
    chosen.map(async (provider) => {
      const router = new LlmRouter(alone({ llm: { ...llm, providers: [provider] } }), deps)
      const about = { provider: provider.name, model: provider.model ?? provider.type }
      const startedAt = performance.now()
      try {
        const { costUsd, model } = await router.chat(QUESTION, { deadlineMs: PROBE_MS })
        return { ...about, model, ok: true, latencyMs: performance.now() - startedAt, costUsd }
      } catch (error) {
        if (!isLlmError(error)) throw error
        const { code, message, hint } = error
        const latencyMs = performance.now() - startedAt
        return { ...about, ok: false, latencyMs, code, message, ...(hint === undefined ? {} : { hint }) }
      } finally {
        await router.close()
      }
    }),
  )
}

/** What the call of {@link probeProviders} would use and cost, without making it. No key is needed. */
export async function estimateProbes(
  config: LlmRouterConfig,
  deps: RouterDeps = {},
  only?: string,
): Promise<LlmEstimate> {
  const router = new LlmRouter(alone(config), deps)
  try {
    const estimate = await router.estimate(QUESTION)
    const targets = estimate.targets.filter(({ provider }) => only === undefined || provider === only)
    return { ...estimate, targets }
  } finally {
    await router.close()
  }
}

/** The configuration of a trial: one request, which is no figure of the service. */
function alone({ llm }: LlmRouterConfig): LlmRouterConfig {
  const { cache, cost_tracking } = llm.router.features
  const features = {
    ...llm.router.features,
    cache: { ...cache, enabled: false },
    // Standard output belongs to the command.
    cost_tracking: { ...cost_tracking, export_to: [] },
  }
  const router = { ...llm.router, features, shared_state: { ...llm.router.shared_state, enabled: false } }
  return { llm: { ...llm, router, fallback: { ...llm.fallback, max_retries_per_provider: 0 } } }
}
