import { createHash } from 'node:crypto'
import type { Tool } from '@modelcontextprotocol/client'

/** A tool as a server offers it. */
export interface ToolDescription {
  readonly name: string
  readonly title?: string
  /** Without control and zero-width characters, at most 4 096 characters. */
  readonly description?: string
  /** JSON Schema of the arguments. */
  readonly inputSchema: Readonly<Record<string, unknown>>
  /** JSON Schema of the structured result. */
  readonly outputSchema?: Readonly<Record<string, unknown>>
  readonly annotations?: ToolHints
}

/** What a server says about a tool. Hints: a server may be wrong or lie. */
export interface ToolHints {
  readonly readOnlyHint?: boolean | undefined
  readonly destructiveHint?: boolean | undefined
  readonly idempotentHint?: boolean | undefined
  readonly openWorldHint?: boolean | undefined
}

const maxDescription = 4_096
/** Control characters but line feed and tab, zero-width and direction marks: what a person would not see. */
const invisible =
  // eslint-disable-next-line no-control-regex -- removing them is the purpose
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u200B-\u200F\u202A-\u202E\u2060-\u206F\uFEFF\u{E0000}-\u{E007F}]/gu

/** Reads a tool of the SDK; its texts are made safe to show to a model and to a person. */
export function describeTool(tool: Tool): ToolDescription {
  const { annotations } = tool
  return {
    name: tool.name,
    ...(tool.title === undefined ? {} : { title: visible(tool.title) }),
    ...(tool.description === undefined ? {} : { description: visible(tool.description) }),
    inputSchema: tool.inputSchema,
    ...(tool.outputSchema === undefined ? {} : { outputSchema: tool.outputSchema }),
    ...(annotations === undefined ? {} : { annotations: hintsOf(annotations) }),
  }
}

function visible(text: string): string {
  const clean = text.replace(invisible, '')
  return clean.length <= maxDescription ? clean : `${clean.slice(0, maxDescription - 1)}…`
}

function hintsOf(annotations: NonNullable<Tool['annotations']>): ToolHints {
  const { readOnlyHint, destructiveHint, idempotentHint, openWorldHint } = annotations
  return {
    ...(readOnlyHint === undefined ? {} : { readOnlyHint }),
    ...(destructiveHint === undefined ? {} : { destructiveHint }),
    ...(idempotentHint === undefined ? {} : { idempotentHint }),
    ...(openWorldHint === undefined ? {} : { openWorldHint }),
  }
}

/** What an approval is about: a SHA-256 over name, description (as the server sent it) and input schema. */
export function fingerprintOf(tool: Pick<Tool, 'name' | 'description' | 'inputSchema'>): string {
  const text = canonical([tool.name, tool.description ?? '', tool.inputSchema])
  return `sha256-${createHash('sha256').update(text).digest('hex')}`
}

/** JSON with sorted keys: equal values have equal texts. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner,
  )
}
