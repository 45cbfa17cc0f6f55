import type { ResponseHeaders } from '../transport/transport.ts'

/** A longer wish is not a wish but a mistake. */
const MAX_WAIT_MS = 86_400_000

/**
 * How long the provider asks to be left alone, in milliseconds; undefined when it does not say.
 *
 * Reads `retry-after-ms`, `retry-after` (seconds or a date), the family of Kong's `x-ai-ratelimit-retry-after`, and,
 * when none is there, when the exhausted one of the `…-ratelimit-…` resources is filled again. With a 429 Kong's
 * plain `…ratelimit-reset` says the same.
 */
export function retryAfterMs(headers: ResponseHeaders, wallNow: number, status?: number): number | undefined {
  const stated =
    positive(Number(text(headers, 'retry-after-ms') ?? Number.NaN)) ??
    secondsOrDate(text(headers, 'retry-after'), wallNow) ??
    kongRetryAfter(headers, wallNow) ??
    exhaustedReset(headers, wallNow) ??
    (status === 429 ? plainReset(headers, wallNow) : undefined)
  return stated === undefined ? undefined : Math.min(stated, MAX_WAIT_MS)
}

function text(headers: ResponseHeaders, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}

function positive(value: number): number | undefined {
  return Number.isFinite(value) && value >= 0 ? value : undefined
}

function secondsOrDate(value: string | undefined, wallNow: number): number | undefined {
  if (value === undefined || value.trim() === '') return undefined
  const seconds = Number(value)
  if (!Number.isNaN(seconds)) return positive(seconds * 1000)
  const at = Date.parse(value)
  return Number.isNaN(at) ? undefined : Math.max(0, at - wallNow)
}

/** Kong says it for each window and provider; the longest holds. */
function kongRetryAfter(headers: ResponseHeaders, wallNow: number): number | undefined {
  const waits = Object.keys(headers)
    .filter((name) => name.startsWith('x-ai-ratelimit-retry-after'))
    .flatMap((name) => secondsOrDate(text(headers, name), wallNow) ?? [])
  return waits.length === 0 ? undefined : Math.max(...waits)
}

const REMAINING =
  /^(?:x-ratelimit|x-ai-ratelimit|anthropic-ratelimit)-(?:remaining-[a-z0-9-]+|[a-z-]+-remaining)$/

/** Anthropic gives a date, OpenAI a duration such as `1m30.5s`, Azure seconds or a placeholder of 0 or -1. */
function exhaustedReset(headers: ResponseHeaders, wallNow: number): number | undefined {
  const waits = Object.keys(headers)
    .filter((name) => REMAINING.test(name) && Number(text(headers, name)) === 0)
    .flatMap((name) => resetMs(text(headers, name.replace('remaining', 'reset')), wallNow) ?? [])
  return waits.length === 0 ? undefined : Math.max(...waits)
}

function plainReset(headers: ResponseHeaders, wallNow: number): number | undefined {
  const told = text(headers, 'x-ai-ratelimit-reset') ?? text(headers, 'ratelimit-reset')
  return resetMs(told, wallNow)
}

function resetMs(value: string | undefined, wallNow: number): number | undefined {
  if (value === undefined) return undefined
  const duration = durationMs(value)
  const wait = duration ?? secondsOrDate(value, wallNow)
  return wait === undefined || wait <= 0 ? undefined : wait
}

const UNITS: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 }

/** `6s`, `12ms`, `1m30.5s`; undefined for anything else. */
export function durationMs(value: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|[dhms]))+$/.test(value)) return undefined
  let total = 0
  for (const [, amount, unit] of value.matchAll(/(\d+(?:\.\d+)?)(ms|[dhms])/g))
    total += Number(amount) * (UNITS[unit ?? ''] ?? 0)
  return total
}
