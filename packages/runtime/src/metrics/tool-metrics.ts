import type { ToolMetrics } from '../tools/ports.ts'
import type { Meter } from './metrics.ts'

/** What the tool manager counts, under the names of the table. */
export function createToolMetrics(meter: Meter): ToolMetrics {
  return {
    toolCall({ server, tool, status, seconds }) {
      meter.count('tool_calls_total', { server, tool, status })
      meter.observe('tool_call_duration_seconds', { server, tool }, seconds)
    },
    toolServerUp: (server, up) => meter.set('tool_server_up', { server }, up ? 1 : 0),
    toolServerRestart: (server) => meter.count('tool_server_restarts_total', { server }),
    toolOutputTruncated: (server, tool) => meter.count('tool_output_truncated_total', { server, tool }),
  }
}
