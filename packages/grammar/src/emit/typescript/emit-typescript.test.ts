import { describe, expect, it } from '@jest/globals'
import { check } from '../../check/check.ts'
import { parse } from '../../parser.ts'
import type { ResourceKind } from '../../tree.ts'
import { stepsOf } from '../../tree.ts'
import { emitTypeScript } from './emit-typescript.ts'
import type { EmitTypeScriptOptions } from './options.ts'

const defaults = {
  startToCloseTimeout: '2 minutes',
  retry: {
    initialInterval: '5 seconds',
    backoffCoefficient: 2,
    maximumInterval: '2 minutes',
    maximumAttempts: 6,
  },
}

function emit(
  text: string,
  options: Partial<EmitTypeScriptOptions> & { kind?: ResourceKind } = {},
): Map<string, string> {
  const tree = parse(text)
  const { kind = 'workflow', ...rest } = options
  const resources = Array.from(stepsOf(tree), (step) => ({ name: step.name, kind: step.kind ?? kind }))
  const checked = check(tree, { resources })
  if (!checked.ok) throw new Error(checked.diagnostics.map((each) => each.message).join('\n'))
  return new Map(
    emitTypeScript(checked.plan, { name: 'Blog', defaults, ...rest }).map((file) => [
      file.path,
      file.content,
    ]),
  )
}

const WORKFLOW = 'src/workflows/blog.ts'
const RULES = 'src/workflows/blog.rules.ts'
const TEST = 'tests/blog.pipeline.test.ts'

