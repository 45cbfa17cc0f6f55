import { readFileSync } from 'node:fs'
import { TemporalError } from '../errors.ts'
import { aesGcmCodec } from './aes-gcm-codec.ts'
import type { TemporalOptions, TlsOptions } from './options.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Whether the environment names a server: RESTACK_ENGINE_ADDRESS or TEMPORAL_ADDRESS. */
export function environmentNamesServer(env: Environment = process.env): boolean {
  return (env['RESTACK_ENGINE_ADDRESS'] ?? env['TEMPORAL_ADDRESS'] ?? '') !== ''
}

/**
 * Options as the environment has them: Restack's variables (then with its conventions, engine id `local` unless given),
 * else those of Temporal's own tools; RGEN_PAYLOAD_KEY turns encryption on.
 *
 * @throws {TemporalError} TEMPORAL_OPTIONS when a certificate cannot be read, TEMPORAL_CODEC when the key is not one.
 * @example openTemporalDriver(temporalEnvironment())
 */
export function temporalEnvironment(env: Environment = process.env): TemporalOptions {
  const get = (name: string): string | undefined => (env[name] === '' ? undefined : env[name])
  const restack = get('RESTACK_ENGINE_ADDRESS')
  const engineId = get('RESTACK_ENGINE_ID') ?? (restack === undefined ? undefined : 'local')
  const key = get('RGEN_PAYLOAD_KEY')
  return present({
    address: restack ?? get('TEMPORAL_ADDRESS'),
    namespace: get('TEMPORAL_NAMESPACE'),
    apiKey: restack === undefined ? get('TEMPORAL_API_KEY') : get('RESTACK_ENGINE_API_KEY'),
    tls: tlsOf(get),
    engineId,
    apiAddress: get('RESTACK_ENGINE_API_ADDRESS'),
    metricsAddress: get('RGEN_TEMPORAL_METRICS'),
    payloadCodecs:
      key === undefined ? undefined : [aesGcmCodec({ key, keyId: get('RGEN_PAYLOAD_KEY_ID') ?? 'default' })],
  })
}

type Optional<T> = { readonly [K in keyof T]: T[K] | undefined }

function present(options: Optional<TemporalOptions>): TemporalOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}

function tlsOf(get: (name: string) => string | undefined): boolean | TlsOptions | undefined {
  const files = {
    ca: get('TEMPORAL_TLS_SERVER_CA_CERT_PATH') ?? get('TEMPORAL_TLS_CA'),
    cert: get('TEMPORAL_TLS_CLIENT_CERT_PATH') ?? get('TEMPORAL_TLS_CERT'),
    key: get('TEMPORAL_TLS_CLIENT_KEY_PATH') ?? get('TEMPORAL_TLS_KEY'),
  }
  const texts = Object.entries(files).flatMap(([name, file]) =>
    file === undefined ? [] : [[name, readPem(file)] as const],
  )
  const serverName = get('TEMPORAL_TLS_SERVER_NAME')
  if (texts.length > 0 || serverName !== undefined) {
    return { ...Object.fromEntries(texts), ...(serverName === undefined ? {} : { serverName }) }
  }
  const flag = get('TEMPORAL_TLS')
  return flag === undefined ? undefined : /^(1|true|yes)$/i.test(flag)
}

function readPem(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new TemporalError('TEMPORAL_OPTIONS', `The certificate file ${file} cannot be read`, { cause })
  }
}
