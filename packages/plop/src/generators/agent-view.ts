import { bracketed, call, imports, propertyKey, quoted, signature } from '../layout.ts'
import type { ResourceName } from '../name.ts'
import type { PromptVariable } from '../prompt-variables.ts'
import type { ProjectToolServer } from '../resources.ts'
import { inputFields, type InputField } from './agent-input.ts'

/** What an agent is made of, looked up in the project. */
export interface AgentParts {
  readonly name: ResourceName
  readonly withLlm: boolean
  readonly toolServers: readonly ProjectToolServer[]
  readonly prompt:
    | { readonly name: string; readonly request: string; readonly variables: readonly PromptVariable[] }
    | undefined
  /** Empty for an agent that answers once. */
  readonly events: readonly { readonly name: string; readonly constant: string }[]
}

/** How an agent uses its tool servers. */
export interface ToolUse {
  /** The server whose `web_search` the agent calls before it answers. */
  readonly search: string | undefined
  /** Servers whose tools the model may call by itself. */
  readonly loop: readonly string[]
  /** Servers whose tools the caller names, for an agent without a model. */
  readonly direct: readonly ProjectToolServer[]
}

/** Everything that the agent's templates print: what depends on the request is decided here, where it can be tested. */
export function agentView(parts: AgentParts) {
  const { name, withLlm, prompt, events } = parts
  const use = toolUse(parts)
  const fields = inputFields(parts, use)
  const lasting = events.length > 0
  return {
    name,
    withLlm,
    prompt,
    promptHasSources: prompt?.variables.some((variable) => variable.name === 'sources') ?? false,
    events: events.filter((event) => event.name !== 'end'),
    searchServer: use.search,
    directServers: use.direct.map((server) => server.name),
    directCall: directCall(use),
    loopServers: use.loop,
    // Alone with the conversation the mock answers with the question; tools and prompts put other text before it.
    expectedReply: (event: string) =>
      use.loop.length === 0 && prompt === undefined
        ? `expect.stringContaining(${quoted(`hello ${event}`)})`
        : 'expect.stringMatching(/\\w/)',
    loopArgument: use.loop.length > 0 ? `, toolServers: [${use.loop.map(quoted).join(', ')}]` : '',
    fields,
    stepNames: stepNames(parts, use),
    logFields: logFields(fields),
    render: prompt && renderCall(prompt, fields),
    importLine: agentImports(parts, use),
    head: signature(name.exported, [`input: ${name.pascal}Input`], `Promise<${name.pascal}Output>`),
    summary: summaryOf(parts, use),
    fakeServers: fakeServers(parts, use),
    engineOptions: parts.toolServers.length > 0 ? 'agents, tools' : 'agents',
    inputConstant: inputConstant(fields, lasting),
    requiredField: fields.find((field) => !field.schema.includes('.default('))?.name ?? '',
    runCommand: runCommand(parts, fields),
  }
}

function toolUse({ withLlm, toolServers, events }: AgentParts): ToolUse {
  const search =
    events.length > 0 ? undefined : toolServers.find((server) => server.tools.includes('web_search'))
  const others = toolServers.filter((server) => server !== search)
  return {
    search: search?.name,
    loop: withLlm ? others.map((server) => server.name) : [],
    direct: withLlm || search !== undefined || events.length > 0 ? [] : others,
  }
}

function agentImports({ events, withLlm, prompt }: AgentParts, use: ToolUse): string {
  const lasting = [
    'agentContinueAsNew',
    'allEventsFinished',
    'condition',
    'defineEvent',
    'defineState',
    'onEvent',
    'onState',
    'shouldContinueAsNew',
  ]
  const names = [
    'log',
    ...(events.length > 0 ? lasting : []),
    ...(withLlm ? ['llm'] : []),
    ...(prompt === undefined ? [] : ['prompts']),
    ...(use.search !== undefined || use.direct.length > 0 ? ['tools'] : []),
  ]
  return imports(names, '@rgen/runtime/agent')
}

