// Encryption of single fields, as Restack's SDKs do it with a key of the engine: a field that an author marked is
// stored encrypted, what stands around it stays readable in the engine's UI.
//
//   {"__restack_sensitive__": true, "value": …}  ⇄  {"__restack_encrypted__": "v1", "alg", "iv", "ct"}
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { Payload, PayloadCodec } from '@temporalio/common'
import { TemporalError } from '../errors.ts'

const sensitiveKey = '__restack_sensitive__'
const encryptedKey = '__restack_encrypted__'
const algorithm = 'AES-256-GCM'
const ivBytes = 12
const tagBytes = 16

interface Sensitive {
  readonly [sensitiveKey]: true
  readonly value: unknown
}

interface Encrypted {
  readonly [encryptedKey]: 'v1'
  readonly alg: string
  readonly iv: string
  readonly ct: string
}

/**
 * Marks a value for encryption on a Restack engine: it is stored unreadably, and arrives as this very object.
 *
 * @example await restack.scheduleAgent({ agentName, agentId, input: { email, password: sensitive(password) } })
 */
export function sensitive<T>(value: T): { readonly __restack_sensitive__: true; readonly value: T } {
  return { [sensitiveKey]: true, value }
}

/** A codec that encrypts what {@link sensitive} marked. @throws {TemporalError} TEMPORAL_CODEC for what does not decrypt. */
export function sensitiveFieldsCodec(key: Buffer): PayloadCodec {
  const each =
    (change: (node: unknown) => unknown) =>
    async (payloads: Payload[]): Promise<Payload[]> =>
      payloads.map((payload) => changed(payload, change))
  return { encode: each((node) => encryptIn(node, key)), decode: each((node) => decryptIn(node, key)) }
}

/** The payload with its JSON changed; itself when it is not JSON, or mentions no marker. */
function changed(payload: Payload, change: (node: unknown) => unknown): Payload {
  if (Buffer.from(payload.metadata?.['encoding'] ?? []).toString() !== 'json/plain') return payload
  const text = Buffer.from(payload.data ?? []).toString()
  if (!text.includes(sensitiveKey) && !text.includes(encryptedKey)) return payload
  return { ...payload, data: Buffer.from(JSON.stringify(change(JSON.parse(text)))) }
}

function encryptIn(node: unknown, key: Buffer): unknown {
  if (!isSensitive(node)) return inside(node, (inner) => encryptIn(inner, key))
  const iv = randomBytes(ivBytes)
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  const ct = Buffer.concat([
    cipher.update(JSON.stringify(node.value ?? null)),
    cipher.final(),
    cipher.getAuthTag(),
  ])
  return {
    [encryptedKey]: 'v1',
    alg: algorithm,
    iv: iv.toString('base64'),
    ct: ct.toString('base64'),
  } satisfies Encrypted
}

function decryptIn(node: unknown, key: Buffer): unknown {
  if (!isEncrypted(node)) return inside(node, (inner) => decryptIn(inner, key))
  const bytes = Buffer.from(node.ct, 'base64')
  try {
    if (node.alg !== algorithm) throw new Error(`The algorithm is ${node.alg}`)
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(node.iv, 'base64'))
    decipher.setAuthTag(bytes.subarray(bytes.length - tagBytes))
    const text = Buffer.concat([
      decipher.update(bytes.subarray(0, bytes.length - tagBytes)),
      decipher.final(),
    ]).toString()
    return sensitive(JSON.parse(text) as unknown)
  } catch (cause) {
    throw new TemporalError('TEMPORAL_CODEC', "A field does not decrypt with the engine's key", { cause })
  }
}

function inside(node: unknown, change: (inner: unknown) => unknown): unknown {
  if (Array.isArray(node)) return node.map((inner) => change(inner))
  if (typeof node !== 'object' || node === null) return node
  return Object.fromEntries(Object.entries(node).map(([name, inner]) => [name, change(inner)]))
}

function isSensitive(node: unknown): node is Sensitive {
  return typeof node === 'object' && node !== null && sensitiveKey in node && 'value' in node
}

function isEncrypted(node: unknown): node is Encrypted {
  return typeof node === 'object' && node !== null && encryptedKey in node && 'ct' in node && 'iv' in node
}
