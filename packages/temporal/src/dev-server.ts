// A Temporal server for development and tests: the dev server of Temporal's command line tool.
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { Connection } from '@temporalio/client'
import { TemporalError } from './errors.ts'
import { engineIdAttribute } from './names.ts'

/** Options of {@link startDevServer}. */
export interface DevServerOptions {
  /** Default: a free one. */
  readonly port?: number
  /** File that keeps runs over restarts. Default: memory. */
  readonly database?: string
  readonly namespace?: string
  /** Serve Temporal's UI on this port. Default: no UI. */
  readonly uiPort?: number
  /** Settings of the server, such as `history.maxInFlightUpdates=50`. */
  readonly dynamicConfig?: readonly string[]
  /** Let the SDK download a server when none is installed. Default true. */
  readonly download?: boolean
}

/** A server that runs until it is stopped. */
export interface DevServer {
  readonly address: string
  stop(): Promise<void>
}

const readyMs = 30_000

/**
 * Starts a dev server: with the `temporal` of PATH, of `~/go/bin` or of rgen's cache folder, else with one that
 * Temporal's SDK downloads.
 *
 * @throws {TemporalError} TEMPORAL_NO_SERVER when none can be had, or it does not come up.
 * @example
 * const server = await startDevServer()
 * const driver = openTemporalDriver({ address: server.address })
 */
export async function startDevServer(options: DevServerOptions = {}): Promise<DevServer> {
  const binary = findTemporalBinary()
  if (binary !== undefined) return startBinary(binary, options)
  if (options.download === false) throw noServer('no temporal binary was found', undefined)
  return startDownloaded(options)
}

/** The path of an installed `temporal`, or undefined. */
export function findTemporalBinary(
  env: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined {
  const name = process.platform === 'win32' ? 'temporal.exe' : 'temporal'
  const home = env['HOME'] ?? homedir()
  const cache = env['XDG_CACHE_HOME'] ?? join(home, '.cache')
  const folders = [
    ...(env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== ''),
    join(home, 'go', 'bin'),
    join(cache, 'rgen', 'temporal-1.5.1'),
  ]
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file))
}

async function startBinary(binary: string, options: DevServerOptions): Promise<DevServer> {
  const { database, namespace, uiPort, dynamicConfig = [] } = options
  const port = options.port ?? (await freePort())
  const child = spawn(
    binary,
    [
      ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--log-level', 'error'],
      ...['--search-attribute', `${engineIdAttribute}=Text`],
      ...(uiPort === undefined ? ['--headless'] : ['--ui-port', String(uiPort)]),
      ...(database === undefined ? [] : ['--db-filename', database]),
      ...(namespace === undefined ? [] : ['--namespace', namespace]),
      ...dynamicConfig.flatMap((setting) => ['--dynamic-config-value', setting]),
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const server: DevServer = { address: `127.0.0.1:${port}`, stop: () => stopProcess(child) }
  await ready(child, server)
  return server
}

async function ready(child: ChildProcess, server: DevServer): Promise<void> {
  let complaint = ''
  child.stderr?.on('data', (chunk: Buffer) => (complaint = `${complaint}${chunk.toString()}`.slice(-2_000)))
  const ended = new Promise<never>((_, reject) => {
    child.once('error', reject)
    child.once('exit', (code) =>
      reject(new Error(`temporal ended with code ${code ?? 'none'}: ${complaint}`)),
    )
  })
  try {
    await Promise.race([answers(server.address), ended])
  } catch (cause) {
    await server.stop()
    throw noServer(cause instanceof Error ? cause.message : String(cause), cause)
  }
  ended.catch(() => undefined)
}

/** Resolves once the server answers at its address. */
async function answers(address: string): Promise<void> {
  const deadline = Date.now() + readyMs
  for (;;) {
    try {
      const connection = await Connection.connect({ address, connectTimeout: 500 })
      await connection.close()
      return
    } catch (cause) {
      if (Date.now() > deadline) throw cause
    }
  }
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await ended
  clearTimeout(timer)
}

async function startDownloaded({ port, database, namespace, uiPort }: DevServerOptions): Promise<DevServer> {
  try {
    const { TestWorkflowEnvironment } = await import('@temporalio/testing')
    const environment = await TestWorkflowEnvironment.createLocal({
      server: {
        extraArgs: ['--search-attribute', `${engineIdAttribute}=Text`],
        ...(port === undefined ? {} : { port }),
        ...(database === undefined ? {} : { dbFilename: database }),
        ...(namespace === undefined ? {} : { namespace }),
        ...(uiPort === undefined ? {} : { ui: true, uiPort }),
      },
    })
    return { address: environment.address, stop: () => environment.teardown() }
  } catch (cause) {
    throw noServer('no temporal binary was found, and the download failed', cause)
  }
}

function noServer(what: string, cause: unknown): TemporalError {
  return new TemporalError('TEMPORAL_NO_SERVER', `There is no Temporal server for development: ${what}`, {
    hint: 'Install the Temporal CLI (go install github.com/temporalio/cli/cmd/temporal@v1.5.1, or https://docs.temporal.io/cli), or set TEMPORAL_ADDRESS to a server that runs.',
    cause,
  })
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return typeof address === 'object' && address !== null ? address.port : 0
}
