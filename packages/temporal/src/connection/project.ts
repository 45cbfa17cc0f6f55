// The engine section of a project's settings, as options of this package.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { TemporalError } from '../errors.ts'
import { aesGcmCodec } from './aes-gcm-codec.ts'
import type { TemporalOptions, TlsOptions } from './options.ts'

/** `engine` of config/settings.yaml, with the folder of the project. */
export interface ProjectEngine {
  readonly driver: 'embedded' | 'temporal'
  readonly address: string
  readonly namespace: string
  readonly engine_id?: string | undefined
  readonly api_key?: string | undefined
  /** `auto`: Restack's when there is an engine id. */
  readonly conventions: 'auto' | 'restack' | 'plain'
  readonly codec_key?: string | undefined
  /** Address of a Restack engine's API. */
  readonly api_address?: string | undefined
  readonly webhook_url?: string | undefined
  readonly metrics_address?: string | undefined
  readonly tls?: ProjectTls
  readonly root: string
}

/** `engine.tls`: files relative to the project. */
export interface ProjectTls {
  readonly enabled?: boolean | undefined
  readonly ca_file?: string | undefined
  readonly cert_file?: string | undefined
  readonly key_file?: string | undefined
  readonly server_name?: string | undefined
}

/** The settings know one key; a project that changes keys gives the driver a codec of its own. */
const codecKeyId = 'settings'

/** @throws {TemporalError} TEMPORAL_OPTIONS when a certificate cannot be read, TEMPORAL_CODEC when the key is not one. */
export function projectOptions(engine: ProjectEngine): TemporalOptions {
  const { address, namespace, root, engine_id, conventions, codec_key, tls = {} } = engine
  const engineId = engine_id ?? (conventions === 'restack' ? 'local' : undefined)
  return defined({
    address,
    namespace,
    root,
    engineId: conventions === 'plain' ? undefined : engineId,
    apiAddress: engine.api_address,
    apiKey: engine.api_key,
    webhookUrl: engine.webhook_url,
    metricsAddress: engine.metrics_address,
    tls: tlsOf(root, tls),
    payloadCodecs: codec_key === undefined ? undefined : [aesGcmCodec({ key: codec_key, keyId: codecKeyId })],
  })
}

/** Undefined leaves it to the driver: on with an API key, off without. */
function tlsOf(root: string, tls: ProjectTls): boolean | TlsOptions | undefined {
  if (tls.enabled === false) return false
  const { ca_file, cert_file, key_file, server_name: serverName } = tls
  const pem = (file: string | undefined): string | undefined =>
    file === undefined ? undefined : read(root, file)
  const options: TlsOptions = defined({
    ca: pem(ca_file),
    cert: pem(cert_file),
    key: pem(key_file),
    serverName,
  })
  return Object.keys(options).length > 0 ? options : tls.enabled
}

type Defined<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> }

/** Without the fields that are undefined: to leave an option out is to ask for its default. */
function defined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>
}

function read(root: string, file: string): string {
  try {
    return readFileSync(resolve(root, file), 'utf8')
  } catch (cause) {
    throw new TemporalError('TEMPORAL_OPTIONS', `The certificate file ${file} cannot be read`, { cause })
  }
}
