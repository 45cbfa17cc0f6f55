import { describe, expect, it } from '@jest/globals'
import { loadContext } from '../context.ts'
import type { ProjectSnapshot } from '../plan/snapshot.ts'
import { applyAll, at, kinds, project } from '../project.fixture.ts'
import { planAgent } from './agent.ts'
import { planFunction } from './function.ts'
import { planPipeline } from './pipeline.ts'

const context = loadContext()
const pipeline = (operators: string, now: ProjectSnapshot = project(), more = {}) =>
  planPipeline({ name: 'Blog', operators, ...more }, now, context)
const paths = (plan: ReturnType<typeof pipeline>) =>
  plan.changes.filter((change) => change.kind === 'create').map((change) => change.path)

describe('planPipeline', () => {
  it('makes a working step of the kind that the style asks for, for each that the project lacks', () => {
    expect(paths(pipeline('DRAFT → REVIEW'))).toEqual([
      'src/workflows/blog.ts',
      'src/workflows/blog.rules.ts',
      'tests/blog.pipeline.test.ts',
      'src/workflows/draft.ts',
      'src/workflows/review.ts',
      'src/workflows/index.ts',
    ])
    expect(paths(pipeline('DRAFT → agent:REVIEW', project(), { style: 'functions' }))).toEqual(
      expect.arrayContaining(['src/functions/draft.ts', 'src/agents/review.ts']),
    )
  })

  it('uses the steps that the project has, in any spelling', () => {
    const now = applyAll(project(), [
      (one) => planFunction({ name: 'WriteDraft' }, one, context),
      (one) => planAgent({ name: 'Review' }, one, context),
    ])
    const plan = pipeline('write_draft → ReviewAgent', now)
    expect(paths(plan)).not.toContain('src/workflows/write-draft.ts')
    expect(at(plan, 'src/workflows/blog.ts')).toContain('steps.writeDraft')
    expect(at(plan, 'src/workflows/blog.ts')).toContain('reviewAgent')
  })

  it('compiles again what nobody edited, and leaves the rules of the user alone', () => {
    const made = applyAll(project(), [() => pipeline('DRAFT ⇄ REVIEW → PUBLISH')])
    const rules = `${made.files.get('src/workflows/blog.rules.ts' as never) ?? ''}// mine\n`
    const edited = project({ ...Object.fromEntries(made.files), 'src/workflows/blog.rules.ts': rules })
    const plan = pipeline('DRAFT ⇄ REVIEW → PROOFREAD → PUBLISH', edited)
    const change = Object.fromEntries(plan.changes.map((one) => [one.path, one.kind]))
    expect(change).toEqual({
      'src/workflows/blog.ts': 'update',
      'src/workflows/blog.rules.ts': 'keep',
      'tests/blog.pipeline.test.ts': 'update',
      'src/workflows/proofread.ts': 'create',
      'src/workflows/index.ts': 'update',
    })
  })

  it('adds the rules that a new expression needs, behind those of the user', () => {
    const made = applyAll(project(), [() => pipeline('DRAFT ⇄ REVIEW')])
    const before = made.files.get('src/workflows/blog.rules.ts' as never) ?? ''
    const after = at(pipeline('DRAFT ⇄ REVIEW →? PROMOTE', made), 'src/workflows/blog.rules.ts')
    expect(after.startsWith(before.trimEnd())).toBe(true)
    expect(after).toContain('export function shouldPromote')
  })

  it('says what is left to do, and nothing that is not', () => {
    expect(pipeline('DRAFT ⇄ REVIEW →? (SHIP ⊕ TELL, HOLD)', project(), { taskQueue: 'heavy' }).next).toEqual([
      'Give the new steps their work: src/workflows/draft.ts, src/workflows/review.ts, src/workflows/ship.ts and 2 more',
      'Say when loops end, when conditions hold, how branches join: src/workflows/blog.rules.ts',
      'Serve the queue of its steps: RGEN_TASK_QUEUE_DEFAULT=heavy rgen start',
      'See it: rgen graph Blog',
      "Run it: rgen run Blog '{}'",
    ])
    const made = applyAll(project(), [() => pipeline('DRAFT → REVIEW')])
    expect(pipeline('DRAFT → REVIEW', made).next).toEqual(['See it: rgen graph Blog', "Run it: rgen run Blog '{}'"])
  })

  it('warns where an expression is legal and yet worth a second look', () => {
    expect(pipeline('DRAFT ⇄ DRAFT').warnings).toEqual([expect.stringContaining('again and again\n  --operators:1:1')])
    expect(pipeline('DRAFT → REVIEW').warnings).toEqual([])
  })

  it('finds a conflict in a compiled file that somebody edited', () => {
    const made = applyAll(project(), [() => pipeline('DRAFT → REVIEW')])
    const text = `${made.files.get('src/workflows/blog.ts' as never) ?? ''}// mine\n`
    const edited = project({ ...Object.fromEntries(made.files), 'src/workflows/blog.ts': text })
    expect(kinds(pipeline('DRAFT → REVIEW → PUBLISH', edited))[0]).toBe('conflict')
  })

  it('changes nothing when it is run again, in any spelling of the operators', () => {
    const made = applyAll(project(), [() => pipeline('DRAFT → REVIEW')])
    expect(new Set(kinds(pipeline('DRAFT → REVIEW', made)))).toEqual(new Set(['keep']))
  })

  it('gives functions that would hide a global the suffix of their kind', () => {
    const plan = pipeline('FETCH → DELETE → PROCESS', project(), { style: 'functions' })
    expect(at(plan, 'src/functions/index.ts')).toContain(
      'export { deleteFunction } from "./delete.ts";\nexport { fetchFunction } from "./fetch.ts";\n',
    )
    const again = applyAll(project(), [() => plan])
    expect(paths(pipeline('FETCH → DELETE → PROCESS → STORE', again, { style: 'functions' }))).toEqual([
      'src/functions/store.ts',
    ])
  })

  it('refuses unknown steps and warnings when it is strict, all at once', () => {
    expect(() => pipeline('DRAFT → REVIEW', project(), { strict: true })).toThrow(
      expect.objectContaining({ code: 'V_UNKNOWN', message: expect.stringMatching(/DRAFT.*REVIEW/) }),
    )
  })

  it('shows where the expression does not fit, with a caret', () => {
    const now = applyAll(project(), [
      (one) => planFunction({ name: 'Review' }, one, context),
      (one) => planAgent({ name: 'Review' }, one, context),
    ])
    try {
      pipeline('DRAFT → REVIEW', now)
      throw new Error('was accepted')
    } catch (error) {
      expect(error).toMatchObject({ code: 'V_AMBIGUOUS' })
      expect((error as { print: () => string }).print()).toContain('1 | DRAFT → REVIEW\n    |         ^')
    }
  })

  it('lets a mapping say what a step stands for', () => {
    const now = applyAll(project(), [(one) => planFunction({ name: 'WriteDraft' }, one, context)])
    const plan = pipeline('DRAFT → REVIEW', now, { map: 'DRAFT:WriteDraft' })
    expect(at(plan, 'src/workflows/blog.ts')).toContain('steps.writeDraft')
    expect(() => pipeline('DRAFT', now, { map: 'DRAFT' })).toThrow(
      expect.objectContaining({ code: 'GEN_REQUEST' }),
    )
  })

  it('refuses a pipeline that is one of its own steps', () => {
    const made = applyAll(project(), [() => pipeline('DRAFT → REVIEW')])
    expect(() => pipeline('DRAFT → BLOG', made)).toThrow(expect.objectContaining({ code: 'GEN_NAME_TAKEN' }))
    expect(() => pipeline('DRAFT → BLOG')).toThrow(expect.objectContaining({ code: 'GEN_NAME_TAKEN' }))
  })

  it('plans a chain of 2 000 steps in seconds', () => {
    const chain = Array.from({ length: 2000 }, (_, index) => `STEP${index}`).join(' → ')
    expect(pipeline(chain).changes.length).toBe(2004)
  })
})
