// The steps that every service offers beside the project's own functions: what they are called and what they take.
// Agents reach them through llm, tools and prompts; src/service/builtin-functions.ts does the work on the worker.
//
// This folder is bundled into Temporal's workflow sandbox: types alone may come from the parts that do I/O.

import type { LlmRequest, LlmResponse } from '../llm/messages.ts'
import type { RenderedPrompt } from '../prompts/registry.ts'
import type { ToolDescription } from '../tools/client.ts'

/** Which prompt a call was made from: on its log line and its span, never the text. */
export type PromptReference = Pick<RenderedPrompt, 'name' | 'version' | 'hash' | 'label' | 'arm'>

export interface ChatStepInput {
  readonly request: LlmRequest
  readonly prompt?: PromptReference
  /** Publish the chunks to whoever watches the run, while the result is recorded once. */
  readonly publish: boolean
}

export interface ToolStepInput {
  readonly server: string
  readonly tool: string
  readonly arguments: Readonly<Record<string, unknown>>
  readonly timeoutMs?: number
}

export interface RenderStepInput {
  readonly name: string
  /** A version, a range or a label; the latest unless given. */
  readonly request?: string
  readonly variables: Readonly<Record<string, unknown>>
  readonly label?: string
  /** The run before a continue-as-new, whose recorded version goes on being used. */
  readonly continuedFrom?: string
}

export interface BuiltinSteps {
  'rgen.llm.chat': (input: ChatStepInput) => Promise<LlmResponse>
  'rgen.tools.call': (input: ToolStepInput) => Promise<unknown>
  'rgen.tools.list': (input: { readonly server: string }) => Promise<readonly ToolDescription[]>
  'rgen.prompts.render': (input: RenderStepInput) => Promise<RenderedPrompt>
  'rgen.settings.loopLimit': (input: { readonly name: string }) => Promise<number>
}
