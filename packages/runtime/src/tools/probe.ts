// Looks at the tool servers of a project without a service: each is started (or reached), asked, and left as it was.
import { loadToolSettings } from './config/load.ts'
import type { ServerSettings } from './config/schema.ts'
import { isListening } from './connection/server-process.ts'
import { ToolError } from './errors.ts'
import { ToolServerManager } from './manager.ts'
import type { ToolDependencies } from './ports.ts'
import type { IndexedTool } from './tool-index.ts'

/** What was found out about one server. Times in milliseconds. */
export interface ServerReport {
  readonly server: string
  readonly ok: boolean
  readonly transport: 'stdio' | 'http' | 'sse'
  /** From the start of the process to its list of tools. */
  readonly startMs?: number
  readonly pingMs?: number
  readonly tools: readonly IndexedTool[]
  /** The call that was tried: a tool that only reads, or a name that no tool has. */
  readonly probe?: { readonly tool: string; readonly ms: number; readonly outcome: string }
  readonly problem?: string
  readonly fix?: string
  /** Not wrong, and better otherwise. */
  readonly advice: readonly string[]
}

/** Which servers to look at. */
export interface ProbeOptions extends Partial<ToolDependencies> {
  /** Only this one. */
  readonly server?: string
}

/**
 * Starts or reaches each server, asks for a sign of life, lists its tools, and makes one harmless call.
 *
 * @throws {ConfigError} when config/tools.yaml cannot be used; {@link ToolError} `TOOL_UNKNOWN_SERVER`.
 */
export async function probeServers(
  root: string,
  options: ProbeOptions = {},
): Promise<readonly ServerReport[]> {
  const { server: only, ...dependencies } = options
  const servers = await settingsAsTheyRun(root, options.env)
  await using manager = visitingManager(root, servers, dependencies)
  if (only !== undefined) manager.client(only)
  const chosen = servers.filter(({ name }) => only === undefined || name === only)
  return await Promise.all(chosen.map((server) => probeServer(manager, server)))
}

/**
 * The tool servers of a project for a look at them beside a service: those that already listen are asked and not
 * started a second time, and one that falls is not started again.
 *
 * @throws {ConfigError} when config/tools.yaml cannot be used.
 */
export async function visitToolServers(
  root: string,
  dependencies: Partial<ToolDependencies> = {},
): Promise<ToolServerManager> {
  return visitingManager(root, await settingsAsTheyRun(root, dependencies.env), dependencies)
}

function visitingManager(
  root: string,
  servers: readonly ServerSettings[],
  dependencies: Partial<ToolDependencies>,
): ToolServerManager {
  const once = servers.map((server) => ({ ...server, restart: { ...server.restart, max: 0 } }))
  const settings = { servers: once, cacheUrl: undefined }
  return new ToolServerManager({ ...dependencies, root, settings, drainMs: 0 })
}

async function settingsAsTheyRun(
  root: string,
  env: ToolDependencies['env'] | undefined,
): Promise<readonly ServerSettings[]> {
  return Promise.all(loadToolSettings(root, env).servers.map(asItRuns))
}

/** A server of ours that already listens, because a service runs, is asked and not started a second time. */
async function asItRuns(settings: ServerSettings): Promise<ServerSettings> {
  const { transport } = settings
  if (transport.kind === 'stdio' || transport.process === undefined) return settings
  return (await isListening(transport.url))
    ? { ...settings, transport: { ...transport, process: undefined } }
    : settings
}

async function probeServer(manager: ToolServerManager, settings: ServerSettings): Promise<ServerReport> {
  const { name, transport } = settings
  const base = { server: name, transport: transport.kind, advice: adviceOn(settings) }
  const startedAt = performance.now()
  const state = await manager.start(name)
  const tools = manager.status().find((status) => status.name === name)?.offered ?? []
  if (state.kind !== 'ready') {
    const problem = 'reason' in state ? state.reason : `it is ${state.kind}`
    return { ...base, ok: false, tools, problem, fix: fixFor(settings, problem) }
  }
  const startMs = Math.round(performance.now() - startedAt)
  const pingedAt = performance.now()
  const health = await manager.client(name).health()
  const pingMs = Math.round((performance.now() - pingedAt) * 10) / 10
  const changed = tools.filter(({ status }) => status === 'changed').map(({ tool }) => tool.name)
  const measured = { ...base, startMs, pingMs, tools }
  if (!health.ok) {
    const problem = health.reason ?? 'it gives no sign of life'
    return { ...measured, ok: false, problem, fix: fixFor(settings, problem) }
  }
  if (changed.length > 0)
    return {
      ...measured,
      ok: false,
      problem: `changed since approval: ${changed.join(', ')}`,
      fix: `Look at the change with rgen tools list ${name}, then rgen tools approve ${name}`,
    }
  const probe = await tryCall(manager, name, tools)
  return {
    ...measured,
    ok: probe.ok,
    probe,
    ...(probe.ok ? {} : { problem: `a call failed: ${probe.outcome}`, fix: fixFor(settings, probe.outcome) }),
  }
}

