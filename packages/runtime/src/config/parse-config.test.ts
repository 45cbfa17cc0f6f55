import { describe, expect, it } from '@jest/globals'
import { inspect } from 'node:util'
import { z } from 'zod'
import { ConfigError } from './config-error.ts'
import { parseConfig, parseConfigDocument } from './parse-config.ts'

const server = z.strictObject({
  name: z.string().min(1),
  transport: z.enum(['stdio', 'http']).default('stdio'),
  port: z.int().min(1).optional(),
  env: z.record(z.string(), z.string()).optional(),
})
const schema = z.strictObject({ servers: z.array(server) })
const read = (text: string, env: Record<string, string | undefined> = {}) =>
  parseConfig({ text, file: 'config/tools.yaml', schema, env })

function problemsOf(text: string, env: Record<string, string | undefined> = {}): string {
  try {
    read(text, env)
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  throw new Error('expected a ConfigError')
}

describe('parseConfig', () => {
  it('applies the defaults of the schema', () => {
    expect(read('servers:\n  - name: a')).toEqual({ servers: [{ name: 'a', transport: 'stdio' }] })
  })

  it('reads an empty file, or one of comments alone, as an empty mapping', () => {
    const everything = z.strictObject({ a: z.string().default('x') })
    for (const text of ['', '\n\n', '# nothing\n', '---\n', '\uFEFF'])
      expect(parseConfig({ text, file: 'f', schema: everything, env: {} })).toEqual({ a: 'x' })
  })

  it('names file, line, column and the nearest known key of a typo', () => {
    expect(problemsOf('servers:\n  - name: a\n    transprt: http\n')).toBe(
      'config/tools.yaml:3:5 unknown key "transprt" in servers[0]. Did you mean "transport"?',
    )
  })

  it('lists the known keys when none is near', () => {
    expect(problemsOf('colour: red\nservers: []')).toBe(
      'config/tools.yaml:1:1 unknown key "colour". Known keys: servers.',
    )
  })

  it('reports all problems of a file in the order of its lines', () => {
    const text = ['servers:', '  - nme: a', '    port: many', '    env: { KEY: "${NOT_SET}" }'].join('\n')
    expect(problemsOf(text).split('\n')).toEqual([
      'config/tools.yaml:2:5 servers[0].name is missing (a text).',
      'config/tools.yaml:2:5 unknown key "nme" in servers[0]. Did you mean "name"?',
      'config/tools.yaml:3:11 servers[0].port must be a number, not a text.',
      'config/tools.yaml:4:17 the environment variable NOT_SET is not set. Set it, or give a default: ${NOT_SET:-…}.',
    ])
  })

  it('says what is allowed where a word is not', () => {
    expect(problemsOf('servers: [{ name: a, transport: carrier-pigeon }]')).toBe(
      'config/tools.yaml:1:33 servers[0].transport must be one of stdio, http.',
    )
  })

  it('resolves variables after parsing, so that no value can break the file', () => {
    for (const value of ['a: b', '#x', '"', "'", 'one\ntwo', '${OTHER}', '- x', '*a', '{', '$$', '\u0000'])
      expect(
        read('servers:\n  - name: a\n    env: { KEY: "${KEY}" }', { KEY: value }).servers[0]?.env,
      ).toEqual({ KEY: value })
  })

  it('leaves keys alone, also when they look like a variable', () => {
    expect(read('servers: [{ name: a, env: { "${X}": y } }]').servers[0]?.env).toEqual({ '${X}': 'y' })
  })

  it('reads a variable as a number or as true where the schema wants one', () => {
    const typed = z.strictObject({ port: z.int(), open: z.boolean(), name: z.string() })
    const text = 'port: ${PORT:-80}\nopen: ${OPEN:-true}\nname: ${PORT:-80}'
    expect(parseConfig({ text, file: 'f', schema: typed, env: {} })).toEqual({
      port: 80,
      open: true,
      name: '80',
    })
    expect(() => parseConfig({ text, file: 'f', schema: typed, env: { PORT: 'eighty' } })).toThrow(
      'f:1:7 port must be a number, not a text.',
    )
  })

  it('never shows what a variable or a value holds', () => {
    const secret = 'sk-canary-0123456789'
    const texts = [
      'servers: [{ name: a, port: ${KEY} }]',
      `servers: [{ name: a, port: ${secret} }]`,
      `servers: ${secret}`,
      secret,
      `servers: "${secret}`,
      `- a\n${secret}: ${secret}: x`,
      `servers: [{ name: a, transport: ${secret} }]`,
      `servers: *${secret}`,
    ]
    for (const text of texts) {
      let caught: unknown
      try {
        read(text, { KEY: secret })
      } catch (error) {
        caught = error
      }
      expect(caught).toBeInstanceOf(ConfigError)
      expect(inspect(caught, { depth: 9 })).not.toContain(secret)
    }
  })

  it('explains the alternative of a union that the value resembles', () => {
    const target = z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('a'), size: z.number() }),
      z.strictObject({ kind: z.literal('b') }),
    ])
    const union = z.strictObject({
      target,
      list: z.union([z.string(), z.strictObject({ limit: z.number() })]),
    })
    const attempt = (text: string) => () => parseConfig({ text, file: 'f', schema: union, env: {} })
    expect(attempt('target: { kind: a, size: big }\nlist: x')).toThrow(
      'f:1:26 target.size must be a number, not a text.',
    )
    expect(attempt('target: { kind: c }\nlist: x')).toThrow('f:1:17 target.kind must be one of a, b.')
    expect(attempt('target: { kind: b }\nlist: { limt: 3 }')).toThrow(
      'f:2:9 unknown key "limt" in list. Did you mean "limit"?',
    )
  })

  describe('refuses, with the place,', () => {
    const cases: [string, string, string][] = [
      ['a key that stands twice', 'servers: []\nservers: []', ':2:1 the key stands here a second time'],
      ['a tab as indentation', 'servers:\n\t- name: a', ':2:1 a tab is used as indentation'],
      ['an open quote', 'servers:\n  - name: "a\n', 'a closing quote, bracket or colon is missing'],
      ['an unknown alias', 'servers: *nothing', ':1:10 an alias (*) names an anchor'],
      ['an alias inside itself', 'servers: &a [*a]', 'an alias (*) stands inside the value that it names'],
      ['a tag', 'servers: !!js/function "x"', 'a tag (!) that is not supported here'],
      ['two documents', 'servers: []\n---\nservers: []', 'more than one document'],
      ['a mapping as a key', '? { a: b }\n: c', 'a key must be a plain word'],
      ['__proto__', 'servers: []\n__proto__: { a: b }', ':2:1 a key named __proto__ is not allowed'],
      ['a text where a list belongs', 'servers: x', ':1:10 servers must be a list, not a text'],
      ['a list at the top', '- a', ':1:1 the file must be a mapping, not a list'],
      [
        'a reference that is not closed',
        'servers: [{ name: "${A" }]',
        'a variable reference is not closed with }',
      ],
    ]
    it.each(cases)('%s', (_, text, expected) => {
      expect(problemsOf(text)).toContain(expected)
    })

    it('anchors that multiply without end', () => {
      const levels = Array.from({ length: 12 }, (_, level) =>
        level === 0
          ? 'l0: &l0 [x, x]'
          : `l${level}: &l${level} [${Array(10)
              .fill(`*l${level - 1}`)
              .join(', ')}]`,
      )
      expect(problemsOf(levels.join('\n'))).toContain('too large once its aliases are expanded')
    })

    it('nesting that would exhaust the stack', () => {
      expect(problemsOf('servers: ' + '['.repeat(50_000))).toMatch(/nested too deeply|closing quote, bracket/)
    })
  })

  it('takes in what << names, own keys winning', () => {
    const text = 'base: &base { name: b, port: 1 }\nservers:\n  - { <<: *base, name: own }'
    const open = z.strictObject({ base: server, servers: z.array(server) })
    expect(parseConfig({ text, file: 'f', schema: open, env: {} }).servers).toEqual([
      { name: 'own', port: 1, transport: 'stdio' },
    ])
  })
})

