/** Where a server stands. Times in milliseconds. */
export type ServerState =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'starting'; readonly attempt: number }
  | { readonly kind: 'ready'; readonly pid: number | undefined; readonly era: string; readonly tools: number }
  /** It misses health checks and is still used. */
  | { readonly kind: 'degraded'; readonly failures: number; readonly reason: string }
  /** It failed and is started again after the wait. */
  | { readonly kind: 'backoff'; readonly delayMs: number; readonly attempt: number; readonly reason: string }
  /** It failed too often, or must not be started; only a person brings it back. */
  | { readonly kind: 'quarantined'; readonly reason: string }
