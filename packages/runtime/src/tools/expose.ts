// The other way round: durable work of this service as MCP tools, so that any host can start it and wait for it.
import { McpServer, fromJsonSchema } from '@modelcontextprotocol/server'
import type { CallToolResult, ServerContext } from '@modelcontextprotocol/server'
import { serveOverHttp } from '../tool-server/http.ts'
import type { HttpServeOptions } from '../tool-server/http.ts'
import { version } from '../version.ts'
import { idempotencyMeta } from './client.ts'
import { ToolError } from './errors.ts'

type JsonSchema = Readonly<Record<string, unknown>>

/** How a call of a piece of work is made. */
export interface ExposedCallOptions {
  /** Fires when the caller gave up. The work itself is durable and may go on. */
  readonly signal: AbortSignal
  /** The same for repeated calls of a caller that sends one: use it as the run's id. */
  readonly idempotencyKey: string | undefined
}

/** A workflow, agent or function that is offered as a tool. */
export interface ExposedTool {
  readonly name: string
  readonly description?: string
  /** JSON Schema of the input; anything goes when there is none. */
  readonly inputSchema?: JsonSchema
  /** JSON Schema of the result, when it is an object. */
  readonly outputSchema?: JsonSchema
  /** Does the work and answers its result. What it throws is shown to the caller by its message. */
  call(input: unknown, options: ExposedCallOptions): Promise<unknown>
}

/** Where and how the work is offered. */
export interface ExposeOptions extends HttpServeOptions {
  /** What the server is called. */
  readonly name?: string
  readonly version?: string
  /** How often a caller that asked for progress is told that the work goes on. 10 000 unless told. */
  readonly progressEveryMs?: number
}

/** A running endpoint. */
export interface ExposedTools {
  readonly url: URL
  /** Offers other tools from now on; connected hosts are told. */
  update(tools: readonly ExposedTool[]): void
  close(): Promise<void>
}

/** The port of the service's own MCP endpoint. */
export const exposePort = 11_233

/**
 * Serves pieces of work as MCP tools over Streamable HTTP on this machine.
 *
 * @throws {ToolError} `TOOL_UNSAFE_BIND` for a host beyond this machine without a token; `TOOL_CONFIG` when two tools
 *   have one name.
 * @example
 * const mcp = await exposeTools([{ name: 'blog', inputSchema, call: (input) => execute('blogWorkflow', input) }])
 * console.log(mcp.url.href) // http://127.0.0.1:11233/mcp
 */
export async function exposeTools(
  tools: readonly ExposedTool[],
  options: ExposeOptions = {},
): Promise<ExposedTools> {
  assertDistinct(tools)
  let offered = tools.map(prepare)
  const createServer = (): McpServer => {
    const server = new McpServer({ name: options.name ?? 'rgen', version: options.version ?? version })
    for (const tool of offered) register(server, tool, options.progressEveryMs ?? 10_000)
    return server
  }
  const served = await serveOverHttp(createServer, { port: exposePort, ...options })
  return {
    url: served.url,
    update(next) {
      assertDistinct(next)
      offered = next.map(prepare)
      served.notifyToolsChanged()
    },
    close: () => served.close(),
  }
}

interface PreparedTool {
  readonly tool: ExposedTool
  readonly input: ReturnType<typeof fromJsonSchema>
  readonly output: ReturnType<typeof fromJsonSchema> | undefined
}

/** Schemas are compiled once, not for each request. */
function prepare(tool: ExposedTool): PreparedTool {
  const { outputSchema } = tool
  return {
    tool,
    input: fromJsonSchema(objectSchema(tool.inputSchema)),
    output: outputSchema?.type === 'object' ? fromJsonSchema({ ...outputSchema }) : undefined,
  }
}

/** The protocol wants an object; work that takes none takes it as `input`. */
function objectSchema(schema: JsonSchema | undefined): Record<string, unknown> {
  if (schema === undefined) return { type: 'object' }
  return takesObject(schema)
    ? { ...schema, type: 'object' }
    : { type: 'object', properties: { input: schema }, required: ['input'] }
}

function takesObject(schema: JsonSchema): boolean {
  return schema.type === 'object' || (schema.type === undefined && 'properties' in schema)
}

function register(server: McpServer, { tool, input, output }: PreparedTool, progressEveryMs: number): void {
  const config = {
    inputSchema: input,
    ...(tool.description === undefined ? {} : { description: tool.description }),
    ...(output === undefined ? {} : { outputSchema: output }),
  }
  server.registerTool(tool.name, config, async (args: unknown, context: ServerContext) => {
    const meta = context.mcpReq._meta as Readonly<Record<string, unknown>> | undefined
    const key = meta?.[idempotencyMeta]
    const stop = reportProgress(context, meta?.progressToken, progressEveryMs)
    try {
      const wrapped = tool.inputSchema !== undefined && !takesObject(tool.inputSchema)
      const value = await tool.call(wrapped ? (args as { input: unknown }).input : args, {
        signal: context.mcpReq.signal,
        idempotencyKey: typeof key === 'string' ? key : undefined,
      })
      return resultOf(value)
    } finally {
      stop()
    }
  })
}

/** Hosts give a silent call up after a minute or so; durable work may take longer. */
function reportProgress(context: ServerContext, token: unknown, everyMs: number): () => void {
  if (typeof token !== 'string' && typeof token !== 'number') return () => undefined
  const startedAt = performance.now()
  const timer = setInterval(() => {
    // The protocol wants it to grow with each report.
    const seconds = (performance.now() - startedAt) / 1_000
    context.mcpReq
      .notify({
        method: 'notifications/progress',
        params: { progressToken: token, progress: seconds, message: `running for ${Math.round(seconds)} s` },
      })
      .catch(() => clearInterval(timer))
  }, everyMs)
  return () => clearInterval(timer)
}

function resultOf(value: unknown): CallToolResult {
  const text = value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value)
  return {
    content: [{ type: 'text', text }],
    ...(typeof value === 'object' && value !== null && !Array.isArray(value)
      ? { structuredContent: value }
      : {}),
  }
}

function assertDistinct(tools: readonly ExposedTool[]): void {
  const seen = new Set<string>()
  for (const { name } of tools) {
    if (seen.has(name)) throw new ToolError('TOOL_CONFIG', `Two pieces of work would be the tool "${name}".`)
    seen.add(name)
  }
}