function renderCall(prompt: NonNullable<AgentParts['prompt']>, fields: readonly InputField[]): string {
  const known = new Set(fields.map((field) => field.name))
  const properties = prompt.variables.map(({ name }) => (known.has(name) ? `${name}: input.${name}` : name))
  const head = 'const prompt = await prompts.render'
  return call(head, [quoted(prompt.name), quoted(prompt.request), { properties }], '  ')
}

function directCall({ direct }: ToolUse): string {
  const server = direct.length > 1 ? 'input.server' : quoted(direct[0]?.name ?? '')
  return call(`const result = await tools(${server}).call`, ['input.tool', 'input.arguments'], '  ')
}

/** The first fields of the input, which tell runs apart. Texts of a conversation are not for the log. */
function logFields(fields: readonly InputField[]): readonly string[] {
  return fields
    .filter((field) => ['topic', 'depth', 'server', 'tool'].includes(field.name))
    .map(({ name }) => `${name}: input.${name}`)
}

function summaryOf({ withLlm, events, prompt }: AgentParts, use: ToolUse): string {
  if (events.length > 0) {
    const names = events.filter((event) => event.name !== 'end').map((event) => event.name)
    return (
      `Answers ${listed(names)} until it is told to end. Its variables are its memory: they survive the death ` +
      'of the process, and when the history grows long the run continues as a new one that begins with them.' +
      (withLlm ? ' Each answer comes from the model, which reads what was said before.' : '')
    )
  }
  const does = [
    ...(use.search === undefined ? [] : ['searches for sources']),
    ...(use.direct.length > 0 ? ['calls the tool that it is asked for'] : []),
    ...(prompt === undefined ? [] : [`renders the prompt ${prompt.name}`]),
    ...(withLlm ? ['asks the model'] : []),
  ]
  const list = listed(does)
  const text = `${list.charAt(0).toUpperCase()}${list.slice(1)}.`
  return `${text} Each of these is a durable step: recorded when it is done, and not done again after a crash.`
}

/** `a, b and c` */
function listed(parts: readonly string[]): string {
  const last = parts.at(-1) ?? ''
  return parts.length > 1 ? `${parts.slice(0, -1).join(', ')} and ${last}` : last
}

function fakeServers(
  { toolServers }: AgentParts,
  use: ToolUse,
): readonly { name: string; tools: readonly string[] }[] {
  return toolServers.map((server) => {
    if (server.name === use.search) return { name: server.name, tools: ['web_search'] }
    const unknown = server.tools.length === 0 && use.direct.includes(server)
    return { name: server.name, tools: unknown ? ['ping'] : server.tools }
  })
}

/** The built-in steps of an agent that searches, in order; a model with tools may ask for more. */
function stepNames({ prompt }: AgentParts, use: ToolUse): readonly string[] {
  return [
    'rgen.tools.call',
    ...(prompt === undefined ? [] : ['rgen.prompts.render']),
    ...use.loop.map(() => 'rgen.tools.list').slice(0, 1),
    'rgen.llm.chat',
  ]
}

function inputConstant(fields: readonly InputField[], lasting: boolean): string {
  const properties = fields.map(({ name, sample }) => `${propertyKey(name)}: ${sample}`)
  return bracketed('const input = {', lasting ? [...properties, 'turns: []'] : properties, '};', '')
}

function runCommand({ name, events }: AgentParts, fields: readonly InputField[]): string {
  const required = fields.filter((field) => !field.schema.includes('.default('))
  const input = `{${required.map((field) => `"${field.name}": ${field.sample.replace(/ as const$/, '')}`).join(', ')}}`
  if (events.length === 0) return `rgen run ${name.pascal} '${input}'`
  return `rgen run ${name.pascal} '${input}' --no-wait, then rgen event <id> ${events[0]?.name ?? ''} '{"text": "hello"}'`
}
