import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  parseTemplate,
  printTemplate,
  templateVariables,
  TemplateSyntaxError,
  type Template,
} from './template.ts'

/** Inserts values the way renderPrompt does, for templates alone. */
const fill = (template: Template, value: (name: string) => string) =>
  template.map((part) => (part.kind === 'text' ? part.text : value(part.path.join('.')))).join('')
const shown = (source: string) => fill(parseTemplate(source), (name) => `<${name}>`)

describe('parseTemplate', () => {
  it.each([
    ['Hello {name}', 'Hello <name>'],
    ['{a}{b}', '<a><b>'],
    ['{customer.name} {list.0.title}', '<customer.name> <list.0.title>'],
    ['{größe} {_x} {a1}', '<größe> <_x> <a1>'],
    ['{{name}}', '{name}'],
    ['{{{name}}}', '{<name>}'],
    ['{{}}', '{}'],
    ['}} {{', '} {'],
  ])('reads %s as %s', (source, expected) => {
    expect(shown(source)).toBe(expected)
  })

  it.each([
    '{"a": 1}',
    '{"user": {"name": "x"}}',
    '{"a":{"b":{"c":[{}]}}}',
    '{\n  "a": {\n    "b": 1\n  }\n}',
    'function f() { return { a: 1 } }',
    '{}',
    '{ name }',
    '{user-name}',
    '{1}',
    '{a b}',
    '{name: string, age: number}',
    '{',
    '}',
    ':-{ and ;-}',
    '\\frac{1}{2}',
    '${x.y + 1}',
  ])('leaves a brace that is no placeholder as text: %s', (source) => {
    expect(shown(source)).toBe(source)
  })

  it('fills placeholders inside JSON, compact JSON too', () => {
    expect(shown('{"a":{"b":{value}}}')).toBe('{"a":{"b":<value>}}')
    expect(shown('{{"a": {{"b": {value}}}}}')).toBe('{"a": {"b": <value>}}')
  })

  it.each([
    '{x!r}',
    '{x!s:>10}',
    '{x:>10}',
    '{x:.2f}',
    '{x:d}',
    '{x:}',
    '{a.b:%Y-%m-%d}',
    '{x:{width}}',
    '{x!R}',
  ])('refuses a conversion or format specification: %s', (source) => {
    const caught = catchError(() => parseTemplate(`one\n  ${source}`, 10))
    expect(caught).toBeInstanceOf(TemplateSyntaxError)
    expect(caught).toMatchObject({ line: 11, column: 3 })
  })

  it('allows what looks like a format where the braces are doubled', () => {
    expect(shown('{{x:>10}}')).toBe('{x:>10}')
  })

  it('names each variable once, in the order of the text', () => {
    expect(templateVariables(parseTemplate('{b} {a.x} {b} {a.y} {{c}}'))).toEqual(['b', 'a.x', 'a.y'])
  })
})

describe('printTemplate', () => {
  const text = fc.string({ unit: fc.constantFrom('{', '}', 'a', ':', '!', ' ', '\n', '"') })
  const name = fc.constantFrom('a', 'topic', 'customer.name')
  const parts = fc.array(
    fc.oneof(
      text.filter((value) => value !== '').map((value) => ({ kind: 'text' as const, text: value })),
      name.map((value) => ({ kind: 'variable' as const, path: value.split('.'), line: 1, column: 1 })),
    ),
  )
  const merged = (template: Template) =>
    JSON.stringify(template.map((part) => (part.kind === 'text' ? part.text : part.path)))

  it('prints text, braces included, and variables so that they are read again as they are', () => {
    fc.assert(
      fc.property(parts, (template) => {
        const again = parseTemplate(printTemplate(template))
        expect(fill(again, (value) => `<${value}>`)).toBe(fill(template, (value) => `<${value}>`))
        expect(merged(parseTemplate(printTemplate(again)))).toBe(merged(again))
      }),
    )
  })

  it('inserts any value as it is, whatever the value contains', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('{x}', '{{', '}}', '{y!r}'), (value, brace) => {
        const inserted = value + brace + value
        expect(fill(parseTemplate('a {x} b'), () => inserted)).toBe(`a ${inserted} b`)
      }),
    )
  })
})

function catchError(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  return undefined
}
