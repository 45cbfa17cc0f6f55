import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { stringify } from 'yaml'
import { z } from 'zod'
import { ConfigError } from './config-error.ts'
import { parseConfig } from './parse-config.ts'

const schema = z.strictObject({
  name: z.string(),
  list: z.array(z.union([z.string(), z.strictObject({ size: z.number() })])).optional(),
  more: z.record(z.string(), z.unknown()).optional(),
})
const attempt = (text: string) => parseConfig({ text, file: 'f.yaml', schema, env: { KEY: 'value' } })

/** Pieces that YAML gives a meaning, and some that it does not. */
const noise = fc
  .array(
    fc.constantFrom(
      'name',
      ': ',
      '- ',
      '\n',
      '  ',
      '"',
      "'",
      '[',
      '{',
      '}',
      ']',
      '&a ',
      '*a',
      '<<: ',
      '!t ',
      '| ',
      '\t',
      '#',
      '${KEY}',
      '${',
      '1',
      '---\n',
      '%',
      '@',
      '`',
      'é',
      '\u0000',
    ),
  )
  .map((pieces) => pieces.join(''))

describe('parseConfig', () => {
  it('answers any text with a value or a ConfigError that has a place', () => {
    fc.assert(
      fc.property(fc.oneof(noise, fc.string()), (text) => {
        try {
          expect(typeof attempt(text).name).toBe('string')
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError)
          expect((error as ConfigError).line).toBeGreaterThanOrEqual(1)
          expect((error as ConfigError).column).toBeGreaterThanOrEqual(1)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('reads back any data that YAML can write, references in it aside', () => {
    const data = fc.dictionary(
      fc.string({ minLength: 1 }).filter((key) => !['__proto__', '<<'].includes(key)),
      fc
        .oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null))
        .filter((value) => !String(value).includes('$')),
    )
    fc.assert(
      fc.property(data, (more) => {
        expect(attempt(stringify({ name: 'x', more })).more).toEqual(more)
      }),
    )
  })
})
