// Cases of the operator language, compared with the public API of @rgen/grammar.
import { check, GrammarSyntaxError, parse, print } from '../../packages/grammar/dist/index.js'

/**
 * Tries each case; `problems` is empty when all that the case says is so.
 *
 * @param {Record<string, any>[]} cases
 * @returns {{ id: string, problems: string[] }[]}
 */
export function run(cases) {
  noteUnknownFields(cases)
  return cases.map((each, index) => ({ id: each.id ?? `case ${index + 1}`, problems: problemsOf(each) }))
}

/** Fields with a meaning of their own, not compared. */
const GIVEN = new Set(['id', 'stage', 'input', 'expect', 'also_ok', 'note', 'resources', 'strict', 'map'])

/** What each field of a case says about an outcome. Each answers a problem or undefined. */
const COMPARE = {
  shape: (wanted, { tree }) => same('shape', wanted, tree && shapeOf(tree)),
  shape_stats: (wanted, { tree }) => sameParts('shape_stats', wanted, tree && statsOf(tree)),
  print: (wanted, { tree }) => same('print', wanted, tree && print(tree)),
  error_code: (wanted, { errors }) =>
    includes(
      'error_code',
      wanted,
      errors.map((error) => error.code),
    ),
  error_contains: (wanted, { errors }) => contains('error_contains', wanted, errors.map(textOf)),
  hint_contains: (wanted, { errors }) =>
    contains(
      'hint_contains',
      wanted,
      errors.map((error) => error.hint ?? ''),
    ),
  error_at: (wanted, { errors }) =>
    includes(
      'error_at',
      wanted,
      errors.map((error) => error.span.start),
    ),
  error_line: (wanted, { errors }) =>
    includes(
      'error_line',
      wanted,
      errors.map((error) => error.position?.line),
    ),
  error_column: (wanted, { errors }) =>
    includes(
      'error_column',
      wanted,
      errors.map((error) => error.position?.column),
    ),
  kinds: (wanted, { plan }) =>
    same(
      'kinds',
      wanted,
      plan?.steps.map((step) => step.resource.kind),
    ),
  order: (wanted, { plan }) => same('order', wanted, plan?.order),
  deps: (wanted, { plan }) =>
    same('deps', sortedSets(Object.entries(wanted)), plan && sortedSets([...plan.deps])),
  metrics: (wanted, { plan }) => sameParts('metrics', wanted, plan?.metrics),
  warnings: (wanted, outcome) =>
    Array.isArray(wanted)
      ? COMPARE.warnings_contain(wanted, outcome)
      : same('warnings', wanted, outcome.warnings?.length),
  warnings_contain: (wanted, { warnings = [] }) =>
    [wanted]
      .flat()
      .map((each) => contains('warnings_contain', each, warnings.map(textOf)))
      .find(Boolean),
  max_ms: (wanted, { tookMs }) =>
    tookMs <= wanted ? undefined : expected('max_ms', `at most ${wanted}`, tookMs.toFixed(1)),
}

function problemsOf(given) {
  const outcome = outcomeOf(given)
  const accepted = outcome.errors.length === 0
  const verdict = accepted ? 'accept' : 'reject'
  const problems = []
  if (verdict !== given.expect && verdict !== given.also_ok) {
    problems.push(
      expected(
        'expect',
        given.expect,
        accepted ? verdict : `${verdict}: ${outcome.errors.map(line).join('; ')}`,
      ),
    )
  }
  for (const [field, wanted] of Object.entries(given)) {
    if (!Object.hasOwn(COMPARE, field) || wanted === null) continue
    // What a case says of the error does not hold for an outcome that it also allows.
    if (verdict === given.also_ok && verdict !== given.expect && field !== 'max_ms') continue
    const problem = COMPARE[field](wanted, outcome)
    if (problem !== undefined) problems.push(problem)
  }
  if (outcome.tree) problems.push(...roundTrip(outcome.tree))
  return problems
}

