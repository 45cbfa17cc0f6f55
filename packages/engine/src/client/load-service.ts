import { existsSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { extname, isAbsolute, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { RunFunction, StepFunction } from '../api/run-function.ts'
import { EngineError } from '../errors.ts'
import type { ServiceDefinition, ServiceInput } from './types.ts'

const require = createRequire(import.meta.url)
const extensions = ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts']

/**
 * Everything of a service, its modules loaded.
 *
 * @throws {EngineError} ENGINE_REGISTRATION when a path leads nowhere.
 */
export async function loadService(input: ServiceInput): Promise<ServiceDefinition> {
  const [agents, workflows] = await Promise.all([
    loadExports('agentsPath', input.agentsPath),
    loadExports('workflowsPath', input.workflowsPath),
  ])
  const threadFunctionsPath = input.threadFunctionsPath
  return {
    taskQueue: input.taskQueue ?? 'restack',
    agents: functionsOf<RunFunction>({ ...agents, ...input.agents }),
    workflows: functionsOf<RunFunction>({ ...workflows, ...input.workflows }),
    functions: functionsOf<StepFunction>({ ...input.functions }),
    modules: [
      ...(input.agentsPath === undefined ? [] : [resolveModule('agentsPath', input.agentsPath)]),
      ...(input.workflowsPath === undefined ? [] : [resolveModule('workflowsPath', input.workflowsPath)]),
    ],
    ...(threadFunctionsPath === undefined
      ? {}
      : { threadFunctionsPath: resolveModule('threadFunctionsPath', threadFunctionsPath) }),
    options: input.options ?? {},
  }
}

function functionsOf<F>(exports: Readonly<Record<string, unknown>>): ReadonlyMap<string, F> {
  return new Map(
    Object.entries(exports).filter((entry): entry is [string, F & NonNullable<unknown>] => {
      const [name, value] = entry
      return name !== 'default' && typeof value === 'function'
    }),
  )
}

async function loadExports(
  option: string,
  path: string | URL | undefined,
): Promise<Readonly<Record<string, unknown>>> {
  if (path === undefined) return {}
  const loaded = await loadModule(resolveModule(option, path))
  // A CommonJS module arrives as `default` with only some names recognised beside it.
  const commonJs = loaded['default']
  return typeof commonJs === 'object' && commonJs !== null ? { ...commonJs, ...loaded } : loaded
}

async function loadModule(file: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>
  } catch (error) {
    // ts-node compiles what is required, not what is imported.
    const refused = (error as NodeJS.ErrnoException).code?.startsWith('ERR_') === true
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- it is where such compilers hook in to this day
    const compiler = require.extensions[extname(file)]
    if (!refused || !/\.[cm]?ts$/.test(file) || compiler === undefined) throw error
    return require(file) as Record<string, unknown>
  }
}

/** The file behind a path as from `require.resolve("./agents")`, a folder with an index, or a file URL. */
export function resolveModule(option: string, path: string | URL): string {
  const text = path instanceof URL || path.startsWith('file:') ? fileURLToPath(path) : path
  const base = isAbsolute(text) ? text : resolve(text)
  const candidates = [
    base,
    ...extensions.map((extension) => base + extension),
    ...extensions.map((extension) => join(base, `index${extension}`)),
  ]
  const found = candidates.find((candidate) => existsSync(candidate) && statSync(candidate).isFile())
  if (found !== undefined) return found
  throw new EngineError('ENGINE_REGISTRATION', `${option}: there is no module at ${base}`, {
    hint: 'Pass a path as from require.resolve("./agents"), or a file URL.',
  })
}
