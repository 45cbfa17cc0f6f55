import { describe, expect, it } from '@jest/globals'
import { describeTool, fingerprintOf } from './tool-description.ts'

const inputSchema = { type: 'object' as const, properties: { a: { type: 'string' }, b: { type: 'number' } } }

describe('describeTool', () => {
  it('removes what a person would not see, and caps the rest', () => {
    const hidden = 'Adds.\u200B\u202Eevil\u0000\u{E0041} numbers\n\tok'
    expect(describeTool({ name: 'add', description: hidden, inputSchema }).description).toBe(
      'Adds.evil numbers\n\tok',
    )
    expect(
      describeTool({ name: 'add', description: 'x'.repeat(9_999), inputSchema }).description,
    ).toHaveLength(4_096)
  })
})

describe('fingerprintOf', () => {
  const print = fingerprintOf({ name: 'add', description: 'Adds.', inputSchema })

  it('does not depend on the order of keys', () => {
    const turned = { properties: { b: { type: 'number' }, a: { type: 'string' } }, type: 'object' as const }
    expect(fingerprintOf({ name: 'add', description: 'Adds.', inputSchema: turned })).toBe(print)
    expect(print).toMatch(/^sha256-[\da-f]{64}$/u)
  })

  it('sees a change of name, description, schema, and of what is invisible', () => {
    const others = [
      { name: 'sum', description: 'Adds.', inputSchema },
      { name: 'add', description: 'Adds. ', inputSchema },
      { name: 'add', description: 'Adds.\u200B', inputSchema },
      { name: 'add', description: 'Adds.', inputSchema: { type: 'object' as const } },
    ]
    expect(new Set([print, ...others.map(fingerprintOf)]).size).toBe(5)
  })
})
