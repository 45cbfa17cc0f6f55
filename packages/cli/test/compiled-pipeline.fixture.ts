import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { camelCase, check, emitTypeScript, exportName, fileName, print, stepsOf } from '@rgen/grammar'
import type { AnyNode, PipelineNode, Plan, Resource } from '@rgen/grammar'
import { createTestEngine, fakeSteps } from '@rgen/runtime/testing'
import type { TraceOrder } from '@rgen/runtime/testing'

// A compiled pipeline that runs on the embedded engine, and beside it a small interpreter of the tree: what the
// operators mean, without any compiling.

/** How many rounds loops have, compiled and interpreted. */
export const ROUNDS = 2

export type Answers = Readonly<Record<string, unknown>>
/** What a step answers, by the step as it is written. */
export type AnswerOf = (step: string) => unknown

export interface State {
  readonly result: Answers
  readonly token: Answers
  /** The steps that ran, as they are written. */
  readonly order: TraceOrder
}

/** The meaning of a tree when a step always gives the same answer. */
export function interpret(node: AnyNode, before: State, answerOf: AnswerOf): State {
  switch (node.type) {
    case 'Step': {
      const name = print(node)
      const result = resultOf(name, answerOf(name))
      return { result, token: { ...before.token, ...result }, order: [...before.order, name] }
    }
    case 'Sequence':
      return node.items.reduce((state, item) => interpret(item, state, answerOf), before)
    case 'Conditional': {
      const [first] = stepsOf(node.then)
      const flags = [first!.name, camelCase(first!.name), 'proceed']
      if (flags.some((flag) => before.result[flag] === true)) return interpret(node.then, before, answerOf)
      return node.else === undefined ? before : interpret(node.else, before, answerOf)
    }
    case 'Loop': {
      let state = before
      for (let round = 1; round <= ROUNDS; round += 1) {
        state = node.body.reduce((last, part) => interpret(part, last, answerOf), state)
        if (state.result['done'] === true || state.result['approved'] === true) break
      }
      return state
    }
    case 'Parallel': {
      const branches = node.branches.map((branch) => interpret(branch, { ...before, order: [] }, answerOf))
      const all = (pick: (state: State) => Answers): Answers =>
        Object.assign({}, ...branches.map(pick)) as Answers
      return {
        result: all(({ result }) => result),
        token: all(({ token }) => token),
        order: [...before.order, branches.map(({ order }) => order)],
      }
    }
  }
}

function resultOf(name: string, answer: unknown): Answers {
  if (answer === null || answer === undefined) return {}
  return typeof answer === 'object' && !Array.isArray(answer) ? (answer as Answers) : { [name]: answer }
}

/** A place for compiled pipelines inside the package, where their imports are found. */
export function pipelineFolder(): { readonly folder: string; readonly remove: () => void } {
  const scratch = join(fileURLToPath(new URL('..', import.meta.url)), '.cache')
  mkdirSync(scratch, { recursive: true })
  const folder = mkdtempSync(join(scratch, 'pipelines-'))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** Compiles a pipeline into a folder of its own, runs it, and answers its token and the steps that ran, as written. */
export async function runCompiled(
  tree: PipelineNode,
  resources: readonly Resource[],
  { folder, token, answerOf }: { folder: string; token: Answers; answerOf: AnswerOf },
): Promise<{ readonly token: unknown; readonly trace: readonly string[] }> {
  const checked = check(tree, { resources })
  if (!checked.ok) throw new Error(checked.diagnostics.map((each) => each.message).join('\n'))
  const workflow = await compile(checked.plan, resources, mkdtempSync(join(folder, 'p-')))
  const written = writtenNames(checked.plan)
  const nameOf = (registered: string): string => written.get(registered) ?? registered
  const { trace, ...fakes } = fakeSteps(
    {
      agents: registered(resources, 'agent'),
      workflows: registered(resources, 'workflow'),
      functions: registered(resources, 'function'),
    },
    (name) => answerOf(nameOf(name)),
  )
  const engine = await createTestEngine({
    ...fakes,
    workflows: { ...fakes.workflows, randomWorkflow: workflow },
    functions: { ...fakes.functions, 'rgen.settings.loopLimit': async () => ROUNDS },
  })
  try {
    return { token: await engine.execute(workflow, token), trace: trace.map(nameOf) }
  } finally {
    await engine.close()
  }
}

/** Writes a pipeline with stubs for its children as a project has them, and loads it. */
async function compile(plan: Plan, resources: readonly Resource[], root: string) {
  const retry = {
    initialInterval: '5 seconds',
    backoffCoefficient: 2,
    maximumInterval: '2 minutes',
    maximumAttempts: 6,
  }
  const defaults = { startToCloseTimeout: '2 minutes', retry }
  for (const { path, content } of emitTypeScript(plan, { name: 'Random', defaults, omitTests: true }))
    write(join(root, path), content)
  for (const { name, kind } of resources) {
    const stub = `export async function ${exportName(name, kind)}() { throw new Error("a fake stands in") }\n`
    write(join(root, 'src', `${kind}s`, `${fileName(name, kind)}.ts`), stub)
  }
  const module = (await import(pathToFileURL(join(root, 'src/workflows/random.ts')).href)) as {
    randomWorkflow: (input: object) => Promise<Answers>
  }
  return module.randomWorkflow
}

function write(file: string, content: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
}

/** The names under which a kind's steps are registered. */
function registered(resources: readonly Resource[], kind: Resource['kind']): string[] {
  return resources.filter((each) => each.kind === kind).map(({ name }) => exportName(name, kind))
}

/** By the name under which a step is registered: the step as it is first written. */
function writtenNames({ steps }: Plan): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  for (const { node, resource } of steps) {
    const name = exportName(resource.name, resource.kind)
    if (!names.has(name)) names.set(name, print(node))
  }
  return names
}
