// One connection to one server: the SDK's client on a transport of ours, from the start of the process to its end.
import { Client, SdkError, SdkErrorCode, SseError } from '@modelcontextprotocol/client'
import type { ClientOptions, RequestOptions, Tool, Transport } from '@modelcontextprotocol/client'
import { version } from '../../version.ts'
import type { ServerSettings } from '../config/schema.ts'
import { ToolError } from '../errors.ts'
import { ping } from '../health.ts'
import type { Launch } from '../process/launch.ts'
import { networkReason, toToolError } from './map-error.ts'
import { ServerProcess } from './server-process.ts'
import type { ProcessHooks } from './server-process.ts'
import { httpTransport } from './http-transport.ts'
import { StdioTransport } from './stdio-transport.ts'

/** The protocol that a server was found to speak. */
export type Era = 'legacy' | 'modern'

/** What a connection tells its owner. */
export interface ConnectionHooks extends ProcessHooks {
  /** A line on standard output that is no message. */
  readonly onPlainText: (line: string) => void
  /** The server announced another list, and this is it. */
  readonly onToolsChanged: (tools: readonly Tool[]) => void
  /** The connection ended without being closed by us. */
  readonly onLost: (reason: string) => void
}

/** An open connection. */
export interface Connection {
  readonly client: Client
  readonly era: Era
  readonly pid: number | undefined
  readonly tools: readonly Tool[]
  /** Whether the server keeps a session for us, which it may forget. */
  readonly hasSession: boolean
  /** When its process was killed from outside, on the clock of `performance.now()`. */
  killedAt(): number | undefined
  /** Ends the connection, and the process when there is one. */
  close(): Promise<void>
}

/** What is needed to connect. */
export interface ConnectRequest {
  readonly settings: ServerSettings
  /** What to run; absent when someone else runs the server. */
  readonly launch: Launch | undefined
  /** What the server spoke the last time; saves a probe. */
  readonly knownEra: Era | undefined
  readonly hooks: ConnectionHooks
  /** Gives the attempt up. */
  readonly signal: AbortSignal
}

const clientInfo = { name: 'rgen', version }
const modernRevision = '2026-07-28'
const listChangedDebounceMs = 100

/**
 * Starts the server when it is ours, agrees on the protocol, asks for a sign of life and lists its tools; all of it
 * within `connectTimeoutMs`.
 *
 * @throws {ToolError} with nothing left running.
 */
export async function openConnection(request: ConnectRequest): Promise<Connection> {
  const { settings } = request
  const deadline = performance.now() + settings.connectTimeoutMs
  let refusal: ToolError | undefined
  for (const era of erasToTry(request)) {
    try {
      return await openOnce(request, era, deadline)
    } catch (error) {
      if (!(error instanceof HandshakeRefused)) throw error
      // The first says what is wrong; that the server knows no other era, either, is no news.
      refusal ??= error.reason
      if (request.signal.aborted) break
    }
  }
  throw (
    refusal ?? new ToolError('TOOL_PROTOCOL', `Server "${settings.name}" speaks no protocol that we know.`)
  )
}

/** The server answered, and not in this protocol. */
class HandshakeRefused extends Error {
  readonly reason: ToolError

  constructor(reason: ToolError) {
    super(reason.message)
    this.reason = reason
  }
}

type Negotiation = 'auto' | Era

/**
 * Over stdio the protocol before 2026 first: servers in the field may exit on a question that they do not know. Over
 * HTTP the SDK asks.
 */
function erasToTry({ settings, knownEra }: ConnectRequest): readonly Negotiation[] {
  if (settings.era !== 'default') return [settings.era]
  if (settings.transport.kind === 'sse') return ['legacy']
  if (settings.transport.kind === 'http') return [knownEra === 'legacy' ? 'legacy' : 'auto']
  return knownEra === 'modern' ? ['modern', 'legacy'] : ['legacy', 'modern']
}