/** What the API makes of a case: a tree, perhaps a plan, or errors. */
function outcomeOf({ stage, input, resources = [], strict = false, map = {} }) {
  const startedAt = performance.now()
  try {
    const tree = parse(input)
    if (stage !== 'validate') return { tree, errors: [], tookMs: performance.now() - startedAt }
    const result = check(tree, { resources }, { strict, map: mapOf(map) })
    const errors = result.ok ? [] : result.diagnostics
    return {
      tree,
      plan: result.plan,
      warnings: result.warnings,
      errors,
      tookMs: performance.now() - startedAt,
    }
  } catch (error) {
    if (!(error instanceof GrammarSyntaxError)) throw error
    return { errors: [error], tookMs: performance.now() - startedAt }
  }
}

/** `{ "DRAFT": "WriteDraft" }`, or as on the command line `["DRAFT:WriteDraft"]`. */
function mapOf(map) {
  if (!Array.isArray(map)) return new Map(Object.entries(map))
  return new Map(map.map((each) => [each.slice(0, each.indexOf(':')), each.slice(each.indexOf(':') + 1)]))
}

/** Holds for every expression: what is printed reads as the same tree. */
function roundTrip(tree) {
  const text = print(tree)
  const again = parse(text)
  const problems = [
    same('shape of the printed text', shapeOf(tree), shapeOf(again)),
    same('second print', text, print(again)),
  ]
  return problems.filter(Boolean)
}

/** (seq A (if B C)): the notation of the cases. */
function shapeOf(node) {
  switch (node.type) {
    case 'Step':
      return node.kind === undefined ? node.name : `${node.kind}:${node.name}`
    case 'Sequence':
      return `(seq ${node.items.map(shapeOf).join(' ')})`
    case 'Parallel':
      return `(par ${node.branches.map(shapeOf).join(' ')})`
    case 'Loop':
      return `(loop ${node.body.map(shapeOf).join(' ')})`
    case 'Conditional':
      return `(if ${[node.then, node.else].filter(Boolean).map(shapeOf).join(' ')})`
  }
}

function statsOf(tree) {
  const names = { Step: 'name', Sequence: 'seq', Parallel: 'par', Loop: 'loop', Conditional: 'if' }
  return { root: names[tree.type], children: partsOf(tree).length, depth: depthOf(tree) }
}

function partsOf(node) {
  return node.items ?? node.branches ?? node.body ?? [node.then, node.else].filter(Boolean)
}

function depthOf(node) {
  return node.type === 'Step'
    ? 0
    : 1 + partsOf(node).reduce((deepest, part) => Math.max(deepest, depthOf(part)), 0)
}

function textOf({ message, hint = '' }) {
  return `${message}\n${hint}`
}

function line({ code, message }) {
  return `${code} ${message}`
}

function sortedSets(entries) {
  return entries.map(([name, before]) => `${name}: ${[...before].sort().join(' ')}`).sort()
}

function same(field, wanted, actual) {
  return JSON.stringify(wanted) === JSON.stringify(actual) ? undefined : expected(field, wanted, actual)
}

/** Compares the parts that the case gives. */
function sameParts(field, wanted, actual = {}) {
  const wrong = Object.keys(wanted).find((key) => JSON.stringify(wanted[key]) !== JSON.stringify(actual[key]))
  return wrong === undefined ? undefined : expected(`${field}.${wrong}`, wanted[wrong], actual[wrong])
}

function includes(field, wanted, actual) {
  return actual.includes(wanted) ? undefined : expected(field, wanted, actual)
}

function contains(field, wanted, texts) {
  const missing = [wanted]
    .flat()
    .find((each) => !texts.some((text) => text.toLowerCase().includes(each.toLowerCase())))
  return missing === undefined ? undefined : expected(field, missing, texts)
}

function expected(field, wanted, actual) {
  return `${field}\n  expected ${shown(wanted)}\n  actual   ${shown(actual)}`
}

function shown(value) {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing')
  return text.length > 300 ? `${text.slice(0, 300)}… (${text.length} characters)` : text
}

/** Better to say so than to pass a case over something that was never looked at. */
function noteUnknownFields(cases) {
  const unknown = cases
    .flatMap((each) => Object.keys(each))
    .filter((key) => !GIVEN.has(key) && !Object.hasOwn(COMPARE, key))
  for (const field of new Set(unknown)) console.log(`note: the field "${field}" is not compared`)
}