/** A tool that says it only reads and needs no argument is called; else a name that no tool has, which harms nobody. */
async function tryCall(manager: ToolServerManager, server: string, tools: readonly IndexedTool[]) {
  const harmless = tools.find(
    ({ tool, status }) =>
      status === 'available' &&
      tool.annotations?.readOnlyHint === true &&
      !(Array.isArray(tool.inputSchema.required) && tool.inputSchema.required.length > 0),
  )?.tool.name
  const tool = harmless ?? 'rgen.probe'
  const before = performance.now()
  const elapsed = () => Math.round((performance.now() - before) * 10) / 10
  try {
    if (harmless === undefined) await manager.sendUnchecked(server, tool, 5_000)
    else await manager.client(server).call(harmless, {}, { timeoutMs: 5_000 })
    return { tool, ok: true, ms: elapsed(), outcome: 'answered' }
  } catch (error) {
    const code = error instanceof ToolError ? error.code : 'TOOL_PROTOCOL'
    // The server said no: that is an answer, too.
    const answered = !['TOOL_UNAVAILABLE', 'TOOL_TIMEOUT', 'TOOL_UNAUTHORIZED'].includes(code)
    const outcome = answered
      ? harmless === undefined
        ? 'answered'
        : `answered ${code}`
      : (error as Error).message
    return { tool, ok: answered, ms: elapsed(), outcome }
  }
}

function fixFor({ name, transport, autostart, refused }: ServerSettings, problem: string): string {
  if (refused !== undefined) return 'Set the variable in .env, or give it a default: ${NAME:-default}'
  if (transport.process === undefined) {
    if (/refused our credentials/u.test(problem))
      return `Correct auth or headers of ${name} in config/tools.yaml`
    return autostart
      ? `Start the server at ${transport.kind === 'stdio' ? 'its address' : transport.url}, or set autostart: false`
      : `Start the server at ${transport.kind === 'stdio' ? 'its address' : transport.url}`
  }
  if (/no such program/u.test(problem))
    return `Install the program, or correct command of ${name} in config/tools.yaml`
  if (/does not exist/u.test(problem))
    return `Correct the path of ${name} in config/tools.yaml, or run rgen g tool-server ${name}`
  if (/already listens/u.test(problem)) return `Choose another port for ${name} in config/tools.yaml`
  return transport.process.run.kind === 'module'
    ? `Run it alone to see why: rgen tools serve ${name}`
    : 'Run the command by hand to see why'
}

function adviceOn({ transport }: ServerSettings): readonly string[] {
  const advice: string[] = []
  const run = transport.process?.run
  if (run?.kind === 'command') {
    const program = run.command.replace(/^.*[/\\]/u, '').replace(/\.(?:cmd|exe)$/iu, '')
    const name = run.args.find((arg) => !arg.startsWith('-'))
    if (['npx', 'bunx'].includes(program) && name !== undefined && !/.@\d/u.test(name))
      advice.push(`${program} runs whatever version of ${name} is newest: pin it, as in ${name}@1.2.3`)
    if (
      ['sh', 'bash', 'zsh', 'cmd', 'powershell', 'pwsh'].includes(program) &&
      run.args.some((arg) => /^[-/]c/iu.test(arg))
    )
      advice.push(`${program} interprets its argument: name the program itself as command`)
  }
  if (transport.kind !== 'stdio') {
    const { auth, url } = transport
    if (auth !== 'none' && auth.type === 'oauth' && auth.issuer === undefined)
      advice.push('auth names no issuer: the server decides who sees the client secret')
    if (url.startsWith('http://') && auth !== 'none' && !/^http:\/\/(?:localhost|127\.|\[::1\])/u.test(url))
      advice.push('credentials are sent without encryption: use https')
  }
  return advice
}
