// The worker's side of the built-in steps: what llm, tools and prompts in an agent come down to.

import { functionInfo, publish } from '@rgen/engine/function'
import type { BuiltinSteps, ChatStepInput } from '../agent/builtin-steps.ts'
import type {
  LlmCallOptions,
  LlmObjectResponse,
  LlmRequest,
  LlmResponse,
  LlmStreamEvent,
} from '../llm/messages.ts'
import type { RenderedPrompt } from '../prompts/registry.ts'
import type { Settings } from '../settings/settings.ts'
import type { ToolDescription } from '../tools/client.ts'
import { withStepFailures } from './step-failure.ts'

/** What the built-in steps need of a router. */
export interface StepRouter {
  chat(request: LlmRequest, options: LlmCallOptions): Promise<LlmResponse>
  object(request: LlmRequest, options: LlmCallOptions): Promise<LlmObjectResponse>
  stream(
    request: LlmRequest,
    options: LlmCallOptions,
  ): AsyncIterable<LlmStreamEvent> & { final(): Promise<LlmResponse> }
}

/** What the built-in steps need of the tool servers. */
export interface StepTools {
  client(server: string): {
    call(
      tool: string,
      args: Readonly<Record<string, unknown>>,
      options: { readonly timeoutMs?: number; readonly signal: AbortSignal; readonly idempotencyKey: string },
    ): Promise<unknown>
    list(): Promise<readonly ToolDescription[]>
  }
}

/** What the built-in steps need of the prompts. */
export interface StepPrompts {
  render(
    name: string,
    request: string | undefined,
    variables: Readonly<Record<string, unknown>>,
    options: { readonly experimentKey: string; readonly label?: string },
  ): RenderedPrompt | Promise<RenderedPrompt>
}

export interface BuiltinParts {
  readonly router: StepRouter
  readonly tools: StepTools
  readonly prompts: StepPrompts
  readonly settings: Settings
  /** The version that an earlier run of a continued agent used, so that it keeps it when `latest` has moved. */
  readonly recordedVersion?: (render: {
    readonly agentId: string
    readonly continuedFrom: string
    readonly name: string
    readonly request: string | undefined
  }) => Promise<string | undefined>
}

async function chat(
  router: StepRouter,
  { request, prompt, publish: watched }: ChatStepInput,
): Promise<LlmResponse> {
  const { signal, idempotencyKey, workflowExecution, workflowType, activityId } = functionInfo()
  const options: LlmCallOptions = {
    signal,
    idempotencyKey,
    tags: {
      run: workflowExecution.runId,
      agent: workflowExecution.workflowId,
      type: workflowType,
      step: activityId,
      conversation: workflowExecution.workflowId,
      ...(prompt && {
        prompt: `${prompt.name}@${prompt.version}`,
        promptHash: prompt.hash,
        ...(prompt.label !== undefined && { promptLabel: prompt.label }),
        ...(prompt.arm !== undefined && { promptArm: prompt.arm }),
      }),
    },
  }
  if (request.schema !== undefined) return router.object(request, options)
  if (!watched) return router.chat(request, options)
  const stream = router.stream(request, options)
  for await (const event of stream) publish(event)
  return stream.final()
}

/** The functions that a service registers under the names of {@link BuiltinSteps}. */
export function builtinFunctions({
  router,
  tools,
  prompts,
  settings,
  recordedVersion,
}: BuiltinParts): BuiltinSteps {
  return {
    // The router has its own retries and fallbacks; the engine's must not multiply them.
    'rgen.llm.chat': (input) => withStepFailures('never', () => chat(router, input)),

    'rgen.tools.call': ({ server, tool, arguments: args, timeoutMs }) =>
      withStepFailures('as the error says', () => {
        const { signal, idempotencyKey } = functionInfo()
        const limit = timeoutMs === undefined ? {} : { timeoutMs }
        return tools.client(server).call(tool, args, { signal, idempotencyKey, ...limit })
      }),

    'rgen.tools.list': ({ server }) =>
      withStepFailures('as the error says', () => tools.client(server).list()),

    'rgen.prompts.render': ({ name, request, variables, label, continuedFrom }) =>
      withStepFailures('never', async () => {
        const { workflowId } = functionInfo().workflowExecution
        const recorded =
          continuedFrom === undefined
            ? undefined
            : await recordedVersion?.({ agentId: workflowId, continuedFrom, name, request })
        return prompts.render(name, recorded ?? request, variables, {
          experimentKey: workflowId,
          ...(label !== undefined && { label }),
        })
      }),

    'rgen.settings.loopLimit': async ({ name }) =>
      settings.pipeline.loops[name]?.max ?? settings.pipeline.default_max,
  }
}