describe('emitTypeScript', () => {
  it('writes a workflow, the rules of the user, and a test; the test only when it is wanted', () => {
    expect([...emit('A → B').keys()]).toEqual([WORKFLOW, RULES, TEST])
    expect([...emit('A → B', { omitTests: true }).keys()]).toEqual([WORKFLOW, RULES])
  })

  it('writes the same bytes for the same plan', () => {
    expect(emit('A ⇄ B → C')).toEqual(emit('A⇄B->C'))
  })

  it('keeps the rules file of the user, whatever is in it', () => {
    const mine =
      emit('A ⇄ B').get(RULES)!.replace('"done", "approved"', '"shipped"') + '// mine, without a line break'
    expect(emit('A ⇄ B', { existing: new Map([[RULES, mine]]) }).get(RULES)).toBe(mine)
  })

  it('adds only the rules that a changed expression needs, behind what stands there, their imports behind the imports', () => {
    const before = emit('A ⇄ B').get(RULES)!
    const after = emit('A ⇄ B →? C ⊕ D', { existing: new Map([[RULES, before]]) }).get(RULES)!
    const zod = 'import { z } from "zod";\n'
    const [rule = ''] = after.split(before.slice(before.indexOf(zod) + zod.length).trimEnd()).slice(1)
    expect(after.split('\n').slice(1, 4)).toEqual([
      'import type { Progress } from "@rgen/runtime/workflow";',
      'import { z } from "zod";',
      'import type { MergeRules } from "@rgen/runtime/workflow";',
    ])
    expect(rule).toContain('export function shouldC(')
    expect(rule).toContain('export const mergeCD: MergeRules = {};')
    expect(rule).not.toContain('aBDone')
  })

  it('adds to a file of the user in its own line breaks, wherever its imports stand', () => {
    const mine = 'import {\r\n  z,\r\n} from "zod"\r\nexport const exampleInput = {}\r\n'
    const after = emit('A ⊕ B', { existing: new Map([[RULES, mine]]) }).get(RULES)!
    expect(after).toContain(
      '} from "zod"\r\nimport type { MergeRules } from "@rgen/runtime/workflow";\r\nexport const ex',
    )
    expect(after.replaceAll('\r\n', '')).not.toContain('\n')
  })

  it('gives the test an input that belongs to the user, who knows what the schema requires', () => {
    const test = emit('A').get(TEST)!
    expect(test).toContain('import { exampleInput } from "../src/workflows/blog.rules.ts";')
    const mine = emit('A').get(RULES)!.replace('BlogInput = {}', 'BlogInput = { topic: "tea" }')
    expect(emit('A → B', { existing: new Map([[RULES, mine]]) }).get(RULES)).toBe(mine)
    expect(emit('A', { omitTests: true }).get(RULES)).not.toContain('exampleInput')
  })

  it.each(['external', 'split'] as const)('remembers where the schemas stand: %s', (models) => {
    const existing = emit('A → B', { models })
    const again = emit('A → B', { existing })
    expect(again).toEqual(existing)
    expect([...again.keys()].some((path) => path.startsWith('src/models/blog'))).toBe(true)
  })

  it('finds a rule in each way in which a file can export it', () => {
    const ways = [
      'export const aBDone = () => true;',
      'const aBDone = () => true;\nexport { aBDone };',
      'export async function aBDone() {}',
    ]
    for (const mine of ways)
      expect(emit('A ⇄ B', { existing: new Map([[RULES, mine]]), omitTests: true }).get(RULES)).toBe(mine)
  })

  it('shares one function between loops that are the same, and numbers names that only look the same', () => {
    const code = emit('A ⇄ B → C → A ⇄ B → (A → B) ⇄ (A ⊕ B)').get(WORKFLOW)!
    expect(code.match(/async function aBLoop/g)).toHaveLength(1)
    expect(code.match(/await aBLoop\(progress\)/g)).toHaveLength(2)
    expect(emit('(A ⇄ B) ⇄ B → A ⇄ B ⇄ B').get(WORKFLOW)).toContain('loopLimit("a_b_b2")')
  })

  it('calls parts by the names of their steps without the suffixes that nobody needs to write', () => {
    const code = emit('draftWorkflow ⇄ agent:reviewAgent →? publishWorkflow')
    expect(code.get(WORKFLOW)).toContain('async function draftReviewLoop(')
    expect(code.get(WORKFLOW)).toContain('loopLimit("draft_review")')
    expect(code.get(WORKFLOW)).toContain('async function publish(')
    expect(code.get(RULES)).toContain('const shouldPublishFlags = ["publish", "publishWorkflow", "proceed"];')
  })

  it('writes task queue, retries and timeouts out', () => {
    const code = emit('function:A → agent:B', { taskQueue: 'blog' }).get(WORKFLOW)!
    expect(code).toContain(
      '  taskQueue: "blog",\n  startToCloseTimeout: "2 minutes",\n  retry: {\n    initialInterval: "5 seconds",',
    )
    expect(code).toMatch(/isAgent: true,\s+taskQueue: "blog"/)
    expect(code).not.toContain('heartbeatTimeout')
  })

  it('takes text that would end a comment or a string for what it is', () => {
    const code = emit('A', { command: 'rgen g pipeline Blog\n --operators "*/ A"' }).get(WORKFLOW)!
    expect(code.split('\n')[1]).toBe('//   rgen g pipeline Blog --operators "*/ A"')
  })

  it('makes several functions of a sequence that is too long to read', () => {
    const names = Array.from({ length: 10_000 }, (_, index) => `Step${index}`)
    const startedAt = performance.now()
    const code = emit(names.join(' → '), { kind: 'function' }).get(WORKFLOW)!
    expect(performance.now() - startedAt).toBeLessThan(30_000)
    const bodies = code.split('\n}\n').map((body) => body.split('\n').length)
    expect(Math.max(...bodies)).toBeLessThan(150)
  })

  it('lets no answer of a test look like a promise', () => {
    expect(emit('A →? then').get(TEST)).toContain('{ done: true, proceed: true }')
  })

  it('bounds the expectations of a test whose loops multiply', () => {
    const nested = `${'('.repeat(100)}A${' ⇄ B)'.repeat(100)}`
    expect(emit(nested).get(TEST)!.length).toBeLessThan(20_000)
  })
})
