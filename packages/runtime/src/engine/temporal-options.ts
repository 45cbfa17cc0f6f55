import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { LogSink } from '@rgen/engine'
import { ConfigError } from '../config/config-error.ts'
import type { Settings } from '../settings/settings.ts'

/** TLS as @rgen/temporal takes it: PEM texts. */
interface TlsOptions {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly serverName?: string
}

/** What @rgen/temporal is told of the project: its `TemporalOptions`, as far as settings decide them. */
export interface TemporalOptions<Codec> {
  readonly root: string
  readonly address: string
  readonly namespace: string
  readonly tls?: boolean | TlsOptions
  readonly apiKey?: string
  readonly engineId?: string
  readonly payloadCodecs?: readonly Codec[]
  readonly logger?: LogSink
}

/**
 * The settings of the engine as options of the driver. Certificates are read here: the settings name files.
 *
 * @param codecOf Makes the codec that encrypts with a key.
 * @throws {ConfigError} CONFIG_UNREADABLE when a certificate cannot be read.
 */
export function temporalOptions<Codec>(
  root: string,
  engine: Settings['engine'],
  codecOf: (key: string) => Codec,
): TemporalOptions<Codec> {
  const {
    address,
    namespace,
    api_key: apiKey,
    engine_id: engineId,
    codec_key: codecKey,
    conventions,
  } = engine
  const tls = tlsOf(root, engine.tls)
  return {
    root,
    address,
    namespace,
    ...(tls !== undefined && { tls }),
    ...(apiKey !== undefined && { apiKey }),
    ...(engineId !== undefined && conventions !== 'plain' && { engineId }),
    ...(codecKey !== undefined && { payloadCodecs: [codecOf(codecKey)] }),
  }
}

/** Undefined leaves it to the driver: on with an API key, off without. */
function tlsOf(root: string, tls: Settings['engine']['tls']): boolean | TlsOptions | undefined {
  if (tls.enabled === false) return false
  const { ca_file: ca, cert_file: cert, key_file: key, server_name: serverName } = tls
  if ([ca, cert, key, serverName].every((part) => part === undefined)) return tls.enabled
  return {
    ...(ca !== undefined && { ca: readPem(root, ca) }),
    ...(cert !== undefined && { cert: readPem(root, cert) }),
    ...(key !== undefined && { key: readPem(root, key) }),
    ...(serverName !== undefined && { serverName }),
  }
}

function readPem(root: string, file: string): string {
  try {
    return readFileSync(resolve(root, file), 'utf8')
  } catch (cause) {
    const problem = {
      code: 'CONFIG_UNREADABLE',
      message: 'the certificate or key cannot be read',
      file,
      hint: 'Correct the path under engine.tls in config/settings.yaml.',
    } as const
    throw new ConfigError([problem], { cause })
  }
}