async function openOnce(request: ConnectRequest, era: Negotiation, deadline: number): Promise<Connection> {
  const { settings, hooks, signal } = request
  const server = settings.name
  const remaining = () => Math.max(1, Math.round(deadline - performance.now()))
  let lost: ((reason: string) => void) | undefined
  const opened = await transportOf(request, remaining)
  const client = new Client(clientInfo, clientOptions(era, hooks))
  let closing = false
  client.onclose = () => {
    if (!closing) lost?.('the connection ended')
  }
  // Late results of calls that were given up, mostly; what matters reaches the call. But the stream of an SSE server
  // carries every answer, and its session ends with it; the SDK would open another one and go on without a session.
  client.onerror = (error) => {
    if (error instanceof SseError && !closing) lost?.('the stream of events ended')
  }
  const close = async (): Promise<void> => {
    closing = true
    await client.close().catch(() => undefined)
    await opened.transport.close().catch(() => undefined)
    await opened.process?.stop()
  }
  let isConnected = false
  try {
    await connectWithin(client, opened, remaining(), signal)
    isConnected = true
    if (client.getProtocolEra() === 'legacy') await ping(client, { timeout: remaining(), signal })
    const tools = await toolsOf(client, { timeout: remaining(), signal })
    keepListening(client, settings, hooks, () => closing)
    lost = (reason) => {
      closing = true
      hooks.onLost(reason)
    }
    const { pid } = opened.transport as { pid?: number | null }
    return {
      client,
      era: client.getProtocolEra() ?? 'legacy',
      pid: pid ?? opened.process?.pid,
      tools,
      hasSession: opened.transport.sessionId !== undefined,
      killedAt: () => (opened.transport instanceof StdioTransport ? opened.transport.killedAt : undefined),
      close,
    }
  } catch (error) {
    await close()
    const mapped = connectError(error, server, settings.connectTimeoutMs)
    throw mapped.code === 'TOOL_PROTOCOL' && !isConnected ? new HandshakeRefused(mapped) : mapped
  }
}

/** A server may have nothing but resources and prompts. */
async function toolsOf(client: Client, request: RequestOptions): Promise<readonly Tool[]> {
  if (client.getServerCapabilities()?.tools === undefined) return []
  return (await client.listTools(undefined, request)).tools
}

interface Opened {
  readonly transport: Transport
  /** The process of a server that listens; a stdio transport owns its own. */
  readonly process: ServerProcess | undefined
}

async function transportOf(
  { settings, launch, hooks }: ConnectRequest,
  remaining: () => number,
): Promise<Opened> {
  const { transport } = settings
  if (transport.kind === 'stdio') {
    if (launch === undefined)
      throw new ToolError('TOOL_CONFIG', `Server "${settings.name}" has nothing to run.`)
    return { transport: new StdioTransport(launch, hooks), process: undefined }
  }
  if (launch === undefined) return { transport: httpTransport(transport), process: undefined }
  const process = await ServerProcess.start(launch, transport.url, hooks)
  try {
    await process.listening(transport.url, remaining())
  } catch (error) {
    await process.stop()
    throw error
  }
  return { transport: httpTransport(transport), process }
}

async function connectWithin(
  client: Client,
  { transport, process }: Opened,
  timeout: number,
  signal: AbortSignal,
): Promise<void> {
  const late = AbortSignal.any([signal, AbortSignal.timeout(timeout)])
  let giveUp: (() => void) | undefined
  const given = new Promise<never>((_, reject) => {
    giveUp = () => reject(new SdkError(SdkErrorCode.RequestTimeout, 'connect'))
    late.addEventListener('abort', giveUp)
    if (late.aborted) giveUp()
    void process?.ended.then(() =>
      reject(new ToolError('TOOL_UNAVAILABLE', 'The process has ended.', { retryable: true })),
    )
  })
  try {
    await Promise.race([client.connect(transport, { timeout }), given])
  } finally {
    if (giveUp !== undefined) late.removeEventListener('abort', giveUp)
    given.catch(() => undefined)
  }
}

function clientOptions(era: Negotiation, hooks: ConnectionHooks): ClientOptions {
  return {
    versionNegotiation: { mode: era === 'modern' ? { pin: modernRevision } : era },
    listChanged: {
      tools: {
        debounceMs: listChangedDebounceMs,
        onChanged: (_error, tools) => {
          if (tools) hooks.onToolsChanged(tools)
        },
      },
    },
  }
}

/** A stream of notices that broke is opened again; one that the server ended on purpose is not. */
function keepListening(
  client: Client,
  settings: ServerSettings,
  hooks: ConnectionHooks,
  isClosing: () => boolean,
): void {
  const watch = (subscription: Client['autoOpenedSubscription']): void => {
    void subscription?.closed.then(async (why) => {
      if (why !== 'remote' || isClosing()) return
      try {
        const again = await client.listen({ toolsListChanged: true }, { timeout: settings.connectTimeoutMs })
        const { tools } = await client.listTools(undefined, { cacheMode: 'refresh' })
        hooks.onToolsChanged(tools)
        watch(again)
      } catch (error) {
        if (!isClosing()) hooks.onLost(networkReason(error) ?? 'the stream of notices ended')
      }
    })
  }
  watch(client.autoOpenedSubscription)
}

function connectError(error: unknown, server: string, timeoutMs: number): ToolError {
  const mapped = toToolError(error, { server })
  if (mapped.code !== 'TOOL_TIMEOUT') return mapped
  return new ToolError(
    'TOOL_UNAVAILABLE',
    `Server "${server}" did not answer within ${timeoutMs} ms of its start.`,
    {
      server,
      retryable: true,
      cause: error,
    },
  )
}
