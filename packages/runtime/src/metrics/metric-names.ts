/**
 * Every metric of the service: its name, what it counts and its labels. The names are those that dashboards of the
 * seed use; `circuit_breaker_state` is 0 closed, 1 open, 2 half-open.
 */
export const metricTable = {
  llm_requests_total: {
    kind: 'counter',
    help: 'Calls to LLM providers; status is ok or the class of the failure.',
    labels: ['provider', 'model', 'status'],
  },
  llm_request_duration_seconds: {
    kind: 'histogram',
    help: 'Time from sending a call to an LLM provider to its last byte.',
    labels: ['provider', 'model'],
  },
  llm_tokens_total: {
    kind: 'counter',
    help: 'Tokens used; type is prompt, completion, cache_read, cache_write or reasoning.',
    labels: ['provider', 'model', 'type'],
  },
  llm_cost_total_usd: {
    kind: 'counter',
    help: 'Cost of LLM calls in US dollars, by the price table.',
    labels: ['provider', 'model'],
  },
  llm_unpriced_requests_total: {
    kind: 'counter',
    help: 'Answers whose cost is unknown, because the price table does not have their model.',
    labels: ['provider', 'model'],
  },
  llm_safety_violations_total: {
    kind: 'counter',
    help: 'Findings of the content safety checks, before a call (input) and after it (output).',
    labels: ['category', 'severity', 'where'],
  },
  circuit_breaker_state: {
    kind: 'gauge',
    help: 'State of a provider: 0 closed, 1 open, 2 half-open.',
    labels: ['provider'],
  },
  tool_calls_total: {
    kind: 'counter',
    help: 'Calls of tools; status is ok or the code of the error.',
    labels: ['server', 'tool', 'status'],
  },
  tool_call_duration_seconds: {
    kind: 'histogram',
    help: 'Time of a tool call, waiting for the server included.',
    labels: ['server', 'tool'],
  },
  tool_server_up: { kind: 'gauge', help: 'Whether a tool server answers: 1 or 0.', labels: ['server'] },
  tool_server_restarts_total: { kind: 'counter', help: 'Restarts of tool servers.', labels: ['server'] },
  tool_output_truncated_total: {
    kind: 'counter',
    help: 'Tool results that were cut at the size limit.',
    labels: ['server', 'tool'],
  },
  prompt_renders_total: {
    kind: 'counter',
    help: 'Prompts rendered; status is ok or the code of the error.',
    labels: ['prompt', 'version', 'status'],
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>

export interface MetricDefinition {
  readonly kind: 'counter' | 'histogram' | 'gauge'
  readonly help: string
  readonly labels: readonly string[]
}

type Table = typeof metricTable
type NameOf<K extends MetricDefinition['kind']> = {
  [N in keyof Table]: Table[N]['kind'] extends K ? N : never
}[keyof Table]

export type CounterName = NameOf<'counter'>
export type HistogramName = NameOf<'histogram'>
export type GaugeName = NameOf<'gauge'>
/** The labels of a metric, each required. */
export type LabelsOf<N extends keyof Table> = Readonly<Record<Table[N]['labels'][number], string>>
