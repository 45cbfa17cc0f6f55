// Exports of cost figures beside Prometheus: DogStatsD datagrams for Datadog's agent, and embedded metric format for
// CloudWatch. Both are documented line formats, so no client library is needed.

import { createSocket } from 'node:dgram'
import type { RouterSettings } from './config.ts'
import type { Labels, LlmMeter } from './telemetry.ts'

type CostTracking = RouterSettings['features']['cost_tracking']

/** Where the lines go; by default the network and standard output. */
export interface ExporterDeps {
  /** Sends one DogStatsD datagram. */
  readonly sendDatagram?: (line: string) => void
  /** Writes one line of embedded metric format. */
  readonly writeLine?: (line: string) => void
}

export interface Exporters {
  readonly meters: readonly LlmMeter[]
  readonly close: () => void
}

/** The exports that the file asks for. Prometheus is the service's own meter and not made here. */
export function createExporters(config: CostTracking, deps: ExporterDeps): Exporters {
  const meters: LlmMeter[] = []
  let close = (): void => undefined
  if (config.enabled && config.export_to.includes('datadog')) {
    const sender =
      deps.sendDatagram === undefined ? udpSender(config.statsd) : { send: deps.sendDatagram, close }
    meters.push(dogStatsdMeter(config.namespace, sender.send))
    close = sender.close
  }
  if (config.enabled && config.export_to.includes('cloudwatch'))
    meters.push(
      cloudWatchMeter(config.namespace, deps.writeLine ?? ((line) => void process.stdout.write(`${line}\n`))),
    )
  return { meters, close }
}

/** `rgen.llm_cost_total_usd:0.0123|c|#provider:openai,model:gpt-4o` */
export function dogStatsdMeter(namespace: string, send: (line: string) => void): LlmMeter {
  const line = (name: string, value: number, type: 'c' | 'h' | 'g', labels: Labels): void => {
    const tags = Object.entries(labels).map(([key, label]) => `${key}:${label.replace(/[,|#\n]/g, '_')}`)
    send(`${namespace}.${name}:${value}|${type}${tags.length === 0 ? '' : `|#${tags.join(',')}`}`)
  }
  return {
    count: (name, labels, by = 1) => line(name, by, 'c', labels),
    observe: (name, labels, value) => line(name, value, 'h', labels),
    set: (name, labels, value) => line(name, value, 'g', labels),
  }
}

/** One JSON line a figure, which the CloudWatch agent and Lambda turn into a metric. */
export function cloudWatchMeter(
  namespace: string,
  write: (line: string) => void,
  wallNow = Date.now,
): LlmMeter {
  const line = (name: string, value: number, unit: 'Count' | 'Seconds' | 'None', labels: Labels): void => {
    const metric = {
      Namespace: namespace,
      Dimensions: [Object.keys(labels)],
      Metrics: [{ Name: name, Unit: unit }],
    }
    write(
      JSON.stringify({
        _aws: { Timestamp: wallNow(), CloudWatchMetrics: [metric] },
        ...labels,
        [name]: value,
      }),
    )
  }
  return {
    count: (name, labels, by = 1) => line(name, by, name === 'llm_cost_total_usd' ? 'None' : 'Count', labels),
    observe: (name, labels, value) => line(name, value, 'Seconds', labels),
    set: (name, labels, value) => line(name, value, 'None', labels),
  }
}

/** Datagrams are sent and forgotten: an agent that is not there must not disturb a call. */
function udpSender({ host, port }: CostTracking['statsd']): {
  send: (line: string) => void
  close: () => void
} {
  const socket = createSocket('udp4')
  socket.unref()
  socket.on('error', () => undefined)
  let closed = false
  return {
    send: (line) => {
      // A call that outlives its configuration has nobody to tell any more.
      if (!closed) socket.send(line, port, host, () => undefined)
    },
    close: () => {
      closed = true
      socket.close()
    },
  }
}
