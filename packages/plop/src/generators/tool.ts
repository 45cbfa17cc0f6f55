import { kebabCase, pascalCase, snakeCase } from '@rgen/grammar'
import type { GeneratorContext } from '../context.ts'
import { GenerateError } from '../errors.ts'
import { commandLine, parseRequest } from '../flags.ts'
import { parseName } from '../name.ts'
import { settle, type Draft } from '../plan/draft.ts'
import { headerOf } from '../plan/header.ts'
import { toProjectPath } from '../plan/path.ts'
import type { FilePlan } from '../plan/plan.ts'
import type { ProjectSnapshot } from '../plan/snapshot.ts'
import { parseToolInput } from '../tool-input.ts'
import { findToolServers } from './find-resources.ts'
import { defineGenerator } from './generator.ts'
import { toolRequest, type ToolRequest } from './requests.ts'
import { wholeFile } from './resource-drafts.ts'

const positional = ['server', 'name']

/** Plans a tool in a file of its own, the two lines that register it on its server, and its test. */
export function planTool(
  request: ToolRequest,
  project: ProjectSnapshot,
  context: GeneratorContext,
): FilePlan {
  const { omitTests, ...answers } = parseRequest(toolRequest, request)
  const [server] = findToolServers([answers.server], project)
  const module = server?.module
  if (server === undefined || module === undefined)
    throw new GenerateError(
      'GEN_REQUEST',
      `The tool server ${answers.server} is not a file of this project.`,
      {
        hint: 'Tools can be added to servers that config/tools.yaml names by "module".',
      },
    )
  const name = parseName(answers.name, 'tool')
  const toolName = snakeCase(name.camel)
  const args = parseToolInput(answers.input)
  const command = commandLine('rgen g tool', toolRequest, positional, {
    server: pascalCase(server.name),
    name: toolName,
    input: answers.input,
    omitTests,
  })
  const required = args.filter((argument) => !argument.optional)
  const view = {
    name,
    toolName,
    args,
    create: creatorOf(project, module),
    serverKebab: fileOf(module),
    description: `${name.words.charAt(0).toUpperCase()}${name.words.slice(1)}.`,
    samples: required.map((argument) => `${argument.name}: ${argument.sample}`),
    wrong: required.length > 0 ? '{}' : undefined,
    header: headerOf(command, context.version, 'slashes'),
  }
  const path = `src/tools/${fileOf(module)}/${name.kebab}.ts`
  const drafts = [
    wholeFile(path, context.render('tool/tool.ts', view)),
    registration(project, module, `register${name.pascal}`, name.kebab),
    ...(omitTests
      ? []
      : [
          wholeFile(
            `tests/${fileOf(module)}.${name.kebab}.tool.test.ts`,
            context.render('tool/tool.test.ts', view),
          ),
        ]),
  ]
  return {
    command,
    changes: settle(drafts, project),
    next: [`Give ${path} its work, then: rgen test:tools --server ${server.name}`],
  }
}

/** The server's file with one import and one call more; every other line stays as it is. */
function registration(project: ProjectSnapshot, module: string, register: string, kebab: string): Draft {
  const path = toProjectPath(module)
  const text = project.files.get(path) ?? ''
  const line = `import { ${register} } from "./${fileOf(module)}/${kebab}.ts";`
  if (text.includes(line)) return { path, content: text, ownership: 'merged' }
  const eol = text.includes('\r\n') ? '\r\n' : '\n'
  const lastImport = [...text.matchAll(/^(?:import\b|\} from\b)[^;\n]*;[ \t]*$/gm)].at(-1)
  const returns = [...text.matchAll(/^([ \t]+)return server;?[ \t]*$/gm)].at(-1)
  if (lastImport === undefined || returns === undefined || returns.index < lastImport.index)
    throw new GenerateError('GEN_FILE_SHAPE', `${module} has no "return server" to put the tool before.`, {
      hint: `Add these two lines yourself: ${line} and ${register}(server);`,
    })
  const afterImports = lastImport.index + lastImport[0].length
  const content = [
    text.slice(0, afterImports),
    `${eol}${line}`,
    text.slice(afterImports, returns.index),
    `${returns[1] ?? ''}${register}(server);${eol}`,
    text.slice(returns.index),
  ].join('')
  return { path, content, ownership: 'merged' }
}

/** The function of a server's file that makes the server. */
function creatorOf(project: ProjectSnapshot, module: string): string {
  const text = project.files.get(toProjectPath(module)) ?? ''
  const found = /export (?:async )?function (create\w+)\(/.exec(text)?.[1]
  return found ?? `create${pascalCase(fileOf(module))}Server`
}

function fileOf(module: string): string {
  return kebabCase(module.slice(module.lastIndexOf('/') + 1).replace(/(?:\.mcp)?\.ts$/, ''))
}

export const toolGenerator = defineGenerator({
  name: 'tool',
  summary: 'One more tool on a tool server',
  positional,
  request: toolRequest,
  examples: [
    {
      command: 'rgen g tool Research find_orders --input "query:string max:number?"',
      note: 'src/tools/research/find-orders.ts and its test',
    },
  ],
  plan: planTool,
})
