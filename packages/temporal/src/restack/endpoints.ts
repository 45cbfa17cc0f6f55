import type { RunFunction, ServiceDefinition } from '@rgen/engine'
import type { TemporalSettings } from '../connection/options.ts'
import { jsonSchemaOf } from '../json-schema.ts'
import { restackUrl } from './address.ts'

/**
 * Tells a Restack engine's API what a service offers, as its own SDKs do. Without `apiAddress` nothing is sent; an API
 * that does not answer is logged and no reason to fail.
 */
export async function announceEndpoints(
  settings: TemporalSettings,
  service: ServiceDefinition,
): Promise<void> {
  const { apiAddress, engineId, apiKey, logger } = settings
  if (apiAddress === undefined || engineId === undefined) return
  if (service.agents.size + service.workflows.size === 0) return
  const url = `${restackUrl(apiAddress)}/api/engine/endpoints`
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
      },
      body: JSON.stringify({
        // Several people's services share a local engine; elsewhere an engine has one set of endpoints.
        identity: engineId === 'local' ? `local-${process.pid}` : engineId,
        agents: resources(service.agents, service.taskQueue),
        workflows: resources(service.workflows, service.taskQueue),
      }),
      signal: AbortSignal.timeout(5_000),
    })
    if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  } catch (error) {
    logger?.log('warn', 'The Restack API does not know this service: it could not be told', {
      error: String(error),
    })
  }
}

function resources(runs: ReadonlyMap<string, RunFunction>, taskQueue: string): unknown[] {
  return [...runs].map(([name, { input, output, description = '', mcp = false }]) => ({
    name,
    type: 'function',
    input_schema: jsonSchemaOf(input, 'input') ?? {},
    output_schema: jsonSchemaOf(output, 'output') ?? {},
    description,
    mcp,
    task_queue: taskQueue,
  }))
}
