import type { RunFunction, ServiceDefinition } from '@rgen/engine'
import type { TemporalSettings } from './options.ts'

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
  const url = `${apiBase(apiAddress)}/api/engine/endpoints`
  const body = {
    identity: `${engineId}-${process.pid}`,
    agents: resources('agent', service.agents, service.taskQueue),
    workflows: resources('workflow', service.workflows, service.taskQueue),
  }
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(5_000),
    })
    if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  } catch (error) {
    logger?.log('warn', 'The Restack API does not know this service: it could not be told', {
      error: String(error),
    })
  }
}

/** With Restack, addresses on this machine, in private networks and in a cluster are plain http. */
export function apiBase(address: string): string {
  if (/^https?:\/\//.test(address)) return address.replace(/\/$/, '')
  const host = address.replace(/[:/].*$/, '')
  const plain =
    !host.includes('.') ||
    /^(127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/.test(host) ||
    host === 'host.docker.internal' ||
    host.endsWith('.svc')
  return `${plain ? 'http' : 'https'}://${address.replace(/\/$/, '')}`
}

function resources(
  type: 'agent' | 'workflow',
  runs: ReadonlyMap<string, RunFunction>,
  taskQueue: string,
): unknown[] {
  return [...runs].map(([name, { description, mcp }]) => ({
    name,
    type,
    description,
    mcp: mcp ?? false,
    task_queue: taskQueue,
  }))
}
