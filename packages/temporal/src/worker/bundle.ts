// Bundling: the project's agents and workflows, and the host that carries them, as one script for Temporal's sandbox.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire, isBuiltin } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, extname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { RunFunction, RunKind } from '@rgen/engine/host'
import {
  bundleWorkflowCode,
  DefaultLogger,
  type BundleOptions,
  type WorkflowBundle,
} from '@temporalio/worker'
import { TemporalError } from '../errors.ts'
import { playgroundType, registrationType } from '../names.ts'
import type { RunSettings } from '../workflow/run.ts'

/** What goes into a bundle. */
export interface BundleRequest {
  readonly agents: ReadonlyMap<string, RunFunction>
  readonly workflows: ReadonlyMap<string, RunFunction>
  /** Modules that export them, absolute. */
  readonly modules: readonly string[]
  readonly settings: RunSettings
  /** Names of the functions that the service has beside them. */
  readonly functions: readonly string[]
  /** Modules that the sandbox may leave out, although agents import them: they are never called there. */
  readonly ignoreModules?: readonly string[]
  readonly payloadConverterPath?: string
}

interface EntryLine {
  readonly kind: RunKind
  readonly name: string
  /** Undefined: a test's own, which its process calls. */
  readonly module: string | undefined
}

interface NotedImport {
  readonly module: string
  readonly file: string
}

/** Extension of this very file: sources are bundled from sources, the published package from its build. */
const ownExtension = extname(fileURLToPath(import.meta.url))

/**
 * Bundles agents and workflows.
 *
 * @throws {TemporalError} TEMPORAL_NOT_EXPORTED when one of them is not exported by any module; TEMPORAL_BUNDLE when
 *   a file cannot be bundled, or reaches a Node builtin (the message names the files that import it).
 */
