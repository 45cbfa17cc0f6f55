// Payloads that are too large for a history, kept in the blob store beside a Restack engine. The history holds a
// reference. The format is that of DataDog's temporal-large-payload-codec, version 2, as Restack's SDKs write it.
import { createHash } from 'node:crypto'
import type { Payload, PayloadCodec } from '@temporalio/common'
import { TemporalError } from '../errors.ts'

/** What stands in the history in place of the data. */
interface Reference {
  readonly metadata: Readonly<Record<string, string>>
  readonly size: number
  readonly digest: string
  readonly key: string
}

/** Payloads below this stay in the history. */
const largeBytes = 128 * 1024
/** The server refuses messages above this: without the store such a payload cannot be kept at all. */
const messageBytes = 4 * 1024 * 1024
const markerKey = 'temporal.io/remote-codec'
const version = 'v2'
const timeoutMs = 30_000

/** What the codec has to know of the store. */
export interface BlobStore {
  readonly url: string
  readonly namespace: string
  /** Told of payloads that stay in the history because the store does not answer. */
  readonly onUnreachable?: (error: unknown) => void
}

/**
 * A codec that keeps payloads of 128 KiB and more in the blob store of a Restack engine.
 *
 * @throws {TemporalError} TEMPORAL_CODEC when the store does not answer and the payload has more than 4 MiB; while
 *   decoding, when what a reference names cannot be fetched or is not what was stored.
 */
export function largePayloadCodec(store: BlobStore): PayloadCodec {
  return {
    encode: async (payloads) => Promise.all(payloads.map((payload) => putAside(payload, store))),
    decode: async (payloads) => Promise.all(payloads.map((payload) => fetchBack(payload, store))),
  }
}

async function putAside(payload: Payload, store: BlobStore): Promise<Payload> {
  const data = Buffer.from(payload.data ?? [])
  if (data.length < largeBytes) return payload
  try {
    return await put(payload, data, store)
  } catch (cause) {
    if (data.length > messageBytes) {
      throw new TemporalError(
        'TEMPORAL_CODEC',
        `A payload of ${data.length} bytes cannot be kept: the blob store at ${store.url} does not take it, and the server takes at most ${messageBytes} bytes`,
        { hint: 'Start the codec server of the Restack engine, or pass less data.', cause },
      )
    }
    store.onUnreachable?.(cause)
    return payload
  }
}

async function put(payload: Payload, data: Buffer, { url, namespace }: BlobStore): Promise<Payload> {
  const digest = digestOf(data)
  const entries = Object.entries(payload.metadata ?? {})
  const encoded = Object.fromEntries(
    entries.map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  )
  const query = new URLSearchParams({ digest, namespace })
  const response = await fetch(`${url}/v2/blobs/put?${query.toString()}`, {
    method: 'PUT',
    headers: {
      'content-type': 'application/octet-stream',
      'x-temporal-metadata': Buffer.from(JSON.stringify(encoded)).toString('base64'),
    },
    body: new Uint8Array(data),
    signal: AbortSignal.timeout(timeoutMs),
  })
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  const { Key: key } = (await response.json()) as { readonly Key: string }
  const metadata = Object.fromEntries(
    entries.map(([name, value]) => [name, Buffer.from(value).toString('utf8')]),
  )
  const reference: Reference = { metadata, size: data.length, digest, key }
  return {
    metadata: { ...payload.metadata, [markerKey]: Buffer.from(version) },
    data: Buffer.from(JSON.stringify(reference)),
  }
}

async function fetchBack(payload: Payload, { url }: BlobStore): Promise<Payload> {
  const { [markerKey]: marker, ...metadata } = payload.metadata ?? {}
  if (marker == null || Buffer.from(marker).toString() !== version) return payload
  const { key, size, digest } = JSON.parse(Buffer.from(payload.data ?? []).toString()) as Reference
  try {
    const response = await fetch(`${url}/v2/blobs/get?${new URLSearchParams({ key }).toString()}`, {
      headers: {
        'content-type': 'application/octet-stream',
        'x-payload-expected-content-length': String(size),
      },
      signal: AbortSignal.timeout(timeoutMs),
    })
    if (!response.ok) throw new Error(`${url} answered ${response.status}`)
    const data = Buffer.from(await response.arrayBuffer())
    if (digestOf(data) !== digest) throw new Error('The data are not those that were stored')
    return { metadata, data }
  } catch (cause) {
    throw new TemporalError('TEMPORAL_CODEC', `The payload ${key} cannot be fetched from ${url}`, {
      hint: 'Is the codec server of the Restack engine up, with the storage that the payload was written to?',
      cause,
    })
  }
}

function digestOf(data: Uint8Array): string {
  return `sha256:${createHash('sha256').update(data).digest('hex')}`
}
