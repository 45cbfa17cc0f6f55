import type { SafetyCategory, SafetySeverity } from '../config.ts'

/** Something in a text that should perhaps not be there. */
export interface SafetyFinding {
  readonly category: SafetyCategory
  readonly severity: SafetySeverity
  /** Where it stands, when the checker knows; without it there is nothing to redact but the whole text. */
  readonly span?: { readonly start: number; readonly end: number }
}

/**
 * Looks at a text. Rejects when it cannot tell.
 *
 * @example
 * const checker: SafetyChecker = { check: async (text) => (text.includes('…') ? [{ category: 'hate', severity: 'high' }] : []) }
 */
export interface SafetyChecker {
  check(text: string, signal: AbortSignal): Promise<readonly SafetyFinding[]>
}