export async function bundleRuns(request: BundleRequest): Promise<WorkflowBundle> {
  const entry = printEntry(await entryLines(request), request.settings)
  const folder = await mkdtemp(join(tmpdir(), 'rgen-bundle-'))
  try {
    const workflowsPath = join(folder, 'entry.js')
    const interceptorsPath = join(folder, 'interceptors.js')
    await writeFile(workflowsPath, entry)
    await writeFile(interceptorsPath, printInterceptors(request.functions))
    return await bundle(workflowsPath, interceptorsPath, request)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function entryLines({
  agents,
  workflows,
  modules,
  settings,
}: BundleRequest): Promise<readonly EntryLine[]> {
  const loaded = await Promise.all(
    modules.map(async (module) => ({
      module,
      exports: (await import(pathToFileURL(module).href)) as Readonly<Record<string, unknown>>,
    })),
  )
  const line = (kind: RunKind, [name, run]: readonly [string, RunFunction]): EntryLine => {
    if (settings.testing)
      return { kind, name, module: loaded.find(({ exports }) => exports[name] === run)?.module }
    const found = loaded.find(({ exports }) => name in exports)
    if (found !== undefined) return { kind, name, module: found.module }
    const where = modules.length === 0 ? 'there are no modules to look in' : `looked in ${modules.join(', ')}`
    throw new TemporalError('TEMPORAL_NOT_EXPORTED', `No module exports the ${kind} ${name}: ${where}`, {
      hint: 'Temporal runs agents and workflows from a bundle of their files: export them from src/agents/index.ts or src/workflows/index.ts, or pass agentsPath and workflowsPath to startService.',
    })
  }
  return [
    ...[...agents].map((entry) => line('agent', entry)),
    ...[...workflows].filter(([name]) => !agents.has(name)).map((entry) => line('workflow', entry)),
  ]
}

/** A module of ours that runs inside the sandbox. */
function sandboxModule(name: string): string {
  return join(dirname(fileURLToPath(import.meta.url)), '..', 'workflow', `${name}${ownExtension}`)
}

/** The entry of a bundle: one workflow for each agent and workflow. */
export function printEntry(lines: readonly EntryLine[], settings: RunSettings): string {
  return [
    `import { playground, registration, runEntry, standIn } from ${JSON.stringify(sandboxModule('entry'))}`,
    ...lines.map(({ name, module }, n) =>
      module === undefined
        ? `const run${n} = standIn(${JSON.stringify(name)})`
        : `import { ${name} as run${n} } from ${JSON.stringify(module)}`,
    ),
    `const settings = ${JSON.stringify(settings)}`,
    `export { registration as ${registrationType} }`,
    ...(settings.engineId === undefined
      ? []
      : [`export const ${playgroundType} = playground(settings.engineId)`]),
    ...lines.map(({ kind }, n) => `const entry${n} = runEntry(${JSON.stringify(kind)}, run${n}, settings)`),
    `export { ${lines.map(({ name }, n) => `entry${n} as ${name}`).join(', ')} }`,
    '',
  ].join('\n')
}

function printInterceptors(functions: readonly string[]): string {
  return [
    `import { livenessInterceptors } from ${JSON.stringify(sandboxModule('liveness'))}`,
    `export const interceptors = livenessInterceptors(${JSON.stringify(functions)})`,
    '',
  ].join('\n')
}

async function bundle(
  workflowsPath: string,
  interceptorsPath: string,
  { ignoreModules = [], payloadConverterPath }: BundleRequest,
): Promise<WorkflowBundle> {
  const imports: NotedImport[] = []
  const complaints: string[] = []
  try {
    return await bundleWorkflowCode({
      workflowsPath,
      workflowInterceptorModules: [interceptorsPath],
      ignoreModules: [...ignoreModules],
      // Our own modules hold no state, so that runs share them instead of evaluating them once each.
      preloadModules: [sandboxModule('entry')],
      ...(payloadConverterPath === undefined ? {} : { payloadConverterPath }),
      logger: new DefaultLogger('ERROR', ({ message }) => complaints.push(message)),
      webpackConfigHook: (config) => withOneSdk(noteIssuers(config, imports)),
    })
  } catch (cause) {
    throw bundleError(cause, imports, complaints)
  }
}

type WebpackConfig = Parameters<NonNullable<BundleOptions['webpackConfigHook']>>[0]

/** Of webpack's report the errors, each with its first lines. */
function errorsOf(report: string): string {
  const errors = [...report.matchAll(/^ERROR in .*\n(?:.+\n?){0,3}/gm)].map(([error]) => error.trimEnd())
  return errors.length === 0 ? report : errors.join('\n')
}

/** Temporal says which builtins were reached, not from where: this notes who imports what. */
function noteIssuers(config: WebpackConfig, imports: NotedImport[]): WebpackConfig {
  const { externals } = config
  const note = async ({ request, contextInfo }: { request?: string; contextInfo?: { issuer: string } }) => {
    if (request !== undefined && contextInfo !== undefined) {
      imports.push({ module: request.replace(/^node:/, ''), file: contextInfo.issuer })
    }
    return undefined
  }
  return {
    ...config,
    externals: [note, ...(Array.isArray(externals) ? externals : externals === undefined ? [] : [externals])],
  }
}

/** The entry stands in a folder of its own, from where the SDK is not found; and one copy of it is the right number. */
function withOneSdk(config: WebpackConfig): WebpackConfig {
  const workflow = dirname(createRequire(import.meta.url).resolve('@temporalio/workflow/package.json'))
  const alias = {
    ...(config.resolve?.alias as Record<string, string | false> | undefined),
    '@temporalio/workflow': workflow,
  }
  return { ...config, resolve: { ...config.resolve, alias } }
}

/** Builtins that the sandbox offers in a form that can be replayed. */
const harmless: ReadonlySet<string> = new Set(['assert', 'url', 'util'])

function bundleError(
  cause: unknown,
  imports: readonly NotedImport[],
  complaints: readonly string[],
): TemporalError {
  const forbidden = imports.filter(({ module }) => isBuiltin(module) && !harmless.has(module))
  if (forbidden.length === 0) {
    const text = cause instanceof Error ? cause.message : String(cause)
    const details =
      complaints.length === 0 ? text : complaints.map((complaint) => errorsOf(complaint)).join('\n')
    return new TemporalError('TEMPORAL_BUNDLE', `Agents and workflows cannot be bundled:\n${details}`, {
      cause,
    })
  }
  const lines = forbidden.map(({ file, module }) => `  ${relative(process.cwd(), file)} imports ${module}`)
  return new TemporalError(
    'TEMPORAL_BUNDLE',
    `Agents and workflows reach modules that cannot be replayed:\n${[...new Set(lines)].join('\n')}`,
    {
      hint: 'Do I/O in a function and call it with step(); import functions for their types only (import type).',
      cause,
    },
  )
}
