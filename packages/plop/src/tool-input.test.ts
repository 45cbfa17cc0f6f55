import { describe, expect, it } from '@jest/globals'
import { parseToolInput } from './tool-input.ts'

describe('parseToolInput', () => {
  it('reads names, types, lists and what is optional', () => {
    expect(
      parseToolInput('query:string max:number? tags:string[]').map(
        ({ name, schema }) => `${name}: ${schema}`,
      ),
    ).toEqual(['query: z.string()', 'max: z.number().optional()', 'tags: z.array(z.string())'])
    expect(parseToolInput('')).toEqual([])
  })

  it.each([
    'query',
    'query:text',
    ':string',
    '1a:string',
    'a:string a:number',
    'a:string??',
    '__proto__:string',
    'constructor:integer?',
    'toString:string',
  ])('refuses %j, listing the types', (text) => {
    expect(() => parseToolInput(text)).toThrow(
      expect.objectContaining({ code: 'GEN_INPUT_SPEC', hint: expect.stringContaining('boolean') }),
    )
  })
})
