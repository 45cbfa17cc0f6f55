import type {
  CallToolResult,
  ContentBlock,
  GetPromptResult,
  Progress,
  Prompt,
  ReadResourceResult,
  Resource,
} from '@modelcontextprotocol/client'
import { SdkHttpError } from '@modelcontextprotocol/client'
import { noAnswerIn } from './connection/made-up-answer.ts'
import { NotDelivered } from './connection/stdio-transport.ts'
import { networkReason, toToolError } from './connection/map-error.ts'
import { ToolError } from './errors.ts'
import type { ManagedServer, Ready } from './managed-server.ts'
import { limitOutput } from './output-limit.ts'
import type { ToolDependencies } from './ports.ts'
import type { ToolCache } from './cache/result-cache.ts'
import type { ToolDescription } from './tool-description.ts'

export type { ToolDescription } from './tool-description.ts'

/** How a call is made. */
export interface ToolCallOptions {
  /** From the call to its result, waiting for the server included. The server's `timeout` unless told. */
  readonly timeoutMs?: number
  /** Gives the call up; the server is told. */
  readonly signal?: AbortSignal
  /** What the tool reports while it works. */
  readonly onProgress?: (progress: Progress) => void
  /** Sent along, so that a server can tell a repeated call: the engine's step id. */
  readonly idempotencyKey?: string
}

/** Everything that a tool answered. */
export interface ToolCallResult {
  /** The structured result; its text when it has none. */
  readonly value: unknown
  readonly content: readonly ContentBlock[]
  readonly structuredContent: unknown
  /** The text parts, joined by line feeds. */
  readonly text: string
  /** Whether something was cut; a note in the text says what. */
  readonly truncated: boolean
  readonly cached: boolean
}

/** One of several calls. */
export interface ToolCall extends ToolCallOptions {
  readonly tool: string
  readonly input: Readonly<Record<string, unknown>>
}

/** How one of several calls ended. */
export type ToolCallOutcome =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: ToolError }

/** The key under `_meta` of a call that carries its idempotency key. */
export const idempotencyMeta = 'rgen.dev/idempotency-key'

/** How long a killed process may still take what is written to it. */
const dyingMs = 250

/** Longest delay of a timer; above it Node would fire at once. */
const maxTimeoutMs = 2 ** 31 - 1

/**
 * The tools, resources and prompts of one server. Made by `ToolServerManager.client(name)`; needs no closing.
 *
 * @example
 * const research = servers.client('research')
 * const { results } = await research.call('web_search', { query: 'Darwin' }, { timeoutMs: 10_000 })
 */
export class ToolClient {
  readonly #server: ManagedServer
  readonly #dependencies: ToolDependencies
  readonly #cache: ToolCache | undefined

  constructor(server: ManagedServer, dependencies: ToolDependencies, cache: ToolCache | undefined) {
    this.#server = server
    this.#dependencies = dependencies
    this.#cache = cache
  }

  get name(): string {
    return this.#server.settings.name
  }

  /**
   * Calls a tool and answers its structured result, or its text when it has none.
   *
   * @throws {ToolError} in every case but success; `retryable` says whether to try again.
   */
  async call(
    tool: string,
    args: Readonly<Record<string, unknown>> = {},
    options: ToolCallOptions = {},
  ): Promise<unknown> {
    return (await this.callTool(tool, args, options)).value
  }

  /** As {@link call}, and answers everything that the tool did. */
  async callTool(
    tool: string,
    args: Readonly<Record<string, unknown>> = {},
    options: ToolCallOptions = {},
  ): Promise<ToolCallResult> {
    const startedAt = performance.now()
    let status = 'ok'
    try {
      return await this.#server.during(() => this.#callTool(tool, args, options, startedAt))
    } catch (error) {
      const mapped = this.#mapped(error, tool, options)
      status = mapped.code
      throw mapped
    } finally {
      const seconds = (performance.now() - startedAt) / 1_000
      const { metrics, log } = this.#dependencies
      metrics.toolCall({ server: this.name, tool, status, seconds })
      log.log(
        status === 'ok' ? 'debug' : 'warn',
        status === 'ok' ? 'A tool was called.' : 'A tool call failed.',
        {
          server: this.name,
          tool,
          status,
          durationMs: Math.round(seconds * 1_000),
          ...(options.idempotencyKey === undefined ? {} : { idempotencyKey: options.idempotencyKey }),
        },
      )
    }
  }

