import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { interpolate } from './interpolate.ts'

const textOf = (value: string, env: Record<string, string | undefined>) => {
  const result = interpolate(value, env)
  return result.kind === 'text' ? result.text : result.kind
}

describe('interpolate', () => {
  it('replaces a variable, takes the default when it is unset or empty, and keeps the text around it', () => {
    expect(textOf('http://${HOST:-localhost}:${PORT}/', { PORT: '80' })).toBe('http://localhost:80/')
    expect(textOf('${A:-b}', { A: '' })).toBe('b')
    expect(textOf('${A:-}', {})).toBe('')
    expect(textOf('[${A}]', { A: '' })).toBe('[]')
  })

  it('allows a default that holds references, colons and dashes', () => {
    expect(textOf('${A:-${B:-http://c:-1}}', {})).toBe('http://c:-1')
    expect(textOf('${A:-${B}}', { A: 'set' })).toBe('set')
  })

  it('names every variable that is missing, but none that a set one makes unnecessary', () => {
    expect(interpolate('${A}${B:-${C}}${D}', { B: 'x' })).toEqual({
      kind: 'unset',
      unset: ['A', 'D'],
      variables: ['A', 'B', 'C', 'D'],
    })
  })

  it('reads $${ as a literal ${, and leaves other dollars alone', () => {
    expect(textOf('$${A} $ $A $$', {})).toBe('${A} $ $A $$')
  })

  it.each(['${', '${}', '${A', '${1A}', '${A:=b}', '${A-b}', '${A:-b', '${ A }'])('refuses %s', (value) => {
    expect(interpolate(value, { A: 'a' }).kind).toBe('malformed')
  })

  it('does not find variables on the prototype of the environment', () => {
    expect(interpolate('${constructor}', {}).kind).toBe('unset')
  })

  it('inserts any value unchanged, whatever it contains', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string(), (held, around) => {
        fc.pre(!around.includes('$'))
        expect(textOf(`${around}\${KEY}${around}`, { KEY: held })).toBe(around + held + around)
      }),
    )
  })
})
