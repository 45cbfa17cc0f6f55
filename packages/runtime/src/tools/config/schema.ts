// config/tools.yaml: which tool servers the project has, how they are started and how far they are trusted. Times
// are seconds or text such as "500ms"; keys of two words may be written either way (`envAllow`, `env_allow`).
import { z } from 'zod'
import { serviceVariables } from '../process/service-variables.ts'

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, min: 60_000, h: 3_600_000 }

/** Seconds as a number, or a number with its unit; milliseconds inside. */
const time = z
  .union([
    z.number().min(0),
    z.string().regex(
      // A number without a unit is what a variable holds: it is always text.
      /^\s*\d+(?:\.\d+)?\s*(?:ms|s|m|min|h)?\s*$/u,
      'expected seconds, or text such as "500ms" or "2m"',
    ),
  ])
  .transform((value) => {
    if (typeof value === 'number') return Math.round(value * 1_000)
    const [, amount = '0', unit = 's'] = /([\d.]+)\s*([a-z]+)?/u.exec(value) ?? []
    return Math.round(Number(amount) * (units[unit] ?? 1_000))
  })

/** Several spellings of one key; the first that is given counts. */
function firstOf<T>(...values: (T | undefined)[]): T | undefined {
  return values.find((value) => value !== undefined)
}

const health = z.strictObject({
  enabled: z.boolean().optional().describe('Whether the server is asked for a sign of life. Default true.'),
  interval: time.optional().describe('Between two checks. Default 30 s.'),
  timeout: time.optional().describe('For one check. Default 5 s.'),
  failures: z.int().min(1).optional().describe('Failed checks in a row that restart the server. Default 3.'),
  endpoint: z
    .string()
    .optional()
    .describe('A path that answers 200 while an HTTP server is well, e.g. /health.'),
})

const restart = z.strictObject({
  max: z
    .int()
    .min(0)
    .optional()
    .describe('Restarts inside the window before the server is quarantined. Default 5.'),
  window: time.optional().describe('How far back a restart counts. Default 60 s.'),
  base: time.optional().describe('Wait before the first restart; doubles each time. Default 0.2 s.'),
  cap: time.optional().describe('Longest wait. Default 15 s.'),
  stableAfter: time
    .optional()
    .describe('After so long without a failure the waits begin anew. Default 30 s.'),
  stable_after: time.optional(),
})

const auth = z.union([
  z.literal('none'),
  z.strictObject({ type: z.literal('bearer'), token: z.string().min(1).describe('Usually ${SOME_TOKEN}.') }),
  z.strictObject({
    type: z.literal('oauth'),
    client_id: z.string().min(1),
    client_secret: z.string().min(1),
    scope: z.string().optional(),
    issuer: z.url().optional().describe('The only authorization server that may see the secret.'),
  }),
])

