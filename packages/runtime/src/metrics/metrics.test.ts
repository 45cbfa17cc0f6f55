import { describe, expect, it } from '@jest/globals'
import { metricTable } from './metric-names.ts'
import { createMetrics } from './metrics.ts'
import { createToolMetrics } from './tool-metrics.ts'

describe('createMetrics', () => {
  it('shows every metric of the table with help and type, before anything was counted', async () => {
    const { body, contentType } = await createMetrics().exposition()
    expect(contentType).toContain('text/plain')
    for (const [name, { kind, help }] of Object.entries(metricTable)) {
      expect(body).toContain(`# HELP ${name} ${help}`)
      expect(body).toContain(`# TYPE ${name} ${kind}`)
    }
  })

  it('counts, observes and sets by labels', async () => {
    const metrics = createMetrics()
    const call = { provider: 'openai', model: 'gpt-4o' }
    metrics.count('llm_requests_total', { ...call, status: 'ok' })
    metrics.count('llm_tokens_total', { ...call, type: 'prompt' }, 12)
    metrics.observe('llm_request_duration_seconds', call, 0.3)
    metrics.set('circuit_breaker_state', { provider: 'openai' }, 1)
    const { body } = await metrics.exposition()
    expect(body).toContain('llm_requests_total{provider="openai",model="gpt-4o",status="ok"} 1')
    expect(body).toContain('llm_tokens_total{provider="openai",model="gpt-4o",type="prompt"} 12')
    expect(body).toContain('llm_request_duration_seconds_bucket{le="0.5",provider="openai",model="gpt-4o"} 1')
    expect(body).toContain('circuit_breaker_state{provider="openai"} 1')
  })

  it('keeps the figures of two services apart', async () => {
    const [one, other] = [createMetrics(), createMetrics()]
    one.count('tool_server_restarts_total', { server: 'a' })
    expect((await other.exposition()).body).not.toContain('server="a"')
  })

  it('adds figures of the process on request', async () => {
    expect((await createMetrics({ process: true }).exposition()).body).toContain(
      'process_resident_memory_bytes',
    )
  })
})

describe('createToolMetrics', () => {
  it('counts a call and its time under the names of the table', async () => {
    const metrics = createMetrics()
    const tools = createToolMetrics(metrics)
    tools.toolCall({ server: 's', tool: 't', status: 'TOOL_TIMEOUT', seconds: 2 })
    tools.toolServerUp('s', true)
    tools.toolServerRestart('s')
    tools.toolOutputTruncated('s', 't')
    const { body } = await metrics.exposition()
    expect(body).toContain('tool_calls_total{server="s",tool="t",status="TOOL_TIMEOUT"} 1')
    expect(body).toContain('tool_call_duration_seconds_sum{server="s",tool="t"} 2')
    expect(body).toContain('tool_server_up{server="s"} 1')
  })
})
