import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { ConfigError } from '../../config/config-error.ts'
import { loadConfigDocument } from '../../config/load-config.ts'
import type { Environment } from '../../config/interpolate.ts'
import type { VariableUse } from '../../config/resolve-values.ts'
import { serverSettings, toolsConfig } from './schema.ts'
import type { ServerSettings } from './schema.ts'

/** Where the servers of a project are listed. */
export const toolsFile = 'config/tools.yaml'

/** The servers of a project and where their results may be cached. */
export interface ToolSettings {
  readonly servers: readonly ServerSettings[]
  /** `redis://…`, or undefined for the project's own file. */
  readonly cacheUrl: string | undefined
}

/** A key of a server, in both places where servers may be listed. */
const everywhere = (key: string) => [`servers.*.${key}`, `fastmcp.servers.*.${key}`]

/** A variable that is not set stops the one server that names it, not the service. */
const perServer = ['env.*', 'headers.*'].flatMap(everywhere)

/** The same for what a server cannot be described without; one that is refused is not started with any of it. */
const standIns = Object.fromEntries(
  Object.entries({
    module: 'unset',
    'args.*': 'unset',
    cwd: 'unset',
    url: 'http://unset.invalid/',
    'auth.token': 'unset',
    'auth.client_id': 'unset',
    'auth.client_secret': 'unset',
    'auth.scope': 'unset',
    'auth.issuer': 'http://unset.invalid/',
  }).flatMap(([key, text]) => everywhere(key).map((pattern) => [pattern, text])),
)

/**
 * Reads config/tools.yaml. A project without the file has no servers.
 *
 * @throws {ConfigError} when the file cannot be used.
 */
export function loadToolSettings(root: string, env: Environment = process.env): ToolSettings {
  if (!existsSync(resolve(root, toolsFile))) return { servers: [], cacheUrl: undefined }
  const document = loadConfigDocument({
    root,
    file: toolsFile,
    schema: toolsConfig,
    env,
    lenient: perServer,
    standIns,
  })
  refuseVariablesInCommands(document.variables)
  const { servers = [], fastmcp, cache } = document.value
  const lists = [
    { prefix: ['servers'], entries: servers },
    { prefix: ['fastmcp', 'servers'], entries: fastmcp?.servers ?? [] },
  ]
  return {
    cacheUrl: cache?.url,
    servers: lists.flatMap(({ prefix, entries }) =>
      entries.map((entry, index) => {
        const place = [...prefix, index]
        const missing = document.unset.filter(({ path }) => place.every((key, at) => path[at] === key))
        const names = [...new Set(missing.map(({ name }) => name))]
        const [first] = missing
        const refused =
          first === undefined
            ? undefined
            : `${toolsFile}:${first.line}:${first.column} ${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} not set`
        return serverSettings(entry, refused)
      }),
    ),
  }
}

/** What stands in the environment must not choose the program. */
function refuseVariablesInCommands(variables: readonly VariableUse[]): void {
  const used = variables.find(({ path }) => path.includes('servers') && path.at(-1) === 'command')
  if (used === undefined) return
  throw new ConfigError([
    {
      code: 'CONFIG_INVALID',
      message: `variables are not replaced in command (${used.name})`,
      hint: 'Write the program, and put the variable into args or env.',
      file: toolsFile,
      path: used.path,
      line: used.line,
      column: used.column,
    },
  ])
}
