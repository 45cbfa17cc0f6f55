import type { RouterSettings } from './config.ts'
import type { LlmUsage } from './messages.ts'

/** USD for a million tokens. A field that is absent costs what input costs. */
export interface Rates {
  readonly input: number
  readonly output: number
  readonly cacheRead?: number
  readonly cacheWrite?: number
  /** Written to be kept for an hour in place of five minutes. */
  readonly cacheWrite1h?: number
}

export interface ModelPrice extends Rates {
  /** Other rates for the whole request once its input is longer than this. */
  readonly above?: Rates & { readonly inputTokens: number }
  /** Rates of the service tiers that differ. */
  readonly tiers?: Readonly<Record<string, Rates>>
}

export interface PriceTable {
  /** The day on which the prices were read, ISO 8601. */
  readonly asOf: string
  readonly models: Readonly<Record<string, ModelPrice>>
}

type PricingConfig = RouterSettings['features']['pricing']['models']

/** The tiers that cost what the list says. */
const STANDARD_TIERS: ReadonlySet<string> = new Set(['default', 'auto', 'standard', 'standard_only', 'scale'])

/**
 * Finds prices and computes costs. Own prices go before the table's; a dated name (`gpt-4o-2024-08-06`) has the price
 * of the model that it is a snapshot of, unless it is listed itself.
 */
export class PriceBook {
  readonly #models: ReadonlyMap<string, ModelPrice>

  constructor(table: PriceTable, own: PricingConfig) {
    const ownRates = Object.entries(own).map(([model, price]) => [model, toRates(price)] as const)
    this.#models = new Map<string, ModelPrice>([...Object.entries(table.models), ...ownRates])
  }

  find(model: string): ModelPrice | undefined {
    return this.#models.get(model) ?? this.#models.get(withoutSnapshot(model))
  }

  /** USD, or null when the price of the model or of its service tier is not known. */
  cost(model: string, usage: LlmUsage, serviceTier?: string): number | null {
    const price = this.find(model)
    if (price === undefined) return null
    const rates = ratesFor(price, usage, serviceTier)
    return rates === undefined ? null : costOf(usage, rates)
  }
}

function ratesFor(price: ModelPrice, usage: LlmUsage, serviceTier: string | undefined): Rates | undefined {
  if (serviceTier !== undefined && !STANDARD_TIERS.has(serviceTier)) return price.tiers?.[serviceTier]
  const { above } = price
  return above !== undefined && usage.inputTokens > above.inputTokens ? above : price
}

/** Summed in millionths of a dollar: fewer roundings than adding dollars. */
function costOf(usage: LlmUsage, rates: Rates): number {
  const longWrites = Math.min(usage.cacheWrite1hTokens ?? 0, usage.cacheWriteTokens)
  const shortWrites = usage.cacheWriteTokens - longWrites
  const fresh = Math.max(0, usage.inputTokens - usage.cacheReadTokens - usage.cacheWriteTokens)
  const cacheWrite = rates.cacheWrite ?? rates.input
  const micros =
    fresh * rates.input +
    usage.cacheReadTokens * (rates.cacheRead ?? rates.input) +
    shortWrites * cacheWrite +
    longWrites * (rates.cacheWrite1h ?? cacheWrite) +
    usage.outputTokens * rates.output
  return roundUsd(micros / 1e6)
}

/** To a millionth of a millionth: sums of fractions must not end in …9998. */
export function roundUsd(usd: number): number {
  return Math.round(usd * 1e12) / 1e12
}

/** `-2024-08-06`, `-20241022`, `-latest`; and the provider's name in front, as gateways write it. */
function withoutSnapshot(model: string): string {
  const bare = model.replace(/^[a-z-]+\//, '')
  return bare.replace(/-(?:\d{4}-\d{2}-\d{2}|\d{8}|latest)$/, '').replace(/-0$/, '')
}

function toRates(price: PricingConfig[string]): Rates {
  return {
    input: price.input_per_1m ?? (price.prompt_per_1k ?? 0) * 1000,
    output: price.output_per_1m ?? (price.completion_per_1k ?? 0) * 1000,
    ...(price.cache_read_per_1m === undefined ? {} : { cacheRead: price.cache_read_per_1m }),
    ...(price.cache_write_per_1m === undefined ? {} : { cacheWrite: price.cache_write_per_1m }),
    ...(price.cache_write_1h_per_1m === undefined ? {} : { cacheWrite1h: price.cache_write_1h_per_1m }),
  }
}
