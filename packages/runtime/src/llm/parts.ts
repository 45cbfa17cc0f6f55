import { Budgets } from './budget.ts'
import { ExactCache } from './cache.ts'
import type { LlmSettings } from './config.ts'
import { createExporters } from './exporters.ts'
import type { ExporterDeps, Exporters } from './exporters.ts'
import { HedgeBudget } from './hedge.ts'
import { limiterSettings, SlidingLimiter } from './limiter.ts'
import type { SafetyChecker } from './safety/checker.ts'
import { createSafetyGuard } from './safety/guard.ts'
import type { SafetyGuard } from './safety/guard.ts'
import { createSnapshot } from './snapshot.ts'
import type { Snapshot } from './snapshot.ts'
import { fanOut, NO_LOGGER } from './telemetry.ts'
import type { LlmLogger, LlmMeter } from './telemetry.ts'
import type { Transport } from './transport/transport.ts'

/** What belongs to one configuration. */
export interface Parts {
  readonly snapshot: Snapshot
  readonly limiter: SlidingLimiter | undefined
  readonly budgets: Budgets | undefined
  readonly cache: ExactCache | undefined
  readonly hedge: HedgeBudget | undefined
  readonly safety: SafetyGuard | undefined
  readonly exporters: Exporters
  /** The service's own meter and the exporters. */
  readonly meter: LlmMeter
}

export interface PartsDeps extends ExporterDeps {
  readonly transport: Transport
  readonly env: Readonly<Record<string, string | undefined>>
  readonly logger?: LlmLogger
  readonly meter?: LlmMeter
  readonly safetyChecker?: SafetyChecker
}

/** Makes the parts for a configuration. What holds state, and whose section did not change, is carried over. */
export function buildParts(settings: LlmSettings, deps: PartsDeps, before: Parts | undefined): Parts {
  const { features } = settings.router
  const old = before?.snapshot.settings.router.features
  const same = (key: keyof typeof features): boolean =>
    old !== undefined && JSON.stringify(old[key]) === JSON.stringify(features[key])
  const kept = same('cost_tracking') ? before?.exporters : undefined
  const exporters = kept ?? createExporters(features.cost_tracking, deps)
  const meter = fanOut([...(deps.meter === undefined ? [] : [deps.meter]), ...exporters.meters])
  return {
    snapshot: createSnapshot(settings, deps.env),
    limiter: same('ai_rate_limiting') ? before?.limiter : limiterFor(features.ai_rate_limiting),
    budgets: same('budget')
      ? before?.budgets
      : features.budget.length === 0
        ? undefined
        : new Budgets(features.budget),
    cache: same('cache') ? before?.cache : cacheFor(features.cache),
    hedge: features.hedge.enabled ? new HedgeBudget(features.hedge.max_extra_cost_pct) : undefined,
    safety: createSafetyGuard(features.content_safety, {
      transport: deps.transport,
      env: deps.env,
      logger: deps.logger ?? NO_LOGGER,
      meter,
      ...(deps.safetyChecker === undefined ? {} : { checker: deps.safetyChecker }),
      gatewayChecks: settings.router.backend === 'kong',
    }),
    exporters,
    meter,
  }
}

type Features = LlmSettings['router']['features']

function limiterFor(config: Features['ai_rate_limiting']): SlidingLimiter | undefined {
  return config.enabled ? new SlidingLimiter(limiterSettings(config)) : undefined
}

function cacheFor({ enabled, ttl, max_entries }: Features['cache']): ExactCache | undefined {
  return enabled ? new ExactCache(ttl * 1000, max_entries) : undefined
}
