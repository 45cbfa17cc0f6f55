import { AgentError, step } from '@rgen/engine/agent'
import { z } from 'zod'
import type { LlmMessage, LlmObjectResponse, LlmRequest, LlmResponse } from '../llm/messages.ts'
import type { RenderedPrompt } from '../prompts/registry.ts'
import type { BuiltinSteps } from './builtin-steps.ts'
import { builtinStepOptions } from './step-options.ts'
import type { BuiltinStepOptions } from './step-options.ts'
import { runToolLoop } from './tool-loop.ts'
import type { ToolLoopOptions } from './tool-loop.ts'

/** A request for the LLM: messages, or a rendered prompt (whose settings are then the defaults), or both in that order. */
export interface AgentLlmRequest extends Omit<LlmRequest, 'messages'>, Partial<ToolLoopOptions> {
  readonly prompt?: RenderedPrompt
  readonly messages?: readonly LlmMessage[]
}

/** The request as the router takes it: a prompt's settings stand behind what the call says itself. */
export function toLlmRequest(input: AgentLlmRequest): LlmRequest {
  const { prompt, messages = [], toolServers, maxToolRounds, approval, ...own } = input
  return { ...prompt?.settings, ...own, messages: [...(prompt?.messages ?? []), ...messages] }
}

function ask(request: LlmRequest, input: AgentLlmRequest, publish: boolean, options?: BuiltinStepOptions) {
  const { prompt } = input
  return step<BuiltinSteps>({ ...builtinStepOptions, ...options })['rgen.llm.chat']({
    request,
    publish,
    ...(prompt && {
      prompt: {
        name: prompt.name,
        version: prompt.version,
        hash: prompt.hash,
        ...(prompt.label !== undefined && { label: prompt.label }),
        ...(prompt.arm !== undefined && { arm: prompt.arm }),
      },
    }),
  })
}

function answer(
  input: AgentLlmRequest,
  publish: boolean,
  options?: BuiltinStepOptions,
): Promise<LlmResponse> {
  const { toolServers } = input
  const chat = (request: LlmRequest) => ask(request, input, publish, options)
  if (toolServers === undefined || toolServers.length === 0) return chat(toLlmRequest(input))
  return runToolLoop(toLlmRequest(input), { ...input, toolServers }, chat)
}

/** The project's LLM router, in durable steps: a call is made once and its answer recorded, whatever dies meanwhile. */
export const llm = {
  /**
   * One answer. With `toolServers` the model may call their tools; the loop is bounded and each call is a step.
   *
   * @throws a step failure whose type is the `LLM_*` code, once the router has tried what its configuration allows.
   * @example
   * const answer = await llm.chat({ messages: [{ role: 'user', content: 'Hello!' }] })
   */
  chat: (input: AgentLlmRequest, options?: BuiltinStepOptions): Promise<LlmResponse> =>
    answer(input, false, options),

  /** Like `chat`; while the answer is made, its chunks go to whoever watches the run. The result is recorded once. */
  stream: (input: AgentLlmRequest, options?: BuiltinStepOptions): Promise<LlmResponse> =>
    answer(input, true, options),

  /**
   * An answer of a given shape, checked against the schema.
   *
   * @throws {AgentError} of type `LLM_SCHEMA_MISMATCH`, not retryable, when the provider's answer passes its JSON
   *   Schema and fails what only zod can say (a refinement).
   * @example
   * const { object } = await llm.object(z.object({ approved: z.boolean() }), { prompt })
   */
  async object<S extends z.ZodType>(
    schema: S,
    input: AgentLlmRequest,
    options?: BuiltinStepOptions,
  ): Promise<LlmObjectResponse<z.output<S>>> {
    const json = z.toJSONSchema(schema, { io: 'input' }) as Readonly<Record<string, unknown>>
    const response = await answer({ ...input, schema: { schema: json } }, false, options)
    const parsed = schema.safeParse('object' in response ? response.object : undefined)
    if (!parsed.success)
      throw AgentError.nonRetryable(
        `The answer of ${response.provider} does not have the shape that was asked for: ${z.prettifyError(parsed.error)}`,
        'LLM_SCHEMA_MISMATCH',
      )
    return { ...response, object: parsed.data }
  },
}