const server = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z][\w-]{0,63}$/u, 'expected a letter, then letters, digits, - or _')
      .describe('How agents call it: tools("name").'),
    module: z
      .string()
      .min(1)
      .optional()
      .describe('A file of this project to run, e.g. src/tools/research.mcp.ts.'),
    command: z
      .string()
      .min(1)
      .optional()
      .describe('A program to run. Never through a shell; variables are not replaced in it.'),
    args: z.array(z.string()).optional().describe('Its arguments, each passed as it is.'),
    url: z
      .url({ protocol: /^https?$/u })
      .optional()
      .describe('The address of a server that speaks HTTP.'),
    class: z.string().optional().describe('Read and ignored: a module is its own entry.'),
    transport: z
      .enum(['stdio', 'http', 'sse'])
      .optional()
      .describe('stdio for a module or command, http for a url.'),
    port: z
      .int()
      .min(1)
      .max(65_535)
      .optional()
      .describe('Where a module of this project listens, when its transport is http or sse.'),
    autostart: z
      .boolean()
      .optional()
      .describe('Start with the service; otherwise at the first call. Default true.'),
    env: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .optional()
      .describe('Variables of the process.'),
    envAllow: z
      .array(z.string())
      .optional()
      .describe("Variables that are passed on from the service's own environment."),
    env_allow: z.array(z.string()).optional(),
    cwd: z.string().optional().describe('Where it runs, relative to the project. Default the project.'),
    headers: z.record(z.string(), z.string()).optional().describe('Sent with each HTTP request.'),
    auth: auth.optional().describe('How requests are authorised.'),
    era: z
      .enum(['auto', 'legacy', 'modern'])
      .optional()
      .describe('The protocol. Default: legacy first over stdio, auto over HTTP.'),
    health: health.optional(),
    health_check: health.optional(),
    restart: restart.optional(),
    timeout: time.optional().describe('For one call, unless the call says otherwise. Default 60 s.'),
    connectTimeout: time
      .optional()
      .describe('From the start of the process to its list of tools. Default 10 s.'),
    connect_timeout: time.optional(),
    maxOutputBytes: z.int().min(1).optional().describe('Longest result of a call. Default 1 MiB.'),
    max_output_bytes: z.int().min(1).optional(),
    limits: z.record(z.string(), z.int().min(1)).optional().describe('Tool → maxOutputBytes of this tool.'),
    allow: z.array(z.string()).optional().describe('Only these tools may be called; * stands for any text.'),
    deny: z.array(z.string()).optional().describe('These tools may not be called, even when allowed.'),
    cache: z.record(z.string(), time).optional().describe('Tool → how long its results are kept.'),
  })
  .superRefine((value, context) => {
    const ways = (['module', 'command'] as const).filter((key) => value[key] !== undefined)
    const issue = (message: string, key: string) => context.addIssue({ code: 'custom', path: [key], message })
    if (ways.length === 2) issue('module and command exclude each other', 'command')
    if (ways.length === 0 && value.url === undefined) issue('one of module, command or url is needed', 'name')
    if (value.url !== undefined && value.transport === 'stdio')
      issue('a server with a url has transport http or sse', 'transport')
    if (
      value.url === undefined &&
      value.command !== undefined &&
      value.transport !== undefined &&
      value.transport !== 'stdio'
    )
      issue('a command that serves HTTP needs the url where it listens', 'transport')
    if (value.args !== undefined && value.command === undefined && value.module === undefined)
      issue('args belong to a command or module', 'args')
  })

const cache = z.strictObject({
  url: z
    .string()
    .optional()
    .describe('redis://… to share results between machines. Default: a file under .rgen/.'),
})

const servers = z.array(server)

/** The schema of config/tools.yaml. */
export const toolsConfig = z
  .strictObject({
    servers: servers.optional(),
    cache: cache.optional(),
    fastmcp: z
      .strictObject({ servers: servers.optional() })
      .optional()
      .describe('The same list as in restack-gen.'),
  })
  .superRefine((value, context) => {
    const seen = new Set<string>()
    for (const [path, list] of [
      [['servers'], value.servers],
      [['fastmcp', 'servers'], value.fastmcp?.servers],
    ] as const)
      for (const [index, { name }] of (list ?? []).entries()) {
        if (seen.has(name))
          context.addIssue({
            code: 'custom',
            path: [...path, index, 'name'],
            message: `there are two servers named "${name}"`,
          })
        seen.add(name)
      }
  })

type ParsedServer = z.output<typeof server>
/** What config/tools.yaml holds after checking. */
export type ToolsConfig = z.output<typeof toolsConfig>

/** How a server is reached. */
export type ServerTransport =
  | { readonly kind: 'stdio'; readonly process: ProcessSettings }
  | {
      readonly kind: 'http' | 'sse'
      readonly url: string
      /** Present when the project starts the server itself. */
      readonly process: ProcessSettings | undefined
      readonly headers: Readonly<Record<string, string>>
      readonly auth: z.output<typeof auth>
    }

/** The process of a server. */
export interface ProcessSettings {
  readonly run:
    | { readonly kind: 'module'; readonly module: string; readonly args: readonly string[] }
    | { readonly kind: 'command'; readonly command: string; readonly args: readonly string[] }
  readonly env: Readonly<Record<string, string>>
  readonly envAllow: readonly string[]
  readonly cwd: string
}

/** How a server that failed is started again. Times in milliseconds. */
export interface RestartPolicy {
  readonly max: number
  readonly windowMs: number
  readonly baseMs: number
  readonly capMs: number
  readonly stableAfterMs: number
}

