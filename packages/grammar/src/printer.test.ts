import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { GrammarSyntaxError } from './errors.ts'
import { parse } from './parser.ts'
import { print } from './printer.ts'
import { shape, trees } from './tree.fixture.ts'

/** How many inputs the fuzz test tries: a few in CI, a million with RGEN_FUZZ=1000000. */
const FUZZ = Number(process.env['RGEN_FUZZ'] ?? 20_000)

/** What expressions are made of, and what people put into them by mistake. */
const fragment = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      'A',
      'B',
      'send-email',
      '→',
      '→?',
      '⇄',
      '⊕',
      '(',
      ')',
      ',',
      ' ',
      '->',
      '<->',
      '||',
      '->?',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '-',
      '>',
      '?',
      '|',
      '<',
      ':',
      'agent:',
      '\n',
      '\t',
      '\u200b',
      '\ufeff',
      '⇒',
      '=>',
      '🚀',
      '\ud83d',
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 3 }) },
)
const input = fc.oneof(
  fc.array(fragment, { maxLength: 40 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.tuple(trees, fc.nat(200), fragment).map(([tree, at, wrong]) => {
    const text = print(tree)
    return text.slice(0, at) + wrong + text.slice(at + 1)
  }),
)

describe('print', () => {
  it.each([
    ['A->B', 'A → B'],
    ['((A))⊕(B→C)', 'A ⊕ (B → C)'],
    ['(A <-> B) <-> C', '(A ⇄ B) ⇄ C'],
    ['A⇄(B⇄C)', 'A ⇄ (B ⇄ C)'],
    ['A →? (B → C)', 'A →? (B → C)'],
    ['A →? ((B), C → D)', 'A →? (B, C → D)'],
    ['A→?(B⊕C)⇄D', 'A →? (B ⊕ C) ⇄ D'],
    ['agent:A→B', 'agent:A → B'],
  ])('writes %s as %s', (text, canonical) => {
    expect(print(parse(text))).toBe(canonical)
  })

  it('writes the signs of every keyboard when asked to', () => {
    expect(print(parse('A ⇄ B ⊕ C →? (D, E) → F'), 'ascii')).toBe('A <-> B || C ->? (D, E) -> F')
  })

  it('writes text that reads as the same tree, whatever the tree', () => {
    fc.assert(
      fc.property(trees, fc.constantFrom('unicode' as const, 'ascii' as const), (tree, style) => {
        const text = print(tree, style)
        expect(shape(parse(text))).toBe(shape(tree))
        expect(print(parse(text), style)).toBe(text)
      }),
      { numRuns: 1000 },
    )
  })

  it('never crashes or hangs, and points inside the text: a tree that prints the same, or one positioned error', () => {
    fc.assert(
      fc.property(input, (text) => {
        const startedAt = performance.now()
        try {
          const tree = parse(text)
          expect(shape(parse(print(tree)))).toBe(shape(tree))
        } catch (error) {
          if (!(error instanceof GrammarSyntaxError)) throw error
          expect(error.span.start).toBeGreaterThanOrEqual(0)
          expect(error.span.start).toBeLessThanOrEqual(text.length)
          expect(error.print().split('\n')[2]).toMatch(/^ {2}\d+ \|/)
        }
        expect(performance.now() - startedAt).toBeLessThan(10_000)
      }),
      { numRuns: FUZZ },
    )
  })
})