  /** Calls several tools at once. The outcomes stand in the order of the calls, each its own. */
  async callMany(calls: readonly ToolCall[]): Promise<readonly ToolCallOutcome[]> {
    return Promise.all(
      calls.map(({ tool, input, ...options }) =>
        this.call(tool, input, options).then(
          (value): ToolCallOutcome => ({ ok: true, value }),
          (error: unknown): ToolCallOutcome => ({
            ok: false,
            error: toToolError(error, { server: this.name, tool }),
          }),
        ),
      ),
    )
  }

  /** The tools that may be called. Starts the server when it is not running. */
  async list(
    options: Pick<ToolCallOptions, 'timeoutMs' | 'signal'> = {},
  ): Promise<readonly ToolDescription[]> {
    const { index } = await this.#server.ready(this.#timeout(options), options.signal)
    return index
      .all()
      .filter(({ status }) => status === 'available')
      .map(({ tool }) => tool)
  }

  /** What the server offers to read. */
  async listResources(options: ToolCallOptions = {}): Promise<readonly Resource[]> {
    return this.#request(options, async ({ connection }, request) => {
      if (connection.client.getServerCapabilities()?.resources === undefined) return []
      return (await connection.client.listResources(undefined, request)).resources
    })
  }

  /** Reads a resource by its address. */
  async readResource(uri: string, options: ToolCallOptions = {}): Promise<ReadResourceResult> {
    return this.#request(options, ({ connection }, request) =>
      connection.client.readResource({ uri }, request),
    )
  }

  /** The prompts that the server offers; not those of the project. */
  async listPrompts(options: ToolCallOptions = {}): Promise<readonly Prompt[]> {
    return this.#request(options, async ({ connection }, request) => {
      if (connection.client.getServerCapabilities()?.prompts === undefined) return []
      return (await connection.client.listPrompts(undefined, request)).prompts
    })
  }

  /** A prompt of the server with its arguments filled in. */
  async getPrompt(
    name: string,
    args: Readonly<Record<string, string>> = {},
    options: ToolCallOptions = {},
  ): Promise<GetPromptResult> {
    return this.#request(options, ({ connection }, request) =>
      connection.client.getPrompt({ name, arguments: { ...args } }, request),
    )
  }

  /** Asks the server for a sign of life. Does not start it. */
  async health(): Promise<{ readonly ok: boolean; readonly reason?: string }> {
    return this.#server.health()
  }

  async #callTool(
    tool: string,
    args: Readonly<Record<string, unknown>>,
    options: ToolCallOptions,
    startedAt: number,
  ): Promise<ToolCallResult> {
    const timeoutMs = this.#timeout(options)
    const remaining = () => Math.max(1, Math.round(timeoutMs - (performance.now() - startedAt)))
    if (options.signal?.aborted) throw cancelled(this.name, tool)
    let sentAt = startedAt
    for (let again = false; ; again = true) {
      const ready = this.#server.current ?? (await this.#server.ready(remaining(), options.signal))
      const description = ready.index.admit(tool, args)
      const cacheTtlMs = this.#server.settings.cacheTtlMs[tool]
      const cacheKey = cacheTtlMs === undefined ? undefined : this.#cache?.key(this.name, description, args)
      if (cacheKey !== undefined) {
        const kept = await this.#cache?.get(cacheKey)
        if (kept !== undefined) return { ...kept, cached: true }
      }
      try {
        sentAt = performance.now()
        const result = await this.#send(ready, tool, args, options, remaining())
        const read = this.#read(result, tool)
        if (cacheKey !== undefined && cacheTtlMs !== undefined && !read.truncated)
          await this.#cache?.set(cacheKey, read, cacheTtlMs)
        return read
      } catch (error) {
        if (again || options.signal?.aborted || !this.#recover(error, ready, description, sentAt)) throw error
      }
    }
  }

  #send(
    { connection }: Ready,
    tool: string,
    args: Readonly<Record<string, unknown>>,
    { signal, onProgress, idempotencyKey }: ToolCallOptions,
    timeout: number,
  ): Promise<CallToolResult> {
    const params = {
      name: tool,
      arguments: args,
      ...(idempotencyKey === undefined ? {} : { _meta: { [idempotencyMeta]: idempotencyKey } }),
    }
    return connection.client.callTool(params, {
      timeout,
      ...(signal === undefined ? {} : { signal }),
      ...(onProgress === undefined ? {} : { onprogress: onProgress }),
    })
  }

  /** Whether the call may be made once more: it never arrived, or it may be repeated and the session was lost. */
  #recover(error: unknown, ready: Ready, { annotations }: ToolDescription, sentAt: number): boolean {
    const killedAt = ready.connection.killedAt()
    // Killed at the moment of the call, it was most likely dying when the call was written.
    if (killedAt !== undefined && killedAt - sentAt < dyingMs) return true
    if (error instanceof NotDelivered) {
      this.#server.lost(ready, 'its process has ended')
      return true
    }
    const isRepeatable = annotations?.idempotentHint === true || annotations?.readOnlyHint === true
    const isForgotten = error instanceof SdkHttpError && error.status === 404 && ready.connection.hasSession
    if (isForgotten) this.#server.renew(ready)
    // Of calls that were made at once, the first to learn of a lost session ends the connection of all.
    if (isForgotten || this.#server.hasRenewed(ready)) return isRepeatable
    if (noAnswerIn(error) === 'broken off') return isRepeatable
    const reason = this.#server.settings.transport.kind === 'stdio' ? undefined : networkReason(error)
    if (reason !== undefined) this.#server.lost(ready, reason)
    return false
  }

  #read(result: CallToolResult, tool: string): ToolCallResult {
    const { settings } = this.#server
    if (result.isError) throw failed(result, this.name, tool)
    const limited = limitOutput(result, settings.limits[tool] ?? settings.maxOutputBytes)
    if (limited === undefined)
      throw new ToolError(
        'TOOL_OUTPUT_TOO_LARGE',
        `The result of "${this.name}.${tool}" is larger than allowed.`,
        {
          server: this.name,
          tool,
          hint: 'Ask for less, or raise maxOutputBytes of the server in config/tools.yaml.',
        },
      )
    if (limited.truncated) this.#dependencies.metrics.toolOutputTruncated(this.name, tool)
    const text = textOf(limited.content)
    const { structuredContent } = result
    return {
      value: structuredContent ?? text,
      content: limited.content,
      structuredContent,
      text,
      truncated: limited.truncated,
      cached: false,
    }
  }

  async #request<T>(
    options: ToolCallOptions,
    make: (ready: Ready, request: { timeout: number; signal?: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    const startedAt = performance.now()
    const timeoutMs = this.#timeout(options)
    try {
      return await this.#server.during(async () => {
        const ready = await this.#server.ready(timeoutMs, options.signal)
        const timeout = Math.max(1, Math.round(timeoutMs - (performance.now() - startedAt)))
        return make(ready, options.signal === undefined ? { timeout } : { timeout, signal: options.signal })
      })
    } catch (error) {
      throw this.#mapped(error, undefined, options)
    }
  }

  #timeout({ timeoutMs }: ToolCallOptions): number {
    return Math.min(timeoutMs ?? this.#server.settings.timeoutMs, maxTimeoutMs)
  }

  #mapped(error: unknown, tool: string | undefined, { signal }: ToolCallOptions): ToolError {
    // The SDK reports an abort as a timeout.
    if (signal?.aborted) return cancelled(this.name, tool)
    return toToolError(error, tool === undefined ? { server: this.name } : { server: this.name, tool })
  }
}

