// What the router tells the outside, through small ports that the service's logger and meter satisfy.

/** Receives log lines. Fields carry no key and no prompt. */
export interface LlmLogger {
  log(
    level: 'debug' | 'info' | 'warn' | 'error',
    message: string,
    fields: Readonly<Record<string, unknown>>,
  ): void
}

export type Labels = Readonly<Record<string, string>>

/** Receives figures: the service's Prometheus registry, and the exports to Datadog and CloudWatch. */
export interface LlmMeter {
  count(name: LlmCounter, labels: Labels, by?: number): void
  observe(name: LlmHistogram, labels: Labels, value: number): void
  set(name: LlmGauge, labels: Labels, value: number): void
}

export type LlmCounter =
  | 'llm_requests_total'
  | 'llm_tokens_total'
  | 'llm_cost_total_usd'
  | 'llm_unpriced_requests_total'
  | 'llm_safety_violations_total'
export type LlmHistogram = 'llm_request_duration_seconds'
export type LlmGauge = 'circuit_breaker_state'

export const NO_LOGGER: LlmLogger = { log: () => undefined }

/** One meter that hands on to several. */
export function fanOut(meters: readonly LlmMeter[]): LlmMeter {
  return {
    count: (name, labels, by) => meters.forEach((meter) => meter.count(name, labels, by)),
    observe: (name, labels, value) => meters.forEach((meter) => meter.observe(name, labels, value)),
    set: (name, labels, value) => meters.forEach((meter) => meter.set(name, labels, value)),
  }
}
