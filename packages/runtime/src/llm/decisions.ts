// What the router does about a failure, as data. The attempt loop (attempts.ts) reads this table and nothing else.

import type { FallbackCondition } from './config.ts'
import type { LlmFailure, LlmFailureClass } from './errors.ts'

/** How a class of failure is handled. */
export interface Decision {
  /** The name in `fallback.conditions` that must be listed for the next provider to be tried; null: never. */
  readonly condition: FallbackCondition | null
  /**
   * Asking the same provider again. `short-wait`: when the wait is shorter than `failover_after_ms`, or nobody
   * else is left. `last`: only when nobody else is left. `told`: when the provider says so itself
   * (`x-should-retry: true`). `never`: it would fail the same way.
   */
  readonly retry: 'short-wait' | 'last' | 'told' | 'never'
  /** Whose circuit breaker counts it: the host's, the target's, or nobody's (it was not the provider's fault). */
  readonly breaker: 'host' | 'target' | null
  /** How long the target is left alone afterwards: as long as it asked for, an hour, or not at all. */
  readonly park: 'hint' | 'long' | null
}

export const DECISIONS: Readonly<Record<LlmFailureClass, Decision>> = {
  connect: { condition: 'timeout', retry: 'last', breaker: 'host', park: null },
  timeout: { condition: 'timeout', retry: 'last', breaker: 'target', park: null },
  rate_limit: { condition: 'rate_limit', retry: 'short-wait', breaker: null, park: 'hint' },
  quota: { condition: 'llm_error', retry: 'never', breaker: null, park: 'long' },
  '5xx': { condition: '5xx', retry: 'short-wait', breaker: 'target', park: 'hint' },
  malformed_response: { condition: 'malformed_response', retry: 'last', breaker: 'target', park: null },
  llm_error: { condition: 'llm_error', retry: 'last', breaker: 'target', park: 'hint' },
  auth: { condition: 'auth', retry: 'never', breaker: null, park: null },
  config: { condition: 'config', retry: 'never', breaker: null, park: null },
  request: { condition: null, retry: 'told', breaker: null, park: null },
  content_filter: { condition: 'content_filter', retry: 'never', breaker: null, park: null },
  context_length: { condition: 'context_length', retry: 'never', breaker: null, park: null },
  refusal: { condition: 'refusal', retry: 'never', breaker: null, park: null },
  aborted: { condition: null, retry: 'never', breaker: null, park: null },
  limit: { condition: null, retry: 'never', breaker: null, park: null },
  budget: { condition: null, retry: 'never', breaker: null, park: null },
  circuit_open: { condition: null, retry: 'never', breaker: null, park: null },
  unsupported: { condition: null, retry: 'never', breaker: null, park: null },
  closed: { condition: null, retry: 'never', breaker: null, park: null },
}

/** How long a target is left alone whose account is out of money or over its spending limit. */
export const QUOTA_PARK_MS = 3_600_000

/** What is to be done after a failure. */
export type NextMove = 'retry' | 'next' | 'stop'

export interface Situation {
  /** How often this target was asked again already. */
  readonly retries: number
  readonly maxRetries: number
  /** How long a retry would have to wait. */
  readonly delayMs: number
  readonly remainingMs: number
  /** Whether another target could be asked at once. */
  readonly othersReady: boolean
  /** Whether another target is left at all, ready or not. */
  readonly othersLeft: boolean
  readonly failoverAfterMs: number
  readonly conditions: ReadonlySet<string>
}

/** Reads the table. */
export function decide(failure: LlmFailure, situation: Situation): NextMove {
  const decision = DECISIONS[failure.class]
  const mayMove = decision.condition !== null && situation.conditions.has(decision.condition)
  const mayRetry =
    decision.retry !== 'never' &&
    (decision.retry === 'told' ? failure.shouldRetry === true : failure.shouldRetry !== false) &&
    situation.retries < situation.maxRetries &&
    situation.delayMs < situation.remainingMs
  if (mayRetry && !(mayMove && situation.othersReady)) return 'retry'
  if (mayRetry && decision.retry === 'short-wait' && situation.delayMs < situation.failoverAfterMs)
    return 'retry'
  return mayMove && situation.othersLeft ? 'next' : 'stop'
}

/** Full jitter; a provider's own wish is kept to, and a little added so that not all come back in one moment. */
export function retryDelayMs(
  retries: number,
  hintMs: number | undefined,
  backoff: { readonly initial_ms: number; readonly max_ms: number },
  random: () => number,
): number {
  if (hintMs !== undefined) return hintMs + random() * Math.min(hintMs * 0.25, 1000)
  return random() * Math.min(backoff.initial_ms * 2 ** retries, backoff.max_ms)
}
