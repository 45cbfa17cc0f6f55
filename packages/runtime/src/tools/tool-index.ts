import type { Tool } from '@modelcontextprotocol/client'
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/client/validators/ajv'
import { didYouMean } from '../config/did-you-mean.ts'
import type { ServerSettings } from './config/schema.ts'
import { ToolError } from './errors.ts'
import { describeTool, fingerprintOf } from './tool-description.ts'
import type { ToolDescription } from './tool-description.ts'

/** Whether a tool may be called. */
export type ToolStatus = 'available' | 'denied' | 'changed'

/** A tool of a server, and whether it may be called. */
export interface IndexedTool {
  readonly tool: ToolDescription
  readonly status: ToolStatus
  /** See `tools.lock`. */
  readonly fingerprint: string
}

/** The arguments do not fit; absent when they do, or when the schema cannot be used. */
type CheckArguments = (args: unknown) => string | undefined

/** The tools of one connection, by name. */
export class ToolIndex {
  readonly #server: string
  readonly #tools = new Map<string, IndexedTool>()
  readonly #checks = new Map<string, CheckArguments>()
  readonly #validator = new AjvJsonSchemaValidator()
  readonly #isApproved: (tool: string, fingerprint: string) => boolean

  /** `isApproved` is asked anew when a tool that had changed is called: it may have been approved meanwhile. */
  constructor(
    settings: ServerSettings,
    tools: readonly Tool[],
    changed: ReadonlySet<string>,
    isApproved: (tool: string, fingerprint: string) => boolean,
  ) {
    this.#server = settings.name
    this.#isApproved = isApproved
    for (const tool of tools) {
      const status = !isAllowed(tool.name, settings)
        ? 'denied'
        : changed.has(tool.name)
          ? 'changed'
          : 'available'
      this.#tools.set(tool.name, { tool: describeTool(tool), status, fingerprint: fingerprintOf(tool) })
    }
  }

  all(): readonly IndexedTool[] {
    return [...this.#tools.values()]
  }

  /**
   * The tool, when it may be called with these arguments.
   *
   * @throws {ToolError} `TOOL_UNKNOWN_TOOL`, `TOOL_DENIED`, `TOOL_CHANGED` or `TOOL_INVALID_ARGUMENTS`.
   */
  admit(name: string, args: Readonly<Record<string, unknown>>): ToolDescription {
    const place = { server: this.#server, tool: name }
    const found = this.#tools.get(name)
    if (found === undefined) {
      const nearest = didYouMean(name, [...this.#tools.keys()])
      throw new ToolError('TOOL_UNKNOWN_TOOL', `Server "${this.#server}" has no tool "${name}".`, {
        ...place,
        hint:
          nearest === undefined
            ? `It has: ${[...this.#tools.keys()].join(', ')}.`
            : `Did you mean "${nearest}"?`,
      })
    }
    if (found.status === 'denied')
      throw new ToolError('TOOL_DENIED', `Tool "${this.#server}.${name}" may not be called.`, {
        ...place,
        hint: 'See allow and deny of the server in config/tools.yaml.',
      })
    if (found.status === 'changed' && !this.#isApproved(name, found.fingerprint))
      throw new ToolError(
        'TOOL_CHANGED',
        `Tool "${this.#server}.${name}" is described otherwise than when it was approved.`,
        {
          ...place,
          hint: `Look at it with rgen tools list ${this.#server}, then rgen tools approve ${this.#server} ${name}.`,
        },
      )
    const problem = this.#check(found.tool)(args)
    if (problem !== undefined)
      throw new ToolError(
        'TOOL_INVALID_ARGUMENTS',
        `The arguments of "${this.#server}.${name}" do not fit: ${problem}.`,
        place,
      )
    return found.tool
  }

  #check(tool: ToolDescription): CheckArguments {
    const known = this.#checks.get(tool.name)
    if (known !== undefined) return known
    const check = this.#compile(tool)
    this.#checks.set(tool.name, check)
    return check
  }

  #compile({ inputSchema }: ToolDescription): CheckArguments {
    try {
      const validate = this.#validator.getValidator(inputSchema)
      return (args) => {
        const result = validate(args)
        return result.valid ? undefined : result.errorMessage.replace(/^data\/?/u, '').trim()
      }
    } catch {
      // A schema in a dialect that we cannot read is checked by its own server.
      return () => undefined
    }
  }
}

function isAllowed(name: string, { allow, deny }: ServerSettings): boolean {
  if (deny.some((pattern) => matches(pattern, name))) return false
  return allow === undefined || allow.some((pattern) => matches(pattern, name))
}

/** `*` stands for any text. */
function matches(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/gu, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 'u').test(name)
}
