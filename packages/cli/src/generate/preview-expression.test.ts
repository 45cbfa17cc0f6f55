import { describe, expect, it } from '@jest/globals'
import { complete, previewExpression } from './preview-expression.ts'

const names = ['Draft', 'DraftTitle', 'Review', 'Publish']
const steps = names.map((name) => ({ name, kind: 'function' as const }))

const place = { indent: 0, columns: 80 }

describe('previewExpression', () => {
  it('shows the tree of an expression that reads', () => {
    expect(previewExpression('Draft -> Review', steps, place)).toMatchObject({
      isComplete: true,
      text: '→ in order\n├─ Draft (function)\n└─ Review (function)',
    })
  })

  it('says which steps are new, and which known one each is like', () => {
    const { isComplete, text } = previewExpression('Draft -> Publsh', steps, place)
    expect(isComplete).toBe(true)
    expect(text).toBe('→ in order\n├─ Draft\n└─ Publsh\nPublsh is new; the nearest that there is: Publish')
  })

  it('takes no name that is two things until it says which', () => {
    const both = [...steps, { name: 'reviewAgent', kind: 'agent' as const }]
    const { isComplete, text } = previewExpression('Draft -> Review', both, place)
    expect(isComplete).toBe(false)
    expect(text).toBe(
      '         ^\n"Review" is ambiguous: it is an agent and a function\nWrite agent:reviewAgent or function:Review',
    )
    expect(previewExpression('Draft -> agent:Review', both, place).isComplete).toBe(true)
  })

  it('puts the caret under the mistake, whatever stands before the expression', () => {
    const { isComplete, text } = previewExpression('DRAFT ⇄ → PUBLISH', steps, { indent: 10, columns: 80 })
    expect(isComplete).toBe(false)
    expect(text.split('\n')[0]).toBe(`${' '.repeat(10 + 8)}^`)
    expect(text).toContain('unexpected "→", expected a step after "⇄"')
  })

  it('cuts a line that the terminal would break around the mistake', () => {
    const { text } = previewExpression(`${'DRAFT → '.repeat(12)}→ PUBLISH`, steps, place)
    const [, , line = '', caret = ''] = text.split('\n')
    expect(line.length).toBeLessThanOrEqual(80)
    expect(line.slice(caret.indexOf('^'))).toMatch(/^→ PUBLISH/)
  })

  it('says what can be written before anything is', () => {
    expect(previewExpression('', steps, place)).toMatchObject({
      isComplete: false,
      text: expect.stringContaining('->'),
    })
  })

  it('offers the names that the last word may become', () => {
    expect(previewExpression('Review → dra', steps, place).completions).toEqual(['Draft', 'DraftTitle'])
    expect(previewExpression('Review → Draft', steps, place).completions).toEqual(['DraftTitle'])
    expect(previewExpression('Review → ', steps, place).completions).toEqual(names)
    expect(previewExpression('Review ', steps, place).completions).toEqual([])
    expect(complete('Review → dra', 'DraftTitle')).toBe('Review → DraftTitle ')
  })
})