function cancelled(server: string, tool: string | undefined): ToolError {
  return new ToolError(
    'TOOL_CANCELLED',
    `The call of "${tool === undefined ? server : `${server}.${tool}`}" was cancelled.`,
    {
      server,
      ...(tool === undefined ? {} : { tool }),
    },
  )
}

/** The tool itself says that it failed. Servers report unknown tools and bad arguments this way, too. */
function failed(result: CallToolResult, server: string, tool: string): ToolError {
  const text = textOf(result.content).slice(0, 2_000)
  const code = /^(?:MCP error -32602: )?(?:Input validation error|Invalid arguments)/iu.test(text)
    ? 'TOOL_INVALID_ARGUMENTS'
    : /^(?:MCP error -32602: )?(?:Unknown tool|Tool .* not found)/iu.test(text)
      ? 'TOOL_UNKNOWN_TOOL'
      : /^(?:MCP error -32602: )?Output validation error/iu.test(text)
        ? 'TOOL_INVALID_RESULT'
        : 'TOOL_FAILED'
  return new ToolError(code, text === '' ? `Tool "${server}.${tool}" failed without saying why.` : text, {
    server,
    tool,
  })
}

function textOf(content: readonly ContentBlock[]): string {
  const [only] = content
  if (content.length === 1 && only?.type === 'text') return only.text
  return content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n')
}
