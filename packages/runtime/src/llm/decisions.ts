// What the router does about a failure, as data. The attempt loop (attempts.ts) reads this table and nothing else.

import type { FallbackCondition } from './config.ts'
import type { LlmFailureClass } from './errors.ts'

/** How a class of failure is handled. */
export interface Decision {
  /** The name in `fallback.conditions` that must be listed for the next provider to be tried; null: never. */
  readonly condition: FallbackCondition | null
  /**
   * Asking the same provider again. `short-wait`: when the wait is shorter than `failover_after_ms`, or nobody
   * else is left. `last`: only when nobody else is left. `never`: it would fail the same way.
   */
  readonly retry: 'short-wait' | 'last' | 'never'
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
  request: { condition: null, retry: 'never', breaker: null, park: null },
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
