import { describe, expect, it } from '@jest/globals'
import { parse } from '../parser.ts'
import type { CheckOptions, Plan, Resource } from '../plan.ts'
import { check } from './check.ts'
import { missingResources } from './missing.ts'

const project = {
  resources: [
    { name: 'DataFetcher', kind: 'agent' },
    { name: 'Reviewer', kind: 'agent' },
    { name: 'EmailCampaign', kind: 'workflow' },
    { name: 'send_email', kind: 'function' },
    { name: 'HTTPGet', kind: 'function' },
  ] satisfies Resource[],
}

function plan(
  text: string,
  resources: readonly Resource[] = project.resources,
  options: CheckOptions = {},
): Plan {
  const result = check(parse(text), { resources }, options)
  if (!result.ok) throw new Error(result.diagnostics.map((each) => each.message).join('\n'))
  return result.plan
}

function problems(
  text: string,
  resources: readonly Resource[] = project.resources,
  options: CheckOptions = {},
) {
  const result = check(parse(text), { resources }, options)
  return result.ok ? [] : result.diagnostics.filter((each) => each.severity === 'error')
}

const functions = (names: string): Resource[] => names.split(' ').map((name) => ({ name, kind: 'function' }))

describe('check', () => {
  it.each([
    'send-email',
    'send_email',
    'sendEmail',
    'SendEmail',
    'SendEmailFunction',
    'send_email_function',
    'function:SendEmail',
  ])('finds send_email as %s', (name) => {
    expect(plan(name).steps[0]!.resource.name).toBe('send_email')
  })

  it('finds a resource whose own name carries the suffix of its kind', () => {
    const resources: Resource[] = [
      { name: 'ReviewAgent', kind: 'agent' },
      { name: 'spawn_agent', kind: 'function' },
    ]
    expect(plan('review → spawnAgent', resources).steps.map((step) => step.resource.kind)).toEqual([
      'agent',
      'function',
    ])
  })

  it('takes the acronym as it was generated, and does not fold case', () => {
    expect(plan('HTTPGet → http-get').order).toEqual(['HTTPGet'])
    expect(problems('datafetcher')[0]).toMatchObject({ code: 'V_UNKNOWN', nearest: 'DataFetcher' })
  })

  it('reports every unknown name once, each with the nearest known name', () => {
    expect(
      problems('Reviwer → DataFetcher → (Gost ⊕ send_mail) → Reviwer').map(({ name, hint }) => [name, hint]),
    ).toEqual([
      ['Reviwer', 'Did you mean "Reviewer"?'],
      ['Gost', 'The nearest known name is "HTTPGet"'],
      ['send_mail', 'Did you mean "send_email"?'],
    ])
  })

  it('compares names without the suffix of their kind', () => {
    const resources: Resource[] = [
      { name: 'planWorkflow', kind: 'workflow' },
      { name: 'reviewWorkflow', kind: 'workflow' },
    ]
    expect(problems('REVIW', resources)[0]!.hint).toBe('Did you mean "review"?')
  })

  it('knows nothing of Object.prototype', () => {
    expect(problems('constructor → __proto__ → toString').map(({ code }) => code)).toEqual(
      Array(3).fill('V_UNKNOWN'),
    )
    const resources = functions('__proto__ constructor')
    expect(plan('__proto__ → constructor', resources).deps.of('constructor')).toEqual(['__proto__'])
  })

  it('says what else a name is when its suffix states the wrong kind', () => {
    expect(problems('ReviewerWorkflow')[0]!.hint).toBe('"Reviewer" is an agent: write agent:Reviewer')
  })

  it('refuses a name that is two kinds, unless it says which or is mapped', () => {
    const resources: Resource[] = [
      { name: 'Report', kind: 'agent' },
      { name: 'report', kind: 'function' },
    ]
    expect(problems('report', resources)[0]).toMatchObject({
      code: 'V_AMBIGUOUS',
      message: '"report" is ambiguous: it is an agent and a function',
      hint: 'Write agent:Report or function:report',
    })
    expect(plan('agent:report → function:Report → ReportAgent', resources).order).toEqual([
      'agent:report',
      'function:Report',
    ])
    const map = new Map([['REPORT', 'agent:Report']])
    expect(plan('report', resources, { map }).steps[0]!.resource.kind).toBe('agent')
  })

  it('maps a name of the expression to a resource, and refuses a mapping that maps nothing', () => {
    const map = new Map([['FETCH', 'DataFetcher']])
    expect(plan('FETCH', project.resources, { map }).steps[0]!.resource.name).toBe('DataFetcher')
    expect(problems('FETHC', project.resources, { map }).map(({ message }) => message)).toEqual([
      'unknown step "FETHC"',
      'the expression has no step "FETCH" that could be mapped',
    ])
  })

  it('counts two spellings of one resource once', () => {
    const { order, metrics } = plan('send_email → SendEmail → Reviewer')
    expect(order).toEqual(['send_email', 'Reviewer'])
    expect(metrics.resources).toBe(2)
  })

  it.each([
    ['A → B → C', { A: '', B: 'A', C: 'A B' }],
    ['(A ⊕ B) → C', { A: '', B: '', C: 'A B' }],
    ['A →? (B, C) → D', { A: '', B: 'A', C: 'A', D: 'A B C' }],
    ['A →? B →? C', { A: '', B: 'A', C: 'A B' }],
    ['A ⇄ B → C', { A: '', B: 'A', C: 'A B' }],
    ['A → (B → C ⊕ D → E)', { A: '', B: 'A', C: 'A B', D: 'A B', E: 'A B C D' }],
    ['A → ((B → C) ⊕ (D → E)) → F', { A: '', B: 'A', C: 'A B', D: 'A', E: 'A D', F: 'A B C D E' }],
    ['A → B → A', { A: '', B: 'A' }],
    ['A ⊕ A', { A: '' }],
  ])('knows what is complete before each step of %s', (text, expected) => {
    const { deps } = plan(text, functions('A B C D E F'))
    expect(Object.fromEntries([...deps].map(([name, before]) => [name, before.join(' ')]))).toEqual(expected)
    expect(deps.of('Nobody')).toBeUndefined()
  })

  it.each([
    ['A', { resources: 1, depth: 0, parallel: 0, conditional: 0, loop: 0 }],
    ['A → A', { resources: 1, depth: 1, parallel: 0, conditional: 0, loop: 0 }],
    ['A →? B', { resources: 2, depth: 2, parallel: 0, conditional: 1, loop: 0 }],
    ['A ⇄ (B ⊕ C) →? (D, E → F)', { resources: 6, depth: 3, parallel: 1, conditional: 1, loop: 1 }],
  ])('measures %s', (text, expected) => {
    expect(plan(text, functions('A B C D E F')).metrics).toEqual(expected)
  })

  it('warns above each limit, and not at it', () => {
    const many = (count: number, join: (name: string, index: number) => string): string =>
      Array.from({ length: count }, (_, index) => join(`S${index}`, index)).join(' → ')
    const all = functions(Array.from({ length: 60 }, (_, index) => `S${index}`).join(' '))
    const rules = (text: string): string[] =>
      plan(text, all).warnings.map((each) => (each as { rule: string }).rule)
    expect(rules(many(20, (name) => name))).toEqual([])
    expect(rules(many(21, (name) => name))).toEqual(['resources'])
    expect(rules(many(10, () => 'S1 ⊕ S2'))).toEqual([])
    expect(rules(many(11, () => 'S1 ⊕ S2'))).toEqual(['parallel'])
    expect(rules(many(11, () => 'S1 ⇄ S2'))).toEqual(['loop'])
    expect(rules(`S0 ${'→? S1'.repeat(11)}`)).toEqual(['conditional'])
    expect(rules('S1 ⇄ (S2 → S1 ⊕ S3)')).toEqual([])
    expect(rules('S1 ⇄ (S1 ⊕ S1)')).toEqual(['self-loop'])
    expect(rules('S1 ⊕ '.repeat(9) + 'S1')).toEqual([])
    expect(rules('S1 ⊕ '.repeat(10) + 'S1')).toEqual(['parallel'])
    expect(rules('((((((S1 → S2) ⊕ S3) → S4) ⊕ S5) → S6) ⊕ S7)')).toEqual(['depth'])
  })

  it('turns warnings into errors in strict mode', () => {
    expect(problems('Reviewer ⇄ Reviewer', project.resources, { strict: true })).toMatchObject([
      {
        code: 'V_STRICT',
        message: 'the loop runs one and the same step, "Reviewer", again and again (refused in strict mode)',
      },
    ])
  })

  it('checks ten thousand different steps without a quadratic table', () => {
    const names = Array.from({ length: 10_000 }, (_, index) => `Step${index}`)
    const startedAt = performance.now()
    const { deps, order } = plan(names.join(' → '), functions(names.join(' ')))
    expect(deps.of('Step9999')).toHaveLength(9999)
    expect(order).toHaveLength(10_000)
    expect(performance.now() - startedAt).toBeLessThan(20_000)
  })

  it('suggests within a budget when ten thousand names are unknown', () => {
    const names = Array.from({ length: 10_000 }, (_, index) => `Step${index}`)
    const startedAt = performance.now()
    expect(problems(names.join(' → '), functions(names.map((name) => `x${name}`).join(' ')))).toHaveLength(
      10_000,
    )
    expect(performance.now() - startedAt).toBeLessThan(30_000)
  })
})

describe('missingResources', () => {
  it('answers what to scaffold: the stated kind, or the one that the style asks for', () => {
    const result = check(parse('Draft → ReviewAgent → function:Post → draft → Reviewer'), project)
    const diagnostics = result.ok ? [] : result.diagnostics
    expect(missingResources(diagnostics, 'subworkflows')).toEqual([
      { name: 'Draft', kind: 'workflow' },
      { name: 'Review', kind: 'agent' },
      { name: 'Post', kind: 'function' },
    ])
    expect(missingResources(diagnostics, 'functions')[0]).toEqual({ name: 'Draft', kind: 'function' })
  })
})
