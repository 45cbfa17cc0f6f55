// How to reach the server, and what a project calls things there.
import { resolve } from 'node:path'
import type { LogSink } from '@rgen/engine'
import type { PayloadCodec } from '@temporalio/common'
import { TemporalError } from '../errors.ts'
import { codecUrl, restackUrl } from '../restack/address.ts'

/** TLS of a connection: PEM texts. */
export interface TlsOptions {
  /** Certificate of the authority that signed the server's. Default: those that the system trusts. */
  readonly ca?: string | Uint8Array
  /** Client certificate and its key, for mutual TLS. */
  readonly cert?: string | Uint8Array
  readonly key?: string | Uint8Array
  /** Name that the server's certificate must have, when it is not that of the address. */
  readonly serverName?: string
}

/** Options of {@link openTemporalDriver}. */
export interface TemporalOptions {
  /** Host and port. Default `localhost:7233`. */
  readonly address?: string
  /** Default `default`. */
  readonly namespace?: string
  /** Default: on when there is an API key, off otherwise. */
  readonly tls?: boolean | TlsOptions
  /** Sent as bearer token. */
  readonly apiKey?: string
  /**
   * Follow Restack's conventions under this id: ids and queues on the server begin with it, runs carry it in memo and
   * search attribute. Leave it out for plain Temporal names.
   */
  readonly engineId?: string
  /** Base address of a Restack engine's API; services announce there what they register. */
  readonly apiAddress?: string
  /** Where a Restack engine keeps large payloads. Default: beside its API. */
  readonly codecAddress?: string
  /** URL that is told when services start, stop and fail, as Restack's own services tell it. */
  readonly webhookUrl?: string
  /** Headers of every request. */
  readonly metadata?: Readonly<Record<string, string>>
  /** Encrypt or compress what is stored on the server: applied in order when writing, such as {@link aesGcmCodec}. */
  readonly payloadCodecs?: readonly PayloadCodec[]
  /** Module that exports `payloadConverter`, bundled with the agents. Default: JSON. */
  readonly payloadConverterPath?: string
  /** Folder of the project, where src/agents and src/workflows are looked for. Default: the working directory. */
  readonly root?: string
  /** Modules that export the agents and workflows, when they stand elsewhere. */
  readonly modules?: readonly string[]
  /** Packages that agents import and never call; they are left out of the bundle. */
  readonly ignoreModules?: readonly string[]
  readonly logger?: LogSink
  /**
   * For tests: agents and workflows that no module exports (fakes) are called in this process, failed steps are tried
   * again without a pause, and services leave no word on the server of what they have. Default false.
   */
  readonly testing?: boolean
  /** Events of a history at which agents are told to continue as new. Default 2000. */
  readonly continueAsNewEvents?: number
  /** Address such as `127.0.0.1:9464` where Temporal's own metrics are served for Prometheus. */
  readonly metricsAddress?: string
}

/** Options with everything decided. */
export interface TemporalSettings extends TemporalOptions {
  readonly address: string
  readonly namespace: string
  readonly tls: boolean | TlsOptions
  readonly root: string
  readonly continueAsNewEvents: number
  readonly testing: boolean
}

/** @throws {TemporalError} TEMPORAL_OPTIONS when half of a client certificate is missing. */
export function temporalSettings(options: TemporalOptions): TemporalSettings {
  const { tls, apiKey } = options
  if (typeof tls === 'object' && (tls.cert === undefined) !== (tls.key === undefined)) {
    throw new TemporalError('TEMPORAL_OPTIONS', 'A client certificate needs both tls.cert and tls.key')
  }
  return {
    ...options,
    address: withoutScheme(options.address ?? 'localhost:7233'),
    namespace: options.namespace ?? 'default',
    tls: tls ?? apiKey !== undefined,
    root: resolve(options.root ?? '.'),
    continueAsNewEvents: options.continueAsNewEvents ?? 2_000,
    testing: options.testing ?? false,
  }
}

function withoutScheme(address: string): string {
  const bare = address.replace(/^[a-z]+:\/\//, '').replace(/\/$/, '')
  return /:\d+$/.test(bare) ? bare : `${bare}:7233`
}

/** Headers by which a Restack engine knows its callers. */
export function requestMetadata(settings: TemporalSettings): Record<string, string> {
  const { engineId, apiAddress = 'localhost:6233', codecAddress, metadata } = settings
  if (engineId === undefined) return { ...metadata }
  return {
    'restack-engineid': engineId,
    'restack-apiaddress': restackUrl(apiAddress),
    'restack-codecaddress': codecUrl(codecAddress, apiAddress),
    ...metadata,
  }
}
