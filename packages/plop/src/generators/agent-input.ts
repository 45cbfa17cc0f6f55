import { quoted } from '../layout.ts'
import type { PromptVariable } from '../prompt-variables.ts'
import type { ProjectToolServer } from '../resources.ts'
import type { AgentParts, ToolUse } from './agent-view.ts'

/** One property of an agent's input. */
export interface InputField {
  readonly name: string
  /** The zod schema, as code. */
  readonly schema: string
  /** What the generated test gives for it, as code. */
  readonly sample: string
}

const topic: InputField = {
  name: 'topic',
  schema: 'z.string().min(1).describe("What to find out about.")',
  sample: '"natural selection"',
}
const depth: InputField = {
  name: 'depth',
  schema: 'z.enum(["brief", "standard", "comprehensive"]).default("standard")',
  sample: '"standard" as const',
}
const maxSources: InputField = {
  name: 'maxSources',
  schema: 'z.int().min(1).max(20).default(5)',
  sample: '3',
}

/** What callers have to say: the agent's own fields, and every prompt variable that the agent cannot fill itself. */
export function inputFields({ events, withLlm, prompt }: AgentParts, use: ToolUse): readonly InputField[] {
  const fields = new Map<string, InputField>()
  const asked = prompt?.variables ?? []
  const own = [
    ...(use.direct.length > 0 ? directFields(use.direct) : [topic]),
    ...((use.search !== undefined && withLlm) || asked.some(({ name }) => name === 'depth') ? [depth] : []),
    ...(use.search === undefined ? [] : [maxSources]),
  ]
  if (events.length === 0) for (const field of own) fields.set(field.name, field)
  for (const variable of asked) {
    const filled = variable.name === 'sources' && use.search !== undefined
    if (!filled && !fields.has(variable.name)) fields.set(variable.name, fieldOf(variable))
  }
  return [...fields.values()]
}

function fieldOf({ name, nested }: PromptVariable): InputField {
  const known = [topic, depth].find((field) => field.name === name)
  if (known !== undefined) return known
  return nested
    ? { name, schema: 'z.record(z.string(), z.unknown())', sample: '{}' }
    : { name, schema: 'z.string().min(1)', sample: quoted(`the ${name}`) }
}

/** An agent with tools and no model calls the tool that it is asked for. */
function directFields(servers: readonly ProjectToolServer[]): readonly InputField[] {
  const tools = [...new Set(servers.flatMap((server) => server.tools))]
  const names = servers.map((server) => server.name)
  const server = { name: 'server', schema: oneOf(names), sample: `${quoted(names[0] ?? '')} as const` }
  return [
    ...(names.length > 1 ? [server] : []),
    tools.length > 0
      ? { name: 'tool', schema: oneOf(tools), sample: `${quoted(tools[0] ?? '')} as const` }
      : { name: 'tool', schema: 'z.string().min(1)', sample: '"ping"' },
    {
      name: 'arguments',
      schema: 'z.record(z.string(), z.unknown()).default({})',
      sample: '{ text: "hello" }',
    },
  ]
}

function oneOf(names: readonly string[]): string {
  return `z.enum([${names.map(quoted).join(', ')}])`
}