/** One server with every default filled in. Times in milliseconds. */
export interface ServerSettings {
  readonly name: string
  readonly transport: ServerTransport
  readonly autostart: boolean
  readonly era: 'auto' | 'legacy' | 'modern' | 'default'
  readonly health: {
    readonly enabled: boolean
    readonly intervalMs: number
    readonly timeoutMs: number
    readonly failures: number
    readonly endpoint: string | undefined
  }
  readonly restart: RestartPolicy
  readonly timeoutMs: number
  readonly connectTimeoutMs: number
  readonly maxOutputBytes: number
  readonly limits: Readonly<Record<string, number>>
  readonly allow: readonly string[] | undefined
  readonly deny: readonly string[]
  readonly cacheTtlMs: Readonly<Record<string, number>>
  /** Why the server must not be started, e.g. a variable that is not set. */
  readonly refused: string | undefined
}

/** Fills in the defaults of one entry. */
export function serverSettings(entry: ParsedServer, refused?: string): ServerSettings {
  const checks = entry.health ?? entry.health_check ?? {}
  const again = entry.restart ?? {}
  return {
    name: entry.name,
    transport: transportOf(entry),
    autostart: entry.autostart ?? true,
    era: entry.era ?? 'default',
    health: {
      enabled: checks.enabled ?? true,
      intervalMs: checks.interval ?? 30_000,
      timeoutMs: checks.timeout ?? 5_000,
      failures: checks.failures ?? 3,
      endpoint: checks.endpoint,
    },
    restart: {
      max: again.max ?? 5,
      windowMs: again.window ?? 60_000,
      baseMs: again.base ?? 200,
      capMs: again.cap ?? 15_000,
      stableAfterMs: firstOf(again.stableAfter, again.stable_after) ?? 30_000,
    },
    timeoutMs: entry.timeout ?? 60_000,
    connectTimeoutMs: firstOf(entry.connectTimeout, entry.connect_timeout) ?? 10_000,
    maxOutputBytes: firstOf(entry.maxOutputBytes, entry.max_output_bytes) ?? 1024 * 1024,
    limits: entry.limits ?? {},
    allow: entry.allow,
    deny: entry.deny ?? [],
    cacheTtlMs: entry.cache ?? {},
    refused,
  }
}

function transportOf(entry: ParsedServer): ServerTransport {
  const kind = entry.transport ?? (entry.url === undefined ? 'stdio' : 'http')
  const started = processOf(entry)
  if (kind === 'stdio' && started !== undefined) return { kind: 'stdio', process: started }
  const web = kind === 'sse' ? 'sse' : 'http'
  const url = entry.url ?? `http://127.0.0.1:${entry.port ?? 8000}${web === 'sse' ? '/sse' : '/mcp'}`
  // A server with an address and without autostart is managed by someone else.
  const external = entry.url !== undefined && entry.autostart === false
  return {
    kind: web,
    url,
    process: external ? undefined : listening(started, web, url, entry.auth),
    headers: entry.headers ?? {},
    auth: entry.auth ?? 'none',
  }
}

function processOf(entry: ParsedServer): ProcessSettings | undefined {
  const { module, command, args = [] } = entry
  if (module === undefined && command === undefined) return undefined
  return {
    run:
      module === undefined
        ? { kind: 'command', command: command ?? '', args }
        : { kind: 'module', module, args },
    env: Object.fromEntries(Object.entries(entry.env ?? {}).map(([name, value]) => [name, String(value)])),
    envAllow: firstOf(entry.envAllow, entry.env_allow) ?? [],
    cwd: entry.cwd ?? '.',
  }
}

/** A module of ours is told where to listen and which token to demand; a command knows it. */
function listening(
  process: ProcessSettings | undefined,
  kind: 'http' | 'sse',
  url: string,
  auth: ParsedServer['auth'],
): ProcessSettings | undefined {
  if (process?.run.kind !== 'module') return process
  const { hostname, port } = new URL(url)
  const place = ['--transport', kind, '--host', hostname.replace(/^\[|\]$/gu, ''), '--port', port || '80']
  const token =
    typeof auth === 'object' && auth.type === 'bearer' ? { [serviceVariables.bearerToken]: auth.token } : {}
  return {
    ...process,
    run: { ...process.run, args: [...place, ...process.run.args] },
    env: { ...token, ...process.env },
  }
}
