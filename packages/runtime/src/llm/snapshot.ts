import type { FallbackCondition, LlmSettings } from './config.ts'
import { PriceBook } from './cost.ts'
import type { LlmRequest } from './messages.ts'
import { PRICES } from './prices.ts'
import { createRedactor } from './redaction.ts'
import type { Redact } from './redaction.ts'
import { modelFor, resolveTargets } from './targets.ts'
import type { Target } from './targets.ts'
import { countInput, usageOf } from './tokens.ts'

/** Everything that a call needs of the configuration. A call keeps the one it began with, whatever is reloaded. */
export interface Snapshot {
  readonly settings: LlmSettings
  readonly targets: readonly Target[]
  readonly prices: PriceBook
  readonly conditions: ReadonlySet<FallbackCondition>
  readonly redact: Redact
}

export function createSnapshot(
  settings: LlmSettings,
  env: Readonly<Record<string, string | undefined>>,
): Snapshot {
  return {
    settings,
    targets: resolveTargets(settings, env),
    prices: new PriceBook(PRICES, settings.router.features.pricing.models),
    conditions: new Set(settings.fallback.conditions),
    redact: createRedactor([...secretsOf(settings), ...namedSecrets(env)]),
  }
}

function secretsOf({ router, providers }: LlmSettings): string[] {
  const keys = [
    router.kong.api_key,
    router.features.content_safety.api_key,
    ...providers.flatMap(({ api_key, kong, headers }) => [api_key, kong.api_key, ...Object.values(headers)]),
    ...[router.url, ...providers.map(({ base_url }) => base_url)].flatMap(urlSecrets),
  ]
  return keys.filter((key) => key !== undefined)
}

/** What an address may carry beside the place. */
function urlSecrets(address: string | undefined): string[] {
  if (address === undefined) return []
  const { password, searchParams } = new URL(address)
  return [decodeURIComponent(password), ...searchParams.values()]
}

/** Variables whose name says that they are secret, whether the file refers to them or not. */
function namedSecrets(env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && value.length >= 8 && /(?:API_?KEY|SECRET|PASSWORD|ACCESS_TOKEN)$/i.test(name)
      ? [value]
      : [],
  )
}

/** Tokens that an answer without a ceiling is reserved for. */
const UNLIMITED_ANSWER_TOKENS = 1024

/** What a call may use: all of its input, and its answer at the ceiling. */
export interface Expectation {
  readonly inputTokens: number
  readonly outputTokens: number
}

export function expectedTokens(request: LlmRequest): Expectation {
  return { inputTokens: countInput(request), outputTokens: request.maxTokens ?? UNLIMITED_ANSWER_TOKENS }
}

/** Expected cost at a target in USD; null when the price of its model is not known. */
export function expectedCost(
  { prices }: Snapshot,
  target: Target,
  request: LlmRequest,
  { inputTokens, outputTokens }: Expectation,
): number | null {
  if (target.type === 'mock') return 0
  return prices.cost(modelFor(target, request), usageOf(inputTokens, outputTokens), request.serviceTier)
}
