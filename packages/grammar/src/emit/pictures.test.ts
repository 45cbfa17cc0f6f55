import { describe, expect, it } from '@jest/globals'
import { check } from '../check/check.ts'
import { parse } from '../parser.ts'
import { emitDot } from './dot.ts'
import { graphOf } from './graph.ts'
import { emitMermaid } from './mermaid.ts'
import { emitText } from './text.ts'

const arrows = (text: string): string[] =>
  graphOf(parse(text)).edges.map(
    ({ from, to, label }) => `${from}>${to}${label === undefined ? '' : ` ${label}`}`,
  )

describe('graphOf', () => {
  it.each([
    ['A → B', ['s1>s2']],
    ['A → A', ['s1>s2']],
    ['A → (B ⊕ C) → D', ['s1>s2', 's1>s3', 's2>s4', 's3>s4']],
    ['A →? B → C', ['s1>s2 if', 's2>s3', 's1>s3 else']],
    ['A →? (B, C) → D', ['s1>s2 if', 's1>s3 else', 's2>s4', 's3>s4']],
    ['A ⇄ B → C', ['s1>s2', 's2>s1 again', 's2>s3']],
    ['(A ⇄ B) ⇄ C', ['s1>s2', 's2>s1 again', 's2>s3', 's3>s1 again']],
    ['A ⇄ (B ⊕ C)', ['s1>s2', 's1>s3', 's2>s1 again', 's3>s1 again']],
    ['(A ⊕ B) ⇄ C', ['s1>s2', 's1>s3', 's2>s4', 's3>s4', 's4>s1 again']],
  ])('draws the arrows of %s', (text, expected) => {
    expect(arrows(text)).toEqual(expected)
  })

  it('stays linear where joins meet forks and conditions follow conditions', () => {
    const wide = Array.from({ length: 500 }, () => 'A').join(' ⊕ ')
    expect(graphOf(parse(`${wide} → (${wide})`)).edges).toHaveLength(1000)
    expect(graphOf(parse(`A${' →? A'.repeat(2000)}`)).edges.length).toBeLessThan(20_000)
  })
})

describe('emitMermaid', () => {
  it('quotes names, so that none is a word of the picture language', () => {
    expect(emitMermaid(parse('class → end'))).toBe('flowchart LR\n  s1["class"]\n  s2["end"]\n  s1 --> s2\n')
  })

  it('shows kinds by shape when it draws a plan', () => {
    const result = check(parse('A → B → C'), {
      resources: [
        { name: 'A', kind: 'agent' },
        { name: 'B', kind: 'workflow' },
        { name: 'C', kind: 'function' },
      ],
    })
    if (!result.ok) throw new Error('the project has all steps')
    expect(emitMermaid(result.plan)).toContain('  s1(["A"])\n  s2[["B"]]\n  s3["C"]\n')
    expect(emitDot(result.plan)).toContain('s1 [label="A" shape=oval]')
    expect(emitText(result.plan)).toBe('→ in order\n├─ A (agent)\n├─ B (workflow)\n└─ C (function)\n')
  })
})
