import type { PayloadCodec } from '@temporalio/common'
import type { TemporalSettings } from '../connection/options.ts'
import { codecUrl, restackUrl } from './address.ts'
import { largePayloadCodec } from './large-payload-codec.ts'
import { sensitiveFieldsCodec } from './sensitive-fields-codec.ts'

const keyBytes = 32
const timeoutMs = 5_000

/**
 * The codecs of a connection, in the order of writing: the user's, or that of the Restack engine's key; large payloads
 * last, so that what is put aside is encrypted already.
 */
export async function payloadCodecs(settings: TemporalSettings): Promise<readonly PayloadCodec[]> {
  const { apiAddress, codecAddress, engineId, namespace, logger, payloadCodecs: own = [] } = settings
  if (engineId === undefined || apiAddress === undefined) return own
  const ofEngine = own.length === 0 ? await engineCodec(settings, apiAddress) : undefined
  const onUnreachable = (error: unknown): void =>
    logger?.log('warn', 'A large payload stays in the history: the blob store does not take it', {
      error: String(error),
    })
  const large = largePayloadCodec({ url: codecUrl(codecAddress, apiAddress), namespace, onUnreachable })
  return [...own, ...(ofEngine === undefined ? [] : [ofEngine]), large]
}

/**
 * The codec for which a Restack engine has a key; undefined when it has none, or its API does not answer: like
 * Restack's own SDKs, which go on without.
 */
async function engineCodec(
  { apiKey, logger }: TemporalSettings,
  apiAddress: string,
): Promise<PayloadCodec | undefined> {
  const url = `${restackUrl(apiAddress)}/api/engine/codec/key`
  try {
    const response = await fetch(url, {
      headers: apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` },
      signal: AbortSignal.timeout(timeoutMs),
    })
    // No key, or none for us.
    if ([401, 403, 404].includes(response.status)) return undefined
    if (!response.ok) throw new Error(`${url} answered ${response.status}`)
    const { key = '', alg = 'AES-256-GCM' } = (await response.json()) as { key?: string; alg?: string }
    const bytes = Buffer.from(key, 'base64')
    if (alg !== 'AES-256-GCM' || bytes.length !== keyBytes) throw new Error(`${url} has no key for AES-256`)
    return sensitiveFieldsCodec(bytes)
  } catch (error) {
    logger?.log('warn', 'Fields marked as sensitive are not encrypted: the engine’s key cannot be had', {
      error: String(error),
    })
    return undefined
  }
}
