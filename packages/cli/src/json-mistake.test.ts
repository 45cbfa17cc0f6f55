import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { findJsonMistake } from './json-mistake.ts'

describe('findJsonMistake', () => {
  it.each([
    ['', 0, 'it ends, and a value is missing'],
    ['{"a": 1', 7, 'it ends, and , or } is missing'],
    ['[1, 2', 5, 'it ends, and , or ] is missing'],
    ["{'a': 1}", 1, "unexpected ', JSON takes double quotes"],
    ['{"a" 1}', 5, 'unexpected 1, expected :'],
    ['{"a": undefined}', 6, 'unexpected undefined'],
    ['[01]', 1, 'unexpected 01'],
    [
      '"a\nb"',
      0,
      'unexpected text: its closing quote is missing, or a \\ in it is not followed by an escape',
    ],
    ['{} {}', 3, 'unexpected {, expected the end'],
    ['[1 2]', 3, 'unexpected 2, expected , or ]'],
  ])('finds the mistake of %j', (text, offset, message) => {
    expect(findJsonMistake(text)).toEqual({ offset, message })
  })

  it('finds no mistake in whatever JSON.stringify writes, and one in whatever JSON.parse refuses', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(4), (value, indent) => {
        expect(findJsonMistake(JSON.stringify(value, null, indent))).toBeUndefined()
      }),
    )
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '1',
      '-',
      '0',
      '.',
      'e',
      'true',
      ' ',
      '\\',
      '"',
      'x',
    )
    fc.assert(
      fc.property(
        fc.array(piece).map((pieces) => pieces.join('')),
        (text) => {
          expect(findJsonMistake(text) === undefined).toBe(isJson(text))
        },
      ),
    )
  })
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
