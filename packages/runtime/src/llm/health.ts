import type { Clock } from './clock.ts'
import type { Snapshot } from './snapshot.ts'
import type { RouterState } from './state.ts'

/** How a provider stands, as far as this process (and those that it shares state with) knows. */
export interface ProviderHealth {
  readonly provider: string
  readonly model: string
  readonly circuit: 'closed' | 'open' | 'half-open'
  /** It asked to be left alone, or its account is out of credit. */
  readonly parked?: { readonly reason: 'rate_limit' | 'quota'; readonly forMs: number }
  /** A moving average; absent until it has answered once. */
  readonly latencyMs?: number
  readonly priced: boolean
}

export interface RouterHealth {
  /** At least one provider may be asked now. */
  readonly available: boolean
  readonly providers: readonly ProviderHealth[]
}

export function healthOf({ targets, prices }: Snapshot, state: RouterState, clock: Clock): RouterHealth {
  const now = clock.now()
  const providers = targets.map((target) => {
    const parked = state.parking.get(target.key, now)
    const latencyMs = state.latencyMs(target)
    return {
      provider: target.name,
      model: target.model,
      circuit: worse(state.breaker(target.hostKey).state.kind, state.breaker(target.key).state.kind),
      priced: target.type === 'mock' || prices.find(target.model) !== undefined,
      ...(parked === undefined ? {} : { parked: { reason: parked.reason, forMs: parked.until - now } }),
      ...(latencyMs === undefined ? {} : { latencyMs }),
    }
  })
  const available = providers.some(({ circuit, parked }) => circuit !== 'open' && parked === undefined)
  return { available, providers }
}

const ORDER = ['closed', 'half-open', 'open'] as const

function worse(a: (typeof ORDER)[number], b: (typeof ORDER)[number]): (typeof ORDER)[number] {
  return ORDER.indexOf(a) > ORDER.indexOf(b) ? a : b
}
