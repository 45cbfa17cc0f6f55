// Connections to the server: one for clients, one for workers. Both are made when they are first needed.
import type { LogLevel } from '@rgen/engine/host'
import { Client, Connection } from '@temporalio/client'
import type { DataConverter, PayloadCodec } from '@temporalio/common'
import {
  DefaultLogger,
  NativeConnection,
  Runtime,
  type LogLevel as SdkLogLevel,
  type NativeConnectionOptions,
} from '@temporalio/worker'
import { TemporalError } from '../errors.ts'
import { payloadCodecs } from '../restack/payload-codecs.ts'
import { requestMetadata, type TemporalSettings, type TlsOptions } from './options.ts'

export class Connections {
  readonly #settings: TemporalSettings
  #client: Promise<{ readonly client: Client; readonly connection: Connection }> | undefined
  #worker: Promise<NativeConnection> | undefined
  #codecs: Promise<readonly PayloadCodec[]> | undefined

  constructor(settings: TemporalSettings) {
    this.#settings = settings
  }

  async client(): Promise<Client> {
    this.#client ??= this.#connectClient()
    return (await this.#client.catch((error: unknown) => this.#forgetClient(error))).client
  }

  async worker(): Promise<NativeConnection> {
    this.#worker ??= this.#connectWorker()
    return this.#worker.catch((error: unknown) => {
      this.#worker = undefined
      throw this.#connectionError(error)
    })
  }

  /** How values are written to the server and read from it: the same for clients and workers. */
  async dataConverter(): Promise<DataConverter> {
    const { payloadConverterPath } = this.#settings
    this.#codecs ??= payloadCodecs(this.#settings)
    return {
      payloadCodecs: [...(await this.#codecs)],
      ...(payloadConverterPath === undefined ? {} : { payloadConverterPath }),
    }
  }

  async close(): Promise<void> {
    const [client, worker] = [this.#client, this.#worker]
    this.#client = undefined
    this.#worker = undefined
    await client?.then(({ connection }) => connection.close()).catch(() => undefined)
    await worker?.then((connection) => connection.close()).catch(() => undefined)
  }

  async #connectClient(): Promise<{ client: Client; connection: Connection }> {
    const { address, namespace } = this.#settings
    const connection = await Connection.connect({ address, connectTimeout: '10s', ...this.#security() })
    const dataConverter = await this.dataConverter()
    return { connection, client: new Client({ connection, namespace, dataConverter }) }
  }

  async #connectWorker(): Promise<NativeConnection> {
    installRuntime(this.#settings)
    return NativeConnection.connect({ address: this.#settings.address, ...this.#security() })
  }

  #security(): Pick<NativeConnectionOptions, 'metadata' | 'apiKey'> & { tls: boolean | TlsConfig } {
    const { tls, apiKey } = this.#settings
    return {
      tls: typeof tls === 'boolean' ? tls : tlsConfig(tls),
      metadata: requestMetadata(this.#settings),
      ...(apiKey === undefined ? {} : { apiKey }),
    }
  }

  #forgetClient(error: unknown): never {
    this.#client = undefined
    throw this.#connectionError(error)
  }

  #connectionError(cause: unknown): TemporalError {
    const { address, namespace } = this.#settings
    return new TemporalError(
      'TEMPORAL_CONNECTION',
      `No Temporal server answers at ${address} (namespace ${namespace})`,
      {
        hint: 'Start one (temporal server start-dev), or correct TEMPORAL_ADDRESS or RESTACK_ENGINE_ADDRESS and the TLS settings.',
        cause,
      },
    )
  }
}

type TlsConfig = Extract<NativeConnectionOptions['tls'], object>

function tlsConfig({ ca, cert, key, serverName }: TlsOptions): TlsConfig {
  return {
    ...(ca === undefined ? {} : { serverRootCACertificate: Buffer.from(ca) }),
    ...(cert === undefined || key === undefined
      ? {}
      : { clientCertPair: { crt: Buffer.from(cert), key: Buffer.from(key) } }),
    ...(serverName === undefined ? {} : { serverNameOverride: serverName }),
  }
}

const levels: Readonly<Record<SdkLogLevel, LogLevel>> = {
  TRACE: 'trace',
  DEBUG: 'debug',
  // What the SDK finds worth telling (worker states, bundle sizes) is detail to a project's log.
  INFO: 'debug',
  WARN: 'warn',
  ERROR: 'error',
}

/**
 * Temporal keeps one runtime a process, with the logger and the metrics of whoever is first. Its own handling of
 * signals is off: services are stopped by their owner.
 */
function installRuntime({ logger, metricsAddress }: TemporalSettings): void {
  if (Runtime._instance !== undefined) return
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
      logger?.log(levels[level], message, { ...meta, component: 'temporal' })
    }),
    ...(metricsAddress === undefined
      ? {}
      : { telemetryOptions: { metrics: { prometheus: { bindAddress: metricsAddress } } } }),
  })
}
