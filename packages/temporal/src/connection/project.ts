// The engine section of a project's settings, as options of this package.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { LogSink } from '@rgen/engine'
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

/** @throws {TemporalError} TEMPORAL_OPTIONS when a certificate cannot be read, TEMPORAL_CODEC when the key is not one. */
export function projectOptions(engine: ProjectEngine, logger: LogSink | undefined): TemporalOptions {
  const { address, namespace, root, engine_id, api_key, conventions, codec_key, tls = {} } = engine
  const engineId =
    conventions === 'plain' ? undefined : (engine_id ?? (conventions === 'restack' ? 'local' : undefined))
  const security = tlsOf(root, tls)
  const apiAddress = process.env['RESTACK_ENGINE_API_ADDRESS'] ?? ''
  return {
    address,
    namespace,
    root,
    ...(engineId === undefined ? {} : { engineId }),
    ...(engineId === undefined || apiAddress === '' ? {} : { apiAddress }),
    ...(api_key === undefined ? {} : { apiKey: api_key }),
    ...(security === undefined ? {} : { tls: security }),
    ...(codec_key === undefined
      ? {}
      : { payloadCodecs: [aesGcmCodec({ key: codec_key, keyId: 'project' })] }),
    ...(logger === undefined ? {} : { logger }),
  }
}

function tlsOf(
  root: string,
  { enabled, ca_file, cert_file, key_file, server_name }: ProjectTls,
): boolean | TlsOptions | undefined {
  if (enabled === false) return false
  const options: TlsOptions = {
    ...(ca_file === undefined ? {} : { ca: read(root, ca_file) }),
    ...(cert_file === undefined ? {} : { cert: read(root, cert_file) }),
    ...(key_file === undefined ? {} : { key: read(root, key_file) }),
    ...(server_name === undefined ? {} : { serverName: server_name }),
  }
  if (Object.keys(options).length > 0) return options
  return enabled === true ? true : undefined
}

function read(root: string, file: string): string {
  try {
    return readFileSync(resolve(root, file), 'utf8')
  } catch (cause) {
    throw new TemporalError('TEMPORAL_OPTIONS', `The certificate file ${file} cannot be read`, { cause })
  }
}
