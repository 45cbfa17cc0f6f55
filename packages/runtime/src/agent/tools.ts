import { step } from '@rgen/engine/agent'
import type { ToolDescription } from '../tools/client.ts'
import type { ToolTypes } from '../types.ts'
import type { BuiltinSteps } from './builtin-steps.ts'
import { builtinStepOptions } from './step-options.ts'
import type { BuiltinStepOptions } from './step-options.ts'

// eslint-disable-next-line @typescript-eslint/no-redundant-type-constituents -- `never` only until the project's types are generated
type Server = keyof ToolTypes | (string & {})
type Tool<S> = S extends keyof ToolTypes ? keyof ToolTypes[S] & string : string
type Input<S, T> = S extends keyof ToolTypes
  ? T extends keyof ToolTypes[S]
    ? ToolTypes[S][T] extends { input: infer I }
      ? I
      : never
    : never
  : Readonly<Record<string, unknown>>
type Output<S, T> = S extends keyof ToolTypes
  ? T extends keyof ToolTypes[S]
    ? ToolTypes[S][T] extends { output: infer O }
      ? O
      : unknown
    : unknown
  : unknown

/** What a call may change of its durable step, and how long the tool may take. */
export interface ToolStepOptions extends BuiltinStepOptions {
  /** From the call to its result, waiting for the server included. The server's `timeout` unless given. */
  readonly timeoutMs?: number
}

/** How one of several calls ended. */
export type ToolOutcome<O = unknown> =
  { readonly ok: true; readonly value: O } | { readonly ok: false; readonly error: Error }

/** The tools of one server, as an agent calls them: each call is a durable step. */
export interface AgentTools<S extends Server = string> {
  /**
   * Calls a tool and answers its structured result (its text when it has none).
   *
   * @throws the tool's failure as a step failure whose type is the `TOOL_*` code.
   */
  call: <T extends Tool<S>>(tool: T, input: Input<S, T>, options?: ToolStepOptions) => Promise<Output<S, T>>
  /** Calls several tools at once; the outcomes stand in the order of the calls, each its own success or failure. */
  callMany: <T extends Tool<S>>(
    calls: readonly { readonly tool: T; readonly input: Input<S, T> }[],
    options?: ToolStepOptions,
  ) => Promise<readonly ToolOutcome<Output<S, T>>[]>
  list: (options?: BuiltinStepOptions) => Promise<readonly ToolDescription[]>
}

/**
 * The tools of a server of config/tools.yaml. Nothing is started or connected here: each call is a durable step that
 * runs on the worker.
 *
 * @example
 * const { results } = await tools('research').call('web_search', { query: input.topic })
 */
export function tools<S extends Server>(server: S): AgentTools<S> {
  const steps = (options?: BuiltinStepOptions) => step<BuiltinSteps>({ ...builtinStepOptions, ...options })
  const call: AgentTools<S>['call'] = async (tool, input, { timeoutMs, ...options } = {}) =>
    (await steps(options)['rgen.tools.call']({
      server,
      tool,
      arguments: input,
      ...(timeoutMs !== undefined && { timeoutMs }),
    })) as Output<S, typeof tool>
  return {
    call,
    callMany: (calls, options) =>
      Promise.all(
        calls.map(({ tool, input }) =>
          call(tool, input, options).then(
            (value) => ({ ok: true, value }) as const,
            (error: unknown) => ({ ok: false, error: error as Error }) as const,
          ),
        ),
      ),
    list: (options) => steps(options)['rgen.tools.list']({ server }),
  }
}
