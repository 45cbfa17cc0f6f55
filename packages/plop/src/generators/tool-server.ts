import { kebabCase, snakeCase } from '@rgen/grammar'
import type { GeneratorContext } from '../context.ts'
import { addVariables } from '../edit/env-example.ts'
import { putInYamlList } from '../edit/yaml-file.ts'
import { GenerateError } from '../errors.ts'
import { commandLine, parseRequest } from '../flags.ts'
import { canonicalName, parseName, type ResourceName } from '../name.ts'
import { sequence, settle, type Draft } from '../plan/draft.ts'
import { headerOf } from '../plan/header.ts'
import { toProjectPath } from '../plan/path.ts'
import type { FilePlan } from '../plan/plan.ts'
import type { ProjectSnapshot } from '../plan/snapshot.ts'
import { toolServersOf } from '../resources.ts'
import { defineGenerator } from './generator.ts'
import { toolServerRequest, type ToolServerRequest } from './requests.ts'
import { wholeFile } from './resource-drafts.ts'
import { planTool } from './tool.ts'

const positional = ['name']

/** Tools that come with their work, and what each needs of the tool-server library. */
const readyMade = new Map([
  ['web_search', 'createWebSearch'],
  ['extract_urls', 'extractUrls'],
  ['calculate', 'calculate'],
])

const defaultPort = 8001

/** Plans a tool server: its file, its entry in config/tools.yaml, the variables it reads, its test, its own tools. */
export function planToolServer(
  request: ToolServerRequest,
  project: ProjectSnapshot,
  context: GeneratorContext,
): FilePlan {
  const answers = parseRequest(toolServerRequest, request)
  const name = parseName(answers.name, 'tool server')
  const named = answers.tools.map((tool) => snakeCase(parseName(tool, 'tool').camel))
  // Naming all that come ready-made is the same as naming none.
  const asked = named.join() === [...readyMade.keys()].join() ? [] : named
  const tools = asked.length > 0 ? [...new Set(asked)] : [...readyMade.keys()]
  if (answers.port !== undefined && answers.transport === 'stdio')
    throw new GenerateError('GEN_REQUEST', '--port: a stdio server listens on no port.', {
      hint: 'Give --transport http too, or leave the port out.',
    })
  const port = answers.port ?? freePort(project, name.kebab)
  const command = commandLine('rgen g tool-server', toolServerRequest, positional, {
    ...answers,
    name: canonicalName(answers.name, 'tool server'),
    tools: asked,
  })
  const own = tools.filter((tool) => !readyMade.has(tool))
  const planServer = (current: ProjectSnapshot): FilePlan => {
    const drafts = serverDrafts({ answers, name, tools, port, command }, current, context)
    return { command, changes: settle(drafts, current), next: [] }
  }
  const planOwn = own.map(
    (tool) => (current: ProjectSnapshot) =>
      planTool(
        { server: name.kebab, name: tool, input: 'text:string', omitTests: answers.omitTests },
        current,
        context,
      ),
  )
  return sequence(
    project,
    command,
    [planServer, ...planOwn],
    [
      `Call it alone: rgen tools serve ${name.kebab}`,
      `Give it to an agent: rgen g agent <Name> --with-llm --tools ${name.kebab}`,
    ],
  )
}

interface ServerParts {
  readonly answers: ReturnType<typeof toolServerRequest.parse>
  readonly name: ResourceName
  readonly tools: readonly string[]
  readonly port: number
  readonly command: string
}

