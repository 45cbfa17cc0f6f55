import type { RestartPolicy } from './config/schema.ts'

/** What to do after a failure. */
export type RestartDecision =
  { readonly kind: 'wait'; readonly delayMs: number } | { readonly kind: 'quarantine' }

/**
 * When a server that failed is started again: the waits double, with jitter so that servers which fell together do
 * not rise together; one failure more than `max` inside the window, and it is given up.
 *
 * @param failures Moments of the failures so far, the last one included, on a monotonic clock.
 * @param random From 0 to 1.
 */
export function decideRestart(
  failures: readonly number[],
  now: number,
  policy: RestartPolicy,
  random: number,
): RestartDecision {
  const recent = failures.filter((at) => now - at < policy.windowMs).length
  if (recent > policy.max) return { kind: 'quarantine' }
  const full = Math.min(policy.capMs, policy.baseMs * 2 ** Math.min(30, Math.max(0, recent - 1)))
  return { kind: 'wait', delayMs: Math.round(full * (0.75 + random / 4)) }
}

/** The failures that still count: none after the server has been well for `stableAfterMs`. */
export function failuresThatCount(
  failures: readonly number[],
  readySince: number | undefined,
  now: number,
  policy: RestartPolicy,
): readonly number[] {
  return readySince !== undefined && now - readySince >= policy.stableAfterMs ? [] : failures
}
