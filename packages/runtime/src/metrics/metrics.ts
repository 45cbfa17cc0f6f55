import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import {
  metricTable,
  type CounterName,
  type GaugeName,
  type HistogramName,
  type LabelsOf,
  type MetricDefinition,
} from './metric-names.ts'

/** From a fast tool to a slow answer of an LLM. */
const durationBuckets = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120]

/** What the parts of the service count with. A part takes this, or something smaller, and works without it. */
export interface Meter {
  count<N extends CounterName>(name: N, labels: LabelsOf<N>, by?: number): void
  /** `value` in the unit that the name ends in, usually seconds. */
  observe<N extends HistogramName>(name: N, labels: LabelsOf<N>, value: number): void
  set<N extends GaugeName>(name: N, labels: LabelsOf<N>, value: number): void
}

export interface Metrics extends Meter {
  /** The prom-client registry, for metrics of the user's own. */
  readonly registry: Registry
  /** What `/metrics` answers. */
  exposition(): Promise<{ readonly contentType: string; readonly body: string }>
}

/**
 * A registry of its own, with the metrics of `metric-names.ts`. Two services in one process do not share figures.
 *
 * @param options.process Also CPU, memory and event loop of this process.
 * @example
 * const metrics = createMetrics()
 * metrics.count('tool_calls_total', { server: 'research', tool: 'web_search', status: 'ok' })
 */
export function createMetrics(options: { readonly process?: boolean } = {}): Metrics {
  const registry = new Registry()
  if (options.process === true) collectDefaultMetrics({ register: registry })
  const counters = instrumentsOf(
    'counter',
    (configuration) => new Counter({ ...configuration, registers: [registry] }),
  )
  const gauges = instrumentsOf(
    'gauge',
    (configuration) => new Gauge({ ...configuration, registers: [registry] }),
  )
  const histograms = instrumentsOf(
    'histogram',
    (configuration) => new Histogram({ ...configuration, buckets: durationBuckets, registers: [registry] }),
  )
  return {
    registry,
    count: (name, labels, by = 1) => counters.get(name)?.inc(labels, by),
    observe: (name, labels, value) => histograms.get(name)?.observe(labels, value),
    set: (name, labels, value) => gauges.get(name)?.set(labels, value),
    exposition: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  }
}

interface Configuration {
  readonly name: string
  readonly help: string
  readonly labelNames: readonly string[]
}

function instrumentsOf<T>(
  kind: MetricDefinition['kind'],
  make: (configuration: Configuration) => T,
): Map<string, T> {
  const rows = Object.entries(metricTable).filter(([, definition]) => definition.kind === kind)
  return new Map(rows.map(([name, { help, labels }]) => [name, make({ name, help, labelNames: labels })]))
}
