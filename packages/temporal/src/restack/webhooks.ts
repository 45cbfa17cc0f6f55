// What becomes of services, told to a URL: the webhooks of Restack's SDKs.
import { setTimeout as pause } from 'node:timers/promises'
import { failureOf } from '@rgen/engine/host'
import type { TemporalSettings } from '../connection/options.ts'
import { serverQueue } from '../names.ts'

/** What may be told. */
export type WebhookType =
  'service.started' | 'service.stopped' | 'service.connection_failed' | 'service.error'

const attempts = 3
const retryMs = 1_000
const timeoutMs = 5_000
/** The same about the same queue is told once in this time: a service that cannot connect tries often. */
const cooldownMs = 60_000

export class Webhooks {
  readonly #settings: TemporalSettings
  readonly #toldAt = new Map<string, number>()

  constructor(settings: TemporalSettings) {
    this.#settings = settings
  }

  /** Tells it, when there is a URL to tell it to. Never rejects: a webhook is no part of the service's work. */
  async tell(type: WebhookType, taskQueue: string, error?: unknown): Promise<void> {
    const { webhookUrl, engineId = 'local', logger } = this.#settings
    if (webhookUrl === undefined) return
    const key = `${type} ${taskQueue}`
    const toldAt = this.#toldAt.get(key)
    if (toldAt !== undefined && performance.now() - toldAt < cooldownMs) return
    this.#toldAt.set(key, performance.now())
    const body = JSON.stringify({
      type,
      timestamp: new Date().toISOString(),
      engineId,
      taskQueue: serverQueue(engineId, taskQueue),
      identity: `${engineId}-${process.pid}`,
      ...(error === undefined ? {} : { details: { error: failureOf(error).message } }),
    })
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      if (await delivered(webhookUrl, body)) return
      if (attempt < attempts) await pause(retryMs)
    }
    this.#toldAt.delete(key)
    logger?.log('warn', 'A webhook was not delivered', { type, taskQueue })
  }
}

/** Whether the other side took it, or refused it for good. */
async function delivered(url: string, body: string): Promise<boolean> {
  const headers = { 'content-type': 'application/json' }
  try {
    const signal = AbortSignal.timeout(timeoutMs)
    return (await fetch(url, { method: 'POST', headers, body, signal })).status < 500
  } catch {
    return false
  }
}
