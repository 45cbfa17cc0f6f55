import { AgentError, condition, defineEvent, onEvent, step } from '@rgen/engine/agent'
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

/** Providers accept `[A-Za-z0-9_-]` in a tool's name: the server stands before two underscores. */
const separator = '__'

interface OfferedTool {
  readonly server: string
  readonly tool: string
  readonly offer: LlmTool
}

async function offeredTools(servers: readonly string[]): Promise<Map<string, OfferedTool>> {
  const lists = await Promise.all(
    servers.map(async (server) => ({
      server,
      list: await step<BuiltinSteps>(builtinStepOptions)['rgen.tools.list']({ server }),
    })),
  )
  const offered = lists.flatMap(({ server, list }) =>
    list.map((tool): [string, OfferedTool] => {
      const name = `${server}${separator}${tool.name}`.replace(/[^A-Za-z0-9_-]/g, '_')
      return [
        name,
        {
          server,
          tool: tool.name,
          offer: {
            name,
            parameters: tool.inputSchema,
            ...(tool.description !== undefined && { description: tool.description }),
          },
        },
      ]
    }),
  )
  return new Map(offered)
}

/** Answers a function that waits for the verdict on one call; the event is registered once, before the first call. */
function approvals(
  approval: ToolApproval | undefined,
): (call: LlmToolCall, tool: OfferedTool) => Promise<boolean> {
  if (approval === undefined) return async () => true
  const verdicts = new Map<string, boolean>()
  onEvent(defineEvent(approval.event ?? 'approveTool'), (input: { callId: string; approved: boolean }) => {
    verdicts.set(input.callId, input.approved)
    return { callId: input.callId, approved: input.approved }
  })
  return async (call, tool) => {
    const needed = approval.tools === 'all' || approval.tools.includes(`${tool.server}.${tool.tool}`)
    if (!needed) return true
    await condition(() => verdicts.has(call.id), approval.timeout)
    return verdicts.get(call.id) ?? false
  }
}

function result(call: LlmToolCall, content: string, isError = false): LlmMessage {
  return { role: 'tool', toolCallId: call.id, content, ...(isError && { isError }) }
}

/**
 * Lets the model call tools until it answers: a step for each question and for each call. A tool that fails or is
 * refused is told to the model, which may go another way; the loop itself ends with an error only at its bound.
 *
 * @throws {AgentError} of type `TOOL_ROUNDS_EXCEEDED` when the model still asks for tools after the last round.
 */
export async function runToolLoop(
  request: LlmRequest,
  options: ToolLoopOptions,
  chat: (request: LlmRequest) => Promise<LlmResponse>,
): Promise<LlmResponse> {
  const offered = await offeredTools(options.toolServers)
  const isApproved = approvals(options.approval)
  const rounds = options.maxToolRounds ?? defaultMaxToolRounds
  const available = [...(request.tools ?? []), ...[...offered.values()].map(({ offer }) => offer)]
  let messages = request.messages

  const answerCall = async (call: LlmToolCall): Promise<LlmMessage> => {
    const tool = offered.get(call.name)
    if (tool === undefined) return result(call, `There is no tool named ${call.name}.`, true)
    if (!(await isApproved(call, tool))) return result(call, 'The call was not approved.', true)
    try {
      const value = await step<BuiltinSteps>(builtinStepOptions)['rgen.tools.call']({
        server: tool.server,
        tool: tool.tool,
        arguments: call.arguments as Readonly<Record<string, unknown>>,
      })
      return result(call, typeof value === 'string' ? value : JSON.stringify(value))
    } catch (error) {
      return result(call, error instanceof Error ? error.message : String(error), true)
    }
  }

  for (let round = 0; round <= rounds; round += 1) {
    const response = await chat({ ...request, messages, tools: available })
    const own = response.toolCalls.filter((call) => !request.tools?.some(({ name }) => name === call.name))
    if (own.length === 0) return response
    const results = await Promise.all(own.map(answerCall))
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