describe('parseConfigDocument', () => {
  const keys = z.strictObject({
    providers: z.array(z.strictObject({ name: z.string(), api_key: z.string().optional() })),
  })
  const text = 'providers:\n  - name: a\n    api_key: ${A_KEY}\n  - name: b\n    api_key: ${B_KEY}\n'
  const lenient = ['providers.*.api_key']

  it('leaves out a lenient value whose variable is unset or empty, and names it', () => {
    const document = parseConfigDocument({
      text,
      file: 'f',
      schema: keys,
      env: { A_KEY: 'x', B_KEY: '' },
      lenient,
    })
    expect(document.value.providers).toEqual([{ name: 'a', api_key: 'x' }, { name: 'b' }])
    expect(document.unset).toEqual([
      { name: 'B_KEY', path: ['providers', 1, 'api_key'], set: false, line: 5, column: 14 },
    ])
    expect(document.variables.map(({ name, set }) => [name, set])).toEqual([
      ['A_KEY', true],
      ['B_KEY', false],
    ])
  })

  it('tells where a value stands', () => {
    const document = parseConfigDocument({ text, file: 'f', schema: keys, env: {}, lenient })
    expect(document.locate(['providers', 1, 'name'])).toEqual({ line: 4, column: 11 })
  })

  it('takes verbatim values as they are written', () => {
    const versions = z.strictObject({ latest: z.string(), versions: z.record(z.string(), z.string()) })
    const file = {
      text: 'latest: 1.10\nversions: { 1.10: a, 2.0: 007 }',
      file: 'f',
      schema: versions,
      env: {},
    }
    expect(parseConfigDocument({ ...file, verbatim: ['latest', 'versions.*'] }).value).toEqual({
      latest: '1.10',
      versions: { '1.10': 'a', '2.0': '007' },
    })
  })
})
