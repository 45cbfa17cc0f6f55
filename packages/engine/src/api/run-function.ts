import type { StandardSchema } from './schema.ts'

/** What may hang on an exported agent, workflow or function beside its body. */
export interface ResourceProperties {
  /** Checked (and defaults applied) before the body runs. */
  readonly input?: StandardSchema
  /** Checked after the body has returned. */
  readonly output?: StandardSchema
  readonly description?: string
  /** Whether it is offered as a tool to MCP clients. */
  readonly mcp?: boolean
}

/** An agent or a workflow: an async function of one JSON value. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the input's type is the author's
export type RunFunction = ((input?: any) => unknown) & Partial<ResourceProperties>

/** A function that runs as a step: one JSON value in, one out; may do I/O. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the input's type is the author's
export type StepFunction = ((input?: any) => unknown) & Partial<ResourceProperties>
