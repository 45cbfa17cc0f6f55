import { describe, expect, it } from '@jest/globals'
import { GrammarSyntaxError } from './errors.ts'
import { parse } from './parser.ts'
import { shape } from './tree.fixture.ts'
import type { AnyNode } from './tree.ts'
import { childrenOf } from './tree.ts'

function failure(text: string): GrammarSyntaxError {
  try {
    parse({ text, name: '--operators' })
  } catch (error) {
    if (error instanceof GrammarSyntaxError) return error
    throw error
  }
  throw new Error(`${text} parses`)
}

describe('parse', () => {
  it.each([
    ['A', 'A'],
    ['A → B', '(seq A B)'],
    ['A ⇄ B ⊕ C → D', '(seq (par (loop A B) C) D)'],
    ['A ⇄ B ⇄ C', '(loop A B C)'],
    ['(A ⇄ B) ⇄ C', '(loop (loop A B) C)'],
    ['A → (B → C) → D', '(seq A B C D)'],
    ['(A ⊕ B) ⊕ C', '(par A B C)'],
    ['A → (B →? C)', '(seq A B (if C))'],
    ['A →? B → C', '(seq A (if B) C)'],
    ['A →? B →? C', '(seq A (if B) (if C))'],
    ['A →? (B, C)', '(seq A (if B C))'],
    ['A →? (B) ⊕ C', '(seq A (if (par B C)))'],
    ['A →? (B ⊕ C) ⇄ D', '(seq A (if (loop (par B C) D)))'],
    ['A →? ((B → C), (D))', '(seq A (if (seq B C) D))'],
    ['A->B<->C||D->?E', '(seq A (par (loop B C) D) (if E))'],
    ['agent:Report → function:Report', '(seq agent:Report function:Report)'],
    ['agent → workflow', '(seq agent workflow)'],
    ['\ufeffA\u3000→\u2028B', '(seq A B)'],
  ])('reads %s as %s', (text, expected) => {
    expect(shape(parse(text))).toBe(expected)
  })

  it('gives every node the range of its text', () => {
    const text = 'A → (B ⊕ C) →? (D, E → F)'
    const ranges: string[] = []
    const visit = (node: AnyNode): void => {
      ranges.push(`${node.type} ${text.slice(node.span.start, node.span.end)}`)
      childrenOf(node).forEach(visit)
    }
    visit(parse(text))
    expect(ranges).toEqual([
      `Sequence ${text}`,
      'Step A',
      'Parallel B ⊕ C',
      'Step B',
      'Step C',
      'Conditional →? (D, E → F)',
      'Step D',
      'Sequence E → F',
      'Step E',
      'Step F',
    ])
  })

  it('names the first mistake, not the first character that is wrong', () => {
    expect(failure('A B @').code).toBe('E_UNEXPECTED')
    expect(failure('A → @ B C').code).toBe('E_CHAR')
  })

  it.each([
    ['', 'E_EMPTY', 0],
    ['\ufeff  ', 'E_EMPTY', 0],
    ['A →', 'E_END', 3],
    ['A → (', 'E_END', 5],
    ['A →? (B,', 'E_END', 8],
    ['(A → (B', 'E_UNCLOSED', 5],
    ['A →? (B, C', 'E_UNCLOSED', 5],
    ['A →? (B, C, D)', 'E_BRANCHES', 10],
    ['A →? (B, C) ⊕ D', 'E_UNEXPECTED', 12],
    ['A →? (B,)', 'E_UNEXPECTED', 8],
    ['A →? ((B, C))', 'E_UNEXPECTED', 8],
    ['A)', 'E_UNEXPECTED', 1],
    ['A → ? B', 'E_CHAR', 4],
    ['A --> B', 'E_CHAR', 2],
    ['A->>B', 'E_CHAR', 3],
    ['a--b', 'E_CHAR', 1],
    ['agent: B', 'E_CHAR', 5],
    ['other:B', 'E_CHAR', 5],
    ['A \ufeff→ B', 'E_CHAR', 2],
  ])('refuses %j with %s at %i', (text, code, offset) => {
    const error = failure(text)
    expect([error.code, error.position.offset]).toEqual([code, offset])
  })

  it('prints the source line with a caret, a hint and the code', () => {
    expect(failure('DRAFT ⇄ → PUBLISH').print()).toBe(
      [
        'unexpected "→", expected a step after "⇄"',
        '  --operators:1:9',
        '  1 | DRAFT ⇄ → PUBLISH',
        '    |         ^',
        '  ⇄ joins two steps: DRAFT ⇄ REVIEW → PUBLISH',
        '  E_UNEXPECTED',
      ].join('\n'),
    )
  })

  it('points into the right line of several', () => {
    expect(String(failure('A\r\n  → B\n  → → C'))).toContain('--operators:3:5\n  3 |   → → C\n    |     ^')
  })

  it('shows an invisible character by its code point, so that the caret stands under it', () => {
    expect(String(failure('A → \u202eB'))).toContain(
      'invisible character (U+202E) is not part of the operator language\n  --operators:1:5\n  1 | A → <U+202E>B\n    |     ^',
    )
  })

  it('cuts a very long line around the mistake', () => {
    const printed = failure(`${'STEP → '.repeat(5000)}@${' → STEP'.repeat(5000)}`)
      .print()
      .split('\n')
    expect(printed[2]!.length).toBeLessThanOrEqual(80)
    expect(printed[2]!.charAt(printed[3]!.indexOf('^'))).toBe('@')
  })

  it.each([
    ['A => B', '->'],
    ['A --> B', '->'],
    ['A <=> B', '<->'],
    ['A <--> B', '<->'],
    ['A | B', '||'],
    ['A + B', '||'],
    ['A ⇒ B', '→'],
    ['A ⟶ B', '→'],
    ['A ↔ B', '⇄'],
    ['A ⇆ B', '⇄'],
    ['A ⨁ B', '⊕'],
    ['A ＋ B', '⊕'],
    ['A →？ B', '→?'],
    ['A ⇒? B', '"→?"'],
    ['A =>? B', '"->?"'],
    ['A －＞ B', '"->"'],
    ['A —> B', '"->"'],
    ['A <–> B', '"<->"'],
    ['A ｜｜ B', '"||"'],
    ['A \uf0e0 B', '"→"'],
    ['A ← B', 'no reverse'],
    ['（A）', '('],
    ['A → \u0412', 'B'],
    ['Ａ → B', 'A'],
    ['A â†’ B', '→'],
    ['A â‡„ B', '⇄'],
    ['A → ? B', '→?'],
    ['A -> ? B', '->?'],
    ['A – B', '-'],
    ['A <- B', 'no reverse'],
    ['A ⇄{3} B', 'pipeline.loops'],
    ['A // B', 'no comments'],
    ['a- → b', 'send-email'],
    ['$A → B', 'shell variable'],
  ])('says what is meant by %s', (text, meant) => {
    const error = failure(text)
    expect(error.code).toBe('E_CHAR')
    expect(error.message).toMatch(/U\+[0-9A-F]{4,6}/)
    expect(error.hint).toContain(meant)
  })

  it('takes groups 256 deep, and refuses the 257th', () => {
    const nested = (depth: number): string => `${'('.repeat(depth)}A${')'.repeat(depth)}`
    expect(parse(nested(256)).type).toBe('Step')
    const error = failure(nested(257))
    expect([error.code, error.position.offset]).toEqual(['E_DEPTH', 256])
    expect(failure('('.repeat(1_000_000)).code).toBe('E_DEPTH')
    expect(failure('A →? ('.repeat(10_000)).code).toBe('E_DEPTH')
  })

  it('takes time in proportion to the text, also where groups are flattened', () => {
    const chain = 'a → '.repeat(20_000)
    const nested = `${'('.repeat(250)}${chain}b${' → c)'.repeat(250)}`
    const startedAt = performance.now()
    expect(childrenOf(parse(nested))).toHaveLength(20_251)
    expect(performance.now() - startedAt).toBeLessThan(20_000)
  })
})
