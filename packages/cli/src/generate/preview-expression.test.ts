import { describe, expect, it } from '@jest/globals'
import { complete, previewExpression } from './preview-expression.ts'

const names = ['Draft', 'DraftTitle', 'Review', 'Publish']

describe('previewExpression', () => {
  it('shows the tree of an expression that reads', () => {
    expect(previewExpression('Draft -> Review', names, 0)).toMatchObject({
      isComplete: true,
      text: '→ in order\n├─ Draft\n└─ Review',
    })
  })

  it('puts the caret under the mistake, whatever stands before the expression', () => {
    const { isComplete, text } = previewExpression('DRAFT ⇄ → PUBLISH', names, 10)
    expect(isComplete).toBe(false)
    expect(text.split('\n')[0]).toBe(`${' '.repeat(10 + 8)}^`)
    expect(text).toContain('unexpected "→", expected a step after "⇄"')
  })

  it('says what can be written before anything is', () => {
    expect(previewExpression('', names, 0)).toMatchObject({
      isComplete: false,
      text: expect.stringContaining('->'),
    })
  })

  it('offers the names that the last word may become', () => {
    expect(previewExpression('Review → dra', names, 0).completions).toEqual(['Draft', 'DraftTitle'])
    expect(previewExpression('Review → Draft', names, 0).completions).toEqual(['DraftTitle'])
    expect(previewExpression('Review → ', names, 0).completions).toEqual(names)
    expect(complete('Review → dra', 'DraftTitle')).toBe('Review → DraftTitle ')
  })
})
