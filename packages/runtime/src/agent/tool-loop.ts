import { AgentError, condition, defineEvent, log, onEvent, step } from '@rgen/engine/agent'
import type { LlmMessage, LlmRequest, LlmResponse, LlmTool, LlmToolCall } from '../llm/messages.ts'
import type { BuiltinSteps } from './builtin-steps.ts'
import { builtinStepOptions } from './step-options.ts'

/** Which calls wait for a person, and how that person answers. */
export interface ToolApproval {
  /** Tools that need an approval, as `server.tool`; `all` for every one. */
  readonly tools: readonly string[] | 'all'
  /** The event that approves or refuses: its input is `{ callId, approved }`. `approveTool` unless given. */
  readonly event?: string
  /** How long a call waits before it counts as refused; for ever unless given. Milliseconds or `"2 minutes"`. */
  readonly timeout?: number | string
}

export interface ToolLoopOptions {
  /** Servers of config/tools.yaml whose tools the model may call. */
  readonly toolServers: readonly string[]
  /** How often the model may ask for tools before the loop ends with an error; 8 unless given. */
  readonly maxToolRounds?: number
  readonly approval?: ToolApproval
}

const defaultMaxToolRounds = 8
const defaultApprovalEvent = 'approveTool'

/** Providers accept `[A-Za-z0-9_-]` in a tool's name: the server stands before two underscores. */
const separator = '__'

/** Longer names of tools are refused by OpenAI. */
const maxNameLength = 64

interface OfferedTool {
  readonly server: string
  readonly tool: string
  readonly offer: LlmTool
}

/** A name that the model knows a tool by, unlike all that are taken: two tools may differ in a dot alone. */
function nameFor(server: string, tool: string, taken: ReadonlySet<string>): string {
  const plain = `${server}${separator}${tool}`.replace(/[^A-Za-z0-9_-]/g, '_')
  let name = plain.slice(0, maxNameLength)
  for (let count = 2; taken.has(name); count += 1) {
    const suffix = `_${count}`
    name = plain.slice(0, maxNameLength - suffix.length) + suffix
  }
  return name
}

/** The tools of the servers, by the names that the model knows them by; `own` are those of the request. */
async function offeredTools(
  servers: readonly string[],
  own: readonly LlmTool[],
): Promise<Map<string, OfferedTool>> {
  const lists = await Promise.all(
    servers.map((server) => step<BuiltinSteps>(builtinStepOptions)['rgen.tools.list']({ server })),
  )
  const taken = new Set(own.map(({ name }) => name))
  const offered = new Map<string, OfferedTool>()
  for (const [index, server] of servers.entries())
    for (const { name: tool, description, inputSchema } of lists[index] ?? []) {
      const name = nameFor(server, tool, taken)
      taken.add(name)
      const offer = { name, parameters: inputSchema, ...(description !== undefined && { description }) }
      offered.set(name, { server, tool, offer })
    }
  return offered
}

/** Answers a function that waits for the verdict on one call; the event is registered once, before the first call. */
function approvals(
  approval: ToolApproval | undefined,
): (call: LlmToolCall, tool: OfferedTool) => Promise<boolean> {
  if (approval === undefined) return async () => true
  const verdicts = new Map<string, boolean>()
  onEvent(
    defineEvent(approval.event ?? defaultApprovalEvent),
    (input: { callId: string; approved: boolean }) => {
      verdicts.set(input.callId, input.approved)
      return { callId: input.callId, approved: input.approved }
    },
  )
  return async (call, tool) => {
    const needed = approval.tools === 'all' || approval.tools.includes(`${tool.server}.${tool.tool}`)
    if (!needed) return true
    log.info('A tool call waits for approval.', {
      callId: call.id,
      tool: `${tool.server}.${tool.tool}`,
      event: approval.event ?? defaultApprovalEvent,
    })
    await condition(() => verdicts.has(call.id), approval.timeout)
    const isApproved = verdicts.get(call.id) ?? false
    // Some models count their calls anew in each answer: a verdict is for one call.
    verdicts.delete(call.id)
    return isApproved
  }
}

function result(call: LlmToolCall, content: string, isError = false): LlmMessage {
  return { role: 'tool', toolCallId: call.id, content, ...(isError && { isError }) }
}

function textOf(value: unknown): string {
  if (value === undefined) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/**
 * Lets the model call tools until it answers: a step for each question and for each call. A tool that fails or is
 * refused is told to the model, which may go another way; the loop itself ends with an error only at its bound. Calls
 * of tools that the request brought itself are the caller's: an answer that asks for nothing else is handed back.
 *
 * @throws {AgentError} of type `TOOL_ROUNDS_EXCEEDED` when the model still asks for tools after the last round.
 */
export async function runToolLoop(
  request: LlmRequest,
  options: ToolLoopOptions,
  chat: (request: LlmRequest) => Promise<LlmResponse>,
): Promise<LlmResponse> {
  const own = request.tools ?? []
  const offered = await offeredTools(options.toolServers, own)
  const isApproved = approvals(options.approval)
  const rounds = options.maxToolRounds ?? defaultMaxToolRounds
  const available = [...own, ...[...offered.values()].map(({ offer }) => offer)]
  const isOwn = (call: LlmToolCall) => own.some(({ name }) => name === call.name)
  let messages = request.messages

  const answerCall = async (call: LlmToolCall): Promise<LlmMessage> => {
    if (isOwn(call)) return result(call, 'This tool is answered elsewhere: call it alone.', true)
    const tool = offered.get(call.name)
    if (tool === undefined) return result(call, `There is no tool named ${call.name}.`, true)
    if (!(await isApproved(call, tool))) return result(call, 'The call was not approved.', true)
    try {
      const value = await step<BuiltinSteps>(builtinStepOptions)['rgen.tools.call']({
        server: tool.server,
        tool: tool.tool,
        arguments: call.arguments as Readonly<Record<string, unknown>>,
      })
      return result(call, textOf(value))
    } catch (error) {
      return result(call, error instanceof Error ? error.message : String(error), true)
    }
  }

  for (let round = 0; round <= rounds; round += 1) {
    const response = await chat({ ...request, messages, tools: available })
    if (response.toolCalls.every(isOwn)) return response
    const results = await Promise.all(response.toolCalls.map(answerCall))
    messages = [
      ...messages,
      { role: 'assistant', content: response.content, toolCalls: response.toolCalls },
      ...results,
    ]
  }
  throw AgentError.nonRetryable(
    `The model still asks for tools after ${rounds} rounds. Raise maxToolRounds, or say in the prompt when to stop.`,
    'TOOL_ROUNDS_EXCEEDED',
  )
}
