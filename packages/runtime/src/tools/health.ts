import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/client'
import type { Client, RequestOptions } from '@modelcontextprotocol/client'
import type { ServerSettings } from './config/schema.ts'
import { networkReason } from './connection/map-error.ts'

/**
 * Asks a server for a sign of life: its health endpoint when one is configured, else `server/discover`, or `ping` in
 * the eras before.
 *
 * @returns What is wrong; undefined when all is well.
 */
export async function checkHealth(settings: ServerSettings, client: Client): Promise<string | undefined> {
  const { timeoutMs: timeout, endpoint } = settings.health
  const { transport } = settings
  try {
    if (endpoint !== undefined && transport.kind !== 'stdio') {
      const response = await fetch(new URL(endpoint, transport.url), { signal: AbortSignal.timeout(timeout) })
      await response.body?.cancel()
      return response.ok ? undefined : `${endpoint} answered ${response.status}`
    }
    if (client.getProtocolEra() === 'modern') await client.discover({ timeout })
    else await ping(client, { timeout })
    return undefined
  } catch (error) {
    const reason = networkReason(error)
    if (reason !== undefined) return reason
    const text = error instanceof Error ? error.message : String(error)
    return /timed? ?out|timeout/iu.test(text) ? `no sign of life within ${timeout} ms` : text
  }
}

/** Asks for a sign of life in the eras before 2026. That it does not know the question is one, too. */
export async function ping(client: Client, request: RequestOptions): Promise<void> {
  try {
    await client.ping(request)
  } catch (error) {
    if (!(error instanceof ProtocolError) || error.code !== (ProtocolErrorCode.MethodNotFound as number))
      throw error
  }
}
