import { fileURLToPath } from 'node:url'
import { createDriverTestEngine, createTestEngine as createEngine } from '@rgen/engine/testing'
import type { TestEngine, TestEngineOptions } from '@rgen/engine/testing'
import { openTestDriver } from '../engine/open-engine.ts'
import { createRouter } from '../llm/router.ts'
import { loadPrompts } from '../prompts/load-prompts.ts'
import { callFunction } from '../service/call-function.ts'
import { builtinFunctions } from '../service/builtin-functions.ts'
import type { StepPrompts, StepRouter } from '../service/builtin-functions.ts'
import { loadSettings } from '../settings/load-settings.ts'
import { fakeTools } from './fake-tools.ts'
import type { FakeToolServers } from './fake-tools.ts'
import { scriptedLlm } from './scripted-llm.ts'
import type { LlmScript } from './scripted-llm.ts'

export interface ProjectTestOptions extends TestEngineOptions {
  /** The project's folder, for its prompts and settings: a path or a file URL. The working directory unless given. */
  readonly root?: string | URL
  /** Fakes for `tools(server).call(tool, args)`. */
  readonly tools?: FakeToolServers
  /** `mock` (the default) answers from the sources in the request, deterministically; or a script. */
  readonly llm?: 'mock' | LlmScript
  /** Bounds of loops by name, in place of those in the project's settings. */
  readonly loops?: Readonly<Record<string, number>>
}

/** Reads the project's prompts when the first one is rendered: most tests need none. */
function lazyPrompts(root: string): StepPrompts {
  let registry: ReturnType<typeof loadPrompts> | undefined
  return {
    render: (...args) => {
      registry ??= loadPrompts(root, { mode: 'production' })
      return registry.render(...args)
    },
  }
}

function routerOf(llm: ProjectTestOptions['llm']): StepRouter {
  if (llm === undefined || llm === 'mock')
    return createRouter({ llm: { providers: [{ name: 'mock', type: 'mock', model: 'mock' }] } })
  return scriptedLlm(llm)
}

/** Who names an engine in one of these wants the tests to run on it, too. */
const engineVariables = ['RESTACK_ENGINE_URL', 'RESTACK_ENGINE_ADDRESS', 'TEMPORAL_ADDRESS'] as const

function namesEngine(env: NodeJS.ProcessEnv): boolean {
  return engineVariables.some((name) => (env[name] ?? '') !== '')
}

/**
 * An engine for tests: in memory, with virtual time (a week's sleep passes at once), strict replay, and the project's
 * built-in steps on fakes. Nothing leaves the process, no key is read.
 *
 * With `TEMPORAL_ADDRESS`, `RESTACK_ENGINE_ADDRESS` or `RESTACK_ENGINE_URL` in the environment the same test runs on that
 * server (with @rgen/temporal): under an engine id of its own, in real time, and still with fakes for models and tools.
 *
 * @example
 * await using engine = await createTestEngine({
 *   agents: { researchAgent },
 *   tools: { research: { web_search: async () => ({ results: [] }) } },
 * })
 * const result = await engine.execute(researchAgent, { topic: 'AI safety' })
 */
export async function createTestEngine(options: ProjectTestOptions): Promise<TestEngine> {
  const {
    root: where = process.cwd(),
    tools = {},
    llm,
    loops = {},
    functions,
    workflows,
    ...engineOptions
  } = options
  const root = where instanceof URL ? fileURLToPath(where) : where
  const settings = loadSettings({ root, env: {} })
  const named = Object.fromEntries(Object.entries(loops).map(([name, max]) => [name, { max }]))
  const builtins = builtinFunctions({
    router: routerOf(llm),
    tools: fakeTools(tools),
    prompts: lazyPrompts(root),
    settings: {
      ...settings,
      pipeline: { ...settings.pipeline, loops: { ...settings.pipeline.loops, ...named } },
    },
  })
  const all = {
    ...engineOptions,
    workflows: { callFunction, ...workflows },
    functions: { ...builtins, ...functions },
  }
  if (!namesEngine(process.env)) return createEngine(all)
  const engine = loadSettings({ root, env: process.env })
  const workflowsPath = new URL('../service/call-function', import.meta.url)
  return createDriverTestEngine(await openTestDriver(root, engine), { ...all, workflowsPath })
}
