import { parseArgs } from 'node:util'
import type { McpServer } from '@modelcontextprotocol/server'
import { ToolError } from '../tools/errors.ts'
import { serviceVariables } from '../tools/process/service-variables.ts'
import type { HttpServeOptions } from './http.ts'

/** Makes one server: one for each stdio connection, one for each HTTP request. Register tools in it, open nothing. */
export type CreateServer = () => McpServer | Promise<McpServer>

/**
 * How the server is reached. `--transport`, `--host` and `--port` on the command line take precedence. A service that
 * starts the server hands over the token of `auth` in config/tools.yaml, which stands in for `bearerToken`.
 */
export interface ServeOptions extends HttpServeOptions {
  /** `stdio` unless told. `sse` is the transport of 2024 for hosts that know no other; `http` serves every era. */
  readonly transport?: 'stdio' | 'http' | 'sse'
}

/** A server that is being served. */
export interface RunningToolServer {
  /** Where it listens; absent over stdio. */
  readonly url: URL | undefined
  close(): Promise<void>
}

/**
 * Serves tools over stdio or HTTP, and ends when whoever started it is gone: over stdio the process exits when its
 * input ends, whatever timers or sockets are still open.
 *
 * Over stdio, `console.log` goes to standard error, since standard output carries the protocol.
 *
 * @throws {ToolError} `TOOL_UNSAFE_BIND` when it would listen beyond this machine without a token;
 *   `TOOL_CONFIG` for an unknown transport or port.
 * @example if (isMain(import.meta.url)) await serve(createResearchServer, { transport: 'stdio' })
 */
export async function serve(
  createServer: CreateServer,
  options: ServeOptions = {},
): Promise<RunningToolServer> {
  const { transport = 'stdio', ...place } = { ...options, ...commandLine(process.argv.slice(2)) }
  const http = { ...place, bearerToken: place.bearerToken ?? process.env[serviceVariables.bearerToken] }
  // Each transport is loaded when it is used: a stdio server starts without the HTTP parts.
  switch (transport) {
    case 'stdio': {
      const { serveOverStdio } = await import('./stdio.ts')
      return serveOverStdio(createServer)
    }
    case 'http': {
      const { serveOverHttp } = await import('./http.ts')
      return endWithStarter(await serveOverHttp(createServer, http))
    }
    case 'sse': {
      const { serveOverSse } = await import('./sse.ts')
      return endWithStarter(await serveOverSse(createServer, http))
    }
  }
}

/** A server that a service started for itself ends when the service does; alone, it serves until it is stopped. */
function endWithStarter(server: RunningToolServer): RunningToolServer {
  if (process.env[serviceVariables.supervised] === undefined) return server
  const exit = () => void server.close().finally(() => process.exit(0))
  process.stdin.once('end', exit).once('close', exit).resume()
  return server
}

function commandLine(args: string[]): Pick<ServeOptions, 'transport' | 'host' | 'port'> {
  const { values } = parseArgs({
    args,
    strict: false,
    options: { transport: { type: 'string' }, host: { type: 'string' }, port: { type: 'string' } },
  })
  const { transport, host, port } = values
  if (transport !== undefined && transport !== 'stdio' && transport !== 'http' && transport !== 'sse')
    throw new ToolError('TOOL_CONFIG', `Unknown transport "${String(transport)}": stdio, http or sse.`)
  const number = port === undefined ? undefined : Number(port)
  if (number !== undefined && !(Number.isInteger(number) && number >= 0 && number <= 65_535))
    throw new ToolError('TOOL_CONFIG', `"${String(port)}" is not a port.`)
  return {
    ...(transport === undefined ? {} : { transport }),
    ...(typeof host === 'string' ? { host } : {}),
    ...(number === undefined ? {} : { port: number }),
  }
}
