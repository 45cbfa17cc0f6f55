import { array, brief, importLine, indented, object, quoted } from './layout.ts'
import type { Lines } from './layout.ts'
import type { ConditionModel, PipelineModel } from './model.ts'
import { EXAMPLE } from './models-file.ts'
import type { EmitTypeScriptOptions } from './options.ts'
import { longestRun, orderOf } from './scenario.ts'
import type { Order, Scenario } from './scenario.ts'

/** Rounds that the generated test allows its loops. */
const ROUNDS = 2
/** Above this many steps a run is not written out as an expectation. */
const LONGEST_EXPECTATION = 20_000
/** A run of more steps, replayed as it goes, may take longer than the test runner allows by default. */
const LONGEST_QUICK_RUN = 100
/** Conditions that get a test of their own, beside those in which all or none of them hold. */
const SINGLE_CONDITIONS = 10

/** The test of a compiled pipeline: runs it on the embedded engine with fakes for its steps. */
export function testFile(model: PipelineModel, options: EmitTypeScriptOptions): string {
  const ordered = model.parallels.size === 0
  const lines = [
    `// Compiled by rgen together with src/workflows/${model.file}.ts: it holds for the default rules.`,
    'import { describe, expect, it } from "@jest/globals";',
    ...importLine(
      ['createTestEngine', ...(ordered ? [] : ['deviation']), 'fakeSteps'],
      '@rgen/runtime/testing',
    ),
    ...exampleImport(model, options),
    `import { ${model.workflow} } from "../src/workflows/${model.file}.ts";`,
    '',
    ...setup(model),
    '',
    `describe(${quoted(model.workflow)}, () => {`,
    ...scenarios(model).flatMap(([title, scenario], index) => [
      ...(index === 0 ? [] : ['']),
      ...indented(test(model, title, scenario, ordered)),
    ]),
    '});',
  ]
  return `${lines.join('\n')}\n`
}

function exampleImport({ file }: PipelineModel, { models }: EmitTypeScriptOptions): Lines {
  const module = {
    none: `workflows/${file}.rules`,
    external: `models/${file}`,
    split: `models/${file}-input`,
  }
  return [`import { ${EXAMPLE} } from "../src/${module[models ?? 'none']}.ts";`]
}

function setup(model: PipelineModel): Lines {
  const { workflow, loops } = model
  const bounds = [...new Set([...loops.values()].map(({ setting }) => setting))]
  const rounds = bounds.length === 0 ? [] : [`rounds = ${ROUNDS}`]
  return [
    '/** What stands for real steps here: fakes that all give the same answer. */',
    'const steps = {',
    ...(['agents', 'workflows', 'functions'] as const).flatMap((kind) => {
      const names = registeredNames(model, kind.slice(0, -1))
      return names.length === 0 ? [] : indented(array(1, `${kind}: `, names.map(quoted), ','))
    }),
    '};',
    '',
    '/** Runs the pipeline and answers the names of the steps that ran, in order. */',
    'async function trace(',
    '  answer: Record<string, boolean>,',
    ...rounds.map((parameter) => `  ${parameter},`),
    '): Promise<readonly string[]> {',
    '  const { trace, ...fakes } = fakeSteps(steps, answer);',
    '  const engine = await createTestEngine({',
    '    ...fakes,',
    `    workflows: { ...fakes.workflows, ${workflow} },`,
    ...(bounds.length === 0
      ? []
      : indented(
          object(
            2,
            'loops: ',
            bounds.map((name) => `${name}: rounds`),
            ',',
          ),
          2,
        )),
    '  });',
    '  try {',
    `    await engine.execute(${workflow}, ${EXAMPLE});`,
    '    return trace;',
    '  } finally {',
    '    await engine.close();',
    '  }',
    '}',
  ]
}

function isLong({ plan }: PipelineModel): boolean {
  return longestRun(plan.tree, ROUNDS) > LONGEST_QUICK_RUN
}

function registeredNames(model: PipelineModel, kind: string): string[] {
  const names = [...model.steps.values()].filter(({ resource }) => resource.kind === kind)
  return [...new Set(names.map(({ registered }) => registered))]
}

function scenarios(model: PipelineModel): [string, Scenario][] {
  const conditions = [...model.conditions.values()]
  // An object with a `then` looks like a promise to whoever reads it.
  const flagOf = ({ flags }: ConditionModel): string => flags.find((flag) => flag !== 'then') ?? 'proceed'
  const all = [...new Set(conditions.map(flagOf))]
  const rounds = longestRun(model.plan.tree, ROUNDS) > LONGEST_EXPECTATION ? 1 : ROUNDS
  const found: [string, Scenario][] = [[titleOfAll(model), { flags: new Set(['done', ...all]), rounds }]]
  if (model.loops.size > 0) {
    found.push(['leaves a loop at its bound when no result ends it', { flags: new Set(all), rounds }])
  }
  if (conditions.length > 0) {
    const other = conditions.some(({ node }) => node.else !== undefined)
    const title = `${other ? 'takes the other side' : 'leaves steps out'} when no condition holds`
    found.push([title, { flags: new Set(['done']), rounds }])
  }
  if (all.length > 1) {
    for (const [flag, text] of new Map(conditions.map((each) => [flagOf(each), each.text]))) {
      if (found.length > SINGLE_CONDITIONS + 2) break
      const title = `runs what depends on ${brief(text, 60)} when its condition alone holds`
      found.push([title, { flags: new Set(['done', flag]), rounds }])
    }
  }
  return found
}

function titleOfAll({ loops, conditions }: PipelineModel): string {
  return [
    'runs its steps in order',
    ...(loops.size === 0 ? [] : [', a loop once when a result ends it']),
    ...(conditions.size === 0 ? [] : [', guarded ones when every condition holds']),
  ].join('')
}

function test(model: PipelineModel, title: string, scenario: Scenario, ordered: boolean): Lines {
  const flags = [...scenario.flags].map((flag) => `${flag}: true`)
  const rounds = model.loops.size > 0 && scenario.rounds !== ROUNDS ? `, ${scenario.rounds}` : ''
  const run = `await trace(answer${rounds})`
  return [
    `it(${quoted(title)}, async () => {`,
    ...indented([
      ...object(2, 'const answer = ', flags, ';'),
      ...orderLines(2, 'const expected = ', orderOf(model, scenario), ';'),
      ordered ? `expect(${run}).toEqual(expected);` : `expect(deviation(${run}, expected)).toBeUndefined();`,
    ]),
    isLong(model) ? '}, 120_000);' : '});',
  ]
}

/** An order as an array literal, laid out as prettier does: lists of lists take a line each. */
function orderLines(depth: number, head: string, order: Order | readonly Order[], tail: string): Lines {
  const flat = `${head}${JSON.stringify(order).replaceAll(',', ', ')}${tail}`
  if (flat.length + 2 * depth <= 80 && !order.some((each) => mustBreak(each)) && !mustBreak(order))
    return [flat]
  return [
    `${head}[`,
    ...order.flatMap((each) =>
      indented(typeof each === 'string' ? [`${quoted(each)},`] : orderLines(depth + 1, '', each, ',')),
    ),
    `]${tail}`,
  ]
}

function mustBreak(order: string | Order | readonly Order[]): boolean {
  if (typeof order === 'string') return false
  const lists = order.length > 1 && order.every((each) => typeof each !== 'string' && each.length > 1)
  return lists || order.some((each) => mustBreak(each))
}