function serverDrafts(
  parts: ServerParts,
  project: ProjectSnapshot,
  context: GeneratorContext,
): readonly Draft[] {
  const { answers, name, command, port } = parts
  const tools = parts.tools.filter((tool) => readyMade.has(tool))
  const ready = tools.flatMap((tool) => readyMade.get(tool) ?? [])
  const hasSearch = tools.includes('web_search')
  const view = {
    kebab: name.kebab,
    serverName: name.kebab,
    create: `create${name.pascal}Server`,
    tools,
    offered: parts.tools,
    callsTools: tools.length > 0,
    hasSearch,
    helpers: ['isMain', 'serve', ...(ready.length > 0 ? ['structured'] : []), ...ready],
    registrations: tools.map((tool) => context.asset(`tool-server/${tool}.ejs`)),
    serveOptions: [
      `transport: "${answers.transport}"`,
      ...(answers.transport === 'stdio' ? [] : [`port: ${port}`]),
    ],
    header: headerOf(command, context.version, 'slashes'),
  }
  const file = `src/tools/${name.kebab}.mcp.ts`
  const server = wholeFile(file, context.render('tool-server/server.mcp.ts', view))
  const test = wholeFile(
    `tests/${name.kebab}.tools.test.ts`,
    context.render('tool-server/server.test.ts', view),
  )
  return [
    keepOwnTools(server, project),
    configDraft(parts, file, project, context),
    ...(hasSearch ? [variablesDraft(project)] : []),
    ...(answers.omitTests ? [] : [test]),
  ]
}

/** Tools that were added since (`rgen g tool`) are no reason for a conflict when the server is generated again. */
function keepOwnTools(server: Draft, project: ProjectSnapshot): Draft {
  const existing = project.files.get(server.path)
  const added = existing?.matchAll(
    /^(?:import \{ register\w+ \} from .*|[ \t]+register\w+\(server\);?)\r?\n/gm,
  )
  const without = [...(added ?? [])].reduce((text, match) => text.replace(match[0], ''), existing ?? '')
  return existing !== undefined && without === server.content ? { ...server, content: existing } : server
}

function configDraft(
  { answers, name, port, tools }: ServerParts,
  file: string,
  project: ProjectSnapshot,
  context: GeneratorContext,
): Draft {
  const path = toProjectPath('config/tools.yaml')
  const existing = project.files.get(path) ?? context.asset('project/config/tools.yaml')
  const known = toolServersOf(project).find((server) => server.name === name.kebab)
  // An entry that is there belongs to the user, who may have tuned it since.
  if (known?.module === file) return { path, content: existing, ownership: 'merged' }
  const entry = {
    name: name.kebab,
    module: file,
    transport: answers.transport,
    ...(answers.transport === 'stdio' ? {} : { port }),
    autostart: answers.autostart,
    ...(tools.includes('web_search') ? { env: { BRAVE_API_KEY: '${BRAVE_API_KEY:-}' } } : {}),
  }
  return { path, content: putInYamlList(existing, path, ['servers'], entry), ownership: 'merged' }
}

function variablesDraft(project: ProjectSnapshot): Draft {
  const path = toProjectPath('.env.example')
  const comment = 'web_search asks the Brave Search API. Without it, web_search searches documents/.'
  const content = addVariables(project.files.get(path) ?? '', [{ name: 'BRAVE_API_KEY', comment }])
  return { path, content, ownership: 'merged' }
}

/** The first port from 8001 on that no other server of the project names. */
function freePort(project: ProjectSnapshot, name: string): number {
  const config = project.files.get(toProjectPath('config/tools.yaml')) ?? ''
  const own = new RegExp(`name: ${kebabCase(name)}\\b[\\s\\S]*?port: (\\d+)`).exec(config)?.[1]
  if (own !== undefined && toolServersOf(project).some((server) => server.name === name)) return Number(own)
  const taken = new Set([...config.matchAll(/port:\s*(\d+)/g)].map((match) => Number(match[1])))
  let port = defaultPort
  while (taken.has(port)) port += 1
  return port
}

export const toolServerGenerator = defineGenerator({
  name: 'tool-server',
  summary: 'An MCP tool server in its own process',
  positional,
  request: toolServerRequest,
  examples: [
    { command: 'rgen g tool-server Research', note: 'web_search, extract_urls and calculate, ready to use' },
    {
      command: 'rgen g tool-server Orders --tools find_orders,cancel_order --transport http',
      note: 'your own tools',
    },
  ],
  plan: planToolServer,
})
