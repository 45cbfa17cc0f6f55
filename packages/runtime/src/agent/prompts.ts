import { agentInfo, step } from '@rgen/engine/agent'
import type { RenderedPrompt } from '../prompts/registry.ts'
import type { PromptTypes } from '../types.ts'
import type { BuiltinSteps } from './builtin-steps.ts'
import { builtinStepOptions } from './step-options.ts'

// eslint-disable-next-line @typescript-eslint/no-redundant-type-constituents -- `never` only until the project's types are generated
type Name = keyof PromptTypes extends never ? string : keyof PromptTypes & string
type Request<N> = N extends keyof PromptTypes ? keyof PromptTypes[N] & string : string
type Variables<N, R> = N extends keyof PromptTypes
  ? R extends keyof PromptTypes[N]
    ? PromptTypes[N][R]
    : never
  : Readonly<Record<string, unknown>>

export interface RenderOptions {
  /** Use the version that this label points to, unless a version was asked for. */
  readonly label?: string
}

/** The project's prompts, rendered in a durable step: the version that was used is recorded with the result. */
export const prompts = {
  /**
   * Fills in a prompt.
   *
   * @param request A version (`1.0.0`), a prefix (`1`), a range (`^1.0.0`) or a label.
   * @returns Messages and call settings for `llm.chat({ prompt })`, with name, version and hash.
   * @throws a step failure whose type is the `PROMPT_*` code: unknown name or version, missing or unknown variables.
   * @example
   * const prompt = await prompts.render('analyze-research', '1.0.0', { topic, sources })
   * const answer = await llm.chat({ prompt })
   */
  async render<N extends Name, R extends Request<N>>(
    name: N,
    request: R,
    variables: Variables<N, R>,
    options: RenderOptions = {},
  ): Promise<RenderedPrompt> {
    const { continuedFromExecutionRunId: continuedFrom } = agentInfo()
    return step<BuiltinSteps>(builtinStepOptions)['rgen.prompts.render']({
      name,
      request,
      variables: variables,
      ...options,
      ...(continuedFrom !== undefined && { continuedFrom }),
    })
  },
}
