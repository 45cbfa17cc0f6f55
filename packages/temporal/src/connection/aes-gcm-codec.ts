// Encryption of everything that is stored on the server: inputs, results, events, memos, failures' details. The layout
// (nonce, ciphertext, tag; metadata `binary/encrypted`) is that of Temporal's own samples, so a Python service with the
// same key reads it.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { Payload, PayloadCodec } from '@temporalio/common'
import proto from '@temporalio/proto'
import { TemporalError } from '../errors.ts'

/** Options of {@link aesGcmCodec}. */
export interface AesGcmOptions {
  /** 32 bytes, or their base64 or hex text. */
  readonly key: string | Uint8Array
  /** Stored beside the ciphertext, never the key. */
  readonly keyId: string
  /** Keys of before, by id: read with, not written with. */
  readonly oldKeys?: Readonly<Record<string, string | Uint8Array>>
}

const encoding = 'binary/encrypted'
const nonceBytes = 12
const tagBytes = 16

/**
 * A codec that encrypts payloads with AES-256-GCM. Whoever reads or writes them needs the key: workers, clients, and
 * for readable histories the Temporal UI through a codec server.
 *
 * @throws {TemporalError} TEMPORAL_CODEC when a key does not have 32 bytes; while decoding, when the key is unknown or
 *   the data were changed.
 * @example openTemporalDriver({ payloadCodecs: [aesGcmCodec({ key: process.env.RGEN_PAYLOAD_KEY!, keyId: '2026-01' })] })
 */
export function aesGcmCodec({ key, keyId, oldKeys = {} }: AesGcmOptions): PayloadCodec {
  const keys = new Map(
    Object.entries({ ...oldKeys, [keyId]: key }).map(([id, one]) => [id, keyBytes(id, one)]),
  )
  const current = keyBytes(keyId, key)
  return {
    encode: async (payloads) => payloads.map((payload) => encrypt(payload, keyId, current)),
    decode: async (payloads) => payloads.map((payload) => decrypt(payload, keys)),
  }
}

function keyBytes(id: string, key: string | Uint8Array): Buffer {
  const bytes =
    typeof key === 'string'
      ? Buffer.from(key, /^[0-9a-f]{64}$/i.test(key) ? 'hex' : 'base64')
      : Buffer.from(key)
  if (bytes.length === 32) return bytes
  throw new TemporalError('TEMPORAL_CODEC', `The key ${id} has ${bytes.length} bytes, AES-256 needs 32`, {
    hint: 'Make one with: openssl rand -base64 32',
  })
}

function encrypt(payload: Payload, keyId: string, key: Buffer): Payload {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  const plain = proto.temporal.api.common.v1.Payload.encode(payload).finish()
  const data = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  return { metadata: { encoding: Buffer.from(encoding), 'encryption-key-id': Buffer.from(keyId) }, data }
}

function decrypt(payload: Payload, keys: ReadonlyMap<string, Buffer>): Payload {
  const { metadata, data } = payload
  if (text(metadata?.['encoding']) !== encoding) return payload
  const keyId = text(metadata?.['encryption-key-id'])
  const key = keys.get(keyId)
  if (key === undefined) {
    throw new TemporalError('TEMPORAL_CODEC', `There is no key ${keyId} to decrypt a payload with`, {
      hint: 'Pass the key under that id in oldKeys.',
    })
  }
  const bytes = Buffer.from(data ?? [])
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes))
  decipher.setAuthTag(bytes.subarray(bytes.length - tagBytes))
  try {
    const plain = [decipher.update(bytes.subarray(nonceBytes, bytes.length - tagBytes)), decipher.final()]
    return proto.temporal.api.common.v1.Payload.decode(Buffer.concat(plain))
  } catch (cause) {
    throw new TemporalError('TEMPORAL_CODEC', `A payload does not decrypt with the key ${keyId}`, { cause })
  }
}

function text(bytes: Uint8Array | null | undefined): string {
  return bytes == null ? '' : Buffer.from(bytes).toString()
}
