import { readYaml } from './edit/yaml-file.ts'
import { entriesOf } from './edit/index-file.ts'
import { toProjectPath } from './plan/path.ts'
import type { ProjectSnapshot } from './plan/snapshot.ts'

export type ResourceKind = 'agent' | 'workflow' | 'function'

/** An agent, workflow or function that the project's indexes export. */
export interface ProjectResource {
  readonly kind: ResourceKind
  /** The run's type: `researchAgent`. */
  readonly exportName: string
  /** The file, relative to the project. */
  readonly path: string
}

/** A tool server that config/tools.yaml names. */
export interface ProjectToolServer {
  readonly name: string
  /** The file of a server that lives in the project; undefined for one by command or URL. */
  readonly module: string | undefined
  /** The tools that the server's own file registers; empty when they are not known. */
  readonly tools: readonly string[]
}

/** A prompt that config/prompts.yaml names. */
export interface ProjectPrompt {
  readonly name: string
  readonly versions: readonly string[]
  readonly latest: string | undefined
  /** The file of a version. */
  readonly paths: ReadonlyMap<string, string>
}

const kinds: readonly ResourceKind[] = ['agent', 'workflow', 'function']

/** What the index files of the project export. */
export function resourcesOf(project: ProjectSnapshot): readonly ProjectResource[] {
  return kinds.flatMap((kind) => {
    const index = project.files.get(toProjectPath(`src/${kind}s/index.ts`)) ?? ''
    return entriesOf(index).map(({ exportName, from }) => ({
      kind,
      exportName,
      path: `src/${kind}s/${from.slice(2)}`,
    }))
  })
}

/** The tool servers of config/tools.yaml, under `servers` or `fastmcp.servers`. */
export function toolServersOf(project: ProjectSnapshot): readonly ProjectToolServer[] {
  const path = toProjectPath('config/tools.yaml')
  const config = record(readYaml(project.files.get(path), path))
  const servers = config.servers ?? record(config.fastmcp).servers
  return (Array.isArray(servers) ? servers : []).map(record).flatMap((server) => {
    if (typeof server.name !== 'string') return []
    const module = typeof server.module === 'string' ? server.module : undefined
    return [{ name: server.name, module, tools: registeredTools(project, module) }]
  })
}

/** The prompts of config/prompts.yaml. */
export function promptsOf(project: ProjectSnapshot): readonly ProjectPrompt[] {
  const path = toProjectPath('config/prompts.yaml')
  const prompts = record(record(readYaml(project.files.get(path), path)).prompts)
  return Object.entries(prompts).map(([name, value]) => {
    const prompt = record(value)
    const paths = new Map(
      Object.entries(record(prompt.versions)).filter(
        (entry): entry is [string, string] => typeof entry[1] === 'string',
      ),
    )
    const latest = typeof prompt.latest === 'string' ? prompt.latest : undefined
    return { name, versions: [...paths.keys()], latest, paths }
  })
}

/** The tools in the server's own file and in the folder of the same name beside it. */
function registeredTools(project: ProjectSnapshot, module: string | undefined): readonly string[] {
  if (module === undefined) return []
  const file = module.replace(/^\.\//, '')
  const folder = `${file.replace(/\.mcp\.ts$/, '')}/`
  return [...project.files]
    .filter(([path]) => path === file || path.startsWith(folder))
    .flatMap(([, text]) => [...text.matchAll(/registerTool\(\s*["']([\w.-]+)["']/g)])
    .flatMap((match) => match[1] ?? [])
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}
}
