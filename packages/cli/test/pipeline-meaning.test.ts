import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it } from '@jest/globals'
import { check, emitTypeScript, exportName, fileName, parse, stepsOf } from '@rgen/grammar'
import type { AnyNode, PipelineNode, Resource } from '@rgen/grammar'
import { createTestEngine, deviation, fakeSteps } from '@rgen/runtime/testing'
import type { TraceOrder } from '@rgen/runtime/testing'
import fc from 'fast-check'

// What compiled code does, compared with a small interpreter of the tree: for random pipelines, both must run the
// same steps in the same order and end with the same token.

const scratch = join(fileURLToPath(new URL('..', import.meta.url)), '.cache')
mkdirSync(scratch, { recursive: true })
const folder = mkdtempSync(join(scratch, 'pipelines-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const ROUNDS = 2
const NAMES = ['A', 'B', 'C', 'D', 'E'] as const
const KINDS = ['agent', 'workflow', 'function'] as const
/** The flags that default rules look at. */
const FLAGS = ['done', 'a', 'b', 'c', 'd', 'e']

type Answers = Readonly<Record<string, unknown>>

const operators = (depth: number): fc.Arbitrary<string> => {
  const name = fc.constantFrom(...NAMES)
  if (depth === 0) return name
  const part = fc.oneof(
    name,
    operators(depth - 1).map((text) => `(${text})`),
  )
  const pair = fc.tuple(operators(depth - 1), operators(depth - 1)).map(([a, b]) => `(${a}, ${b})`)
  const link = fc.oneof(
    part.map((text) => ` → ${text}`),
    part.map((text) => ` ⇄ ${text}`),
    part.map((text) => ` ⊕ ${text}`),
    part.map((text) => ` →? ${text}`),
    pair.map((text) => ` →? ${text} → A`),
  )
  return fc
    .tuple(part, fc.array(link, { minLength: 1, maxLength: 3 }))
    .map(([first, rest]) => first + rest.join(''))
}

const pipelines = fc.record({
  text: operators(2),
  kinds: fc.tuple(...NAMES.map(() => fc.constantFrom(...KINDS))),
  answers: fc.tuple(
    ...NAMES.map((name) =>
      fc.oneof(
        fc
          .subarray(FLAGS)
          .map((flags): unknown =>
            Object.fromEntries([...flags.map((flag) => [flag, true]), [`by${name}`, 1]]),
          ),
        fc.constantFrom<unknown>('text', 7, null, ['list']),
      ),
    ),
  ),
})

interface State {
  readonly result: Answers
  readonly token: Answers
  readonly order: TraceOrder
}

/** The meaning of a tree when every step always gives the same answer. */
function interpret(node: AnyNode, before: State, answers: ReadonlyMap<string, unknown>): State {
  switch (node.type) {
    case 'Step': {
      const answer = answers.get(node.name)
      const result = resultOf(node.name, answer)
      return { result, token: { ...before.token, ...result }, order: [...before.order, node.name] }
    }
    case 'Sequence':
      return node.items.reduce((state, item) => interpret(item, state, answers), before)
    case 'Conditional': {
      const [first] = stepsOf(node.then)
      const flags = [first!.name, first!.name.toLowerCase(), 'proceed']
      if (flags.some((flag) => before.result[flag] === true)) return interpret(node.then, before, answers)
      return node.else === undefined ? before : interpret(node.else, before, answers)
    }
    case 'Loop': {
      let state = before
      for (let round = 1; round <= ROUNDS; round += 1) {
        state = node.body.reduce((last, part) => interpret(part, last, answers), state)
        if (state.result['done'] === true || state.result['approved'] === true) break
      }
      return state
    }
    case 'Parallel': {
      const branches = node.branches.map((branch) => interpret(branch, { ...before, order: [] }, answers))
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

let compiled = 0

/** Writes a pipeline with stubs for its children as a project has them, and loads it. */
async function compile(tree: PipelineNode, resources: readonly Resource[]) {
  const checked = check(tree, { resources })
  if (!checked.ok) throw new Error(checked.diagnostics.map((each) => each.message).join('\n'))
  const retry = {
    initialInterval: '5 seconds',
    backoffCoefficient: 2,
    maximumInterval: '2 minutes',
    maximumAttempts: 6,
  }
  const defaults = { startToCloseTimeout: '2 minutes', retry }
  const files = emitTypeScript(checked.plan, { name: 'Random', defaults, omitTests: true })
  const root = join(folder, String((compiled += 1)))
  for (const { path, content } of files) write(join(root, path), content)
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

/** The names under which a kind's steps are registered, with the step's own name. */
function registered(resources: readonly Resource[], kind: Resource['kind']): Map<string, string> {
  return new Map(
    resources.filter((each) => each.kind === kind).map(({ name }) => [exportName(name, kind), name]),
  )
}

describe('compiled pipelines', () => {
  it('run as the operators mean it', async () => {
    await fc.assert(
      fc.asyncProperty(pipelines, async ({ text, kinds, answers }) => {
        const tree = parse(text)
        const resources = NAMES.map((name, index): Resource => ({ name, kind: kinds[index]! }))
        const byName = new Map<string, unknown>(NAMES.map((name, index) => [name, answers[index]]))
        const expected = interpret(tree, { result: {}, token: { topic: 'tea' }, order: [] }, byName)

        const workflow = await compile(tree, resources)
        const names = new Map(KINDS.flatMap((kind) => [...registered(resources, kind)]))
        const { trace, ...fakes } = fakeSteps(
          {
            agents: [...registered(resources, 'agent').keys()],
            workflows: [...registered(resources, 'workflow').keys()],
            functions: [...registered(resources, 'function').keys()],
          },
          (name) => byName.get(names.get(name) ?? ''),
        )
        const engine = await createTestEngine({
          ...fakes,
          workflows: { ...fakes.workflows, randomWorkflow: workflow },
          functions: { ...fakes.functions, 'rgen.settings.loopLimit': async () => ROUNDS },
        })
        try {
          const token = await engine.execute(workflow, { topic: 'tea' })
          expect(
            deviation(
              trace.map((name) => names.get(name) ?? name),
              expected.order,
            ),
          ).toBeUndefined()
          expect(token).toEqual(expected.token)
        } finally {
          await engine.close()
        }
      }),
      { numRuns: Number(process.env['RGEN_PIPELINES'] ?? 40) },
    )
  }, 120_000)
})
