import fc from 'fast-check'
import { describe, expect, it } from '@jest/globals'
import { calculate } from './calculate.ts'

describe('calculate', () => {
  it.each([
    ['2 * (3 + 4) ^ 2', 98],
    ['2 ** 10', 1024],
    ['-2 ^ 2', -4],
    ['10 % 4 + 7 / 2', 5.5],
    ['sqrt(2) * sqrt(2) - 2', 4.440892098500626e-16],
    ['max(1, 2, 3) + min(4, 5)', 7],
    ['5!', 120],
    ['round(PI * 100) / 100', 3.14],
    ['3 × 4 ÷ 2 − 1', 5],
    ['0 * -1', 0],
    [' 1e3 ', 1000],
    ['roundTo(2.345, 2)', 2.35],
  ])('%s is %d', (expression, value) => {
    expect(calculate(expression)).toBeCloseTo(value, 12)
  })

  it.each([
    'process',
    'process.exit(1)',
    'constructor',
    'constructor.constructor("return 1")()',
    '__proto__',
    'toString',
    'hasOwnProperty',
    'valueOf()',
    'PI.constructor',
    'abs.constructor',
    'sqrt',
    'random()',
    'x = 1',
    'f(x) = x; f(1)',
    '1; 2',
    '[1, 2]',
    '"text"',
    "'a' || 'b'",
    '1 < 2',
    '1 ? 2 : 3',
    'a.b',
    '1 +',
    ')(',
    '',
    '   ',
    '`1`',
    '${1}',
  ])('refuses %s', (expression) => {
    expect(() => calculate(expression)).toThrow(expect.objectContaining({ code: 'TOOL_INVALID_ARGUMENTS' }))
  })

  it.each(['1/0', '-1/0', '0/0', '2^5000', '200!', 'sqrt(-1)', 'log(0)', '1e400', '5 % 0'])(
    'refuses %s, which has no finite value',
    (expression) => {
      expect(() => calculate(expression)).toThrow(/finite/u)
    },
  )

  it('refuses what is too long or too deep, without running out of stack', () => {
    expect(() => calculate('1+'.repeat(250) + '1')).toThrow(/501 characters/u)
    expect(() => calculate('('.repeat(60) + '1' + ')'.repeat(60))).toThrow(/50 deep/u)
    expect(calculate('-'.repeat(400) + '1')).toBe(1)
    expect(() => calculate('2' + '^2'.repeat(240))).toThrow(/finite/u)
  })

  it('answers a finite number or refuses, whatever it is given', () => {
    const piece = fc.constantFrom(
      '1',
      '2.5',
      'PI',
      '+',
      '-',
      '*',
      '/',
      '^',
      '!',
      '(',
      ')',
      ',',
      'sqrt',
      'max',
      '%',
      ' ',
      'constructor',
      '.',
      '=',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece, { maxLength: 30 }).map((parts) => parts.join('')),
        ),
        (text) => {
          let value: number
          try {
            value = calculate(text)
          } catch (error) {
            return (error as { code?: unknown }).code === 'TOOL_INVALID_ARGUMENTS'
          }
          return Number.isFinite(value)
        },
      ),
      { numRuns: 2_000 },
    )
  })
})
