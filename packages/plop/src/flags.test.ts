import { describe, expect, it } from '@jest/globals'
import { commandLine, flagsOf, parseRequest } from './flags.ts'
import { agentRequest, toolServerRequest } from './generators/requests.ts'
import { generators } from './generators/table.ts'

describe('flagsOf', () => {
  it('derives name, type, values and default from the schema of the request', () => {
    const flags = flagsOf(toolServerRequest, ['name'])
    expect(flags.find((flag) => flag.key === 'transport')).toMatchObject({
      flag: '--transport',
      type: 'string',
      choices: ['stdio', 'http', 'sse'],
      default: 'stdio',
    })
    expect(flags.find((flag) => flag.key === 'tools')).toMatchObject({ type: 'list', choices: undefined })
    expect(flags.find((flag) => flag.key === 'port')).toMatchObject({ type: 'integer' })
    expect(flags.find((flag) => flag.key === 'omitTests')).toMatchObject({
      flag: '--omit-tests',
      type: 'boolean',
    })
  })

  it.each(generators.map((generator) => [generator.name, generator] as const))(
    'describes every flag of %s',
    (_, one) => {
      for (const flag of flagsOf(one.request, one.positional)) expect(flag.description).toMatch(/^[A-Z].*\.$/)
      expect(one.examples.length).toBeGreaterThan(0)
    },
  )
})

describe('commandLine', () => {
  const command = (request: Record<string, unknown>) =>
    commandLine('rgen g agent', agentRequest, ['name'], request)

  it('names what differs from the defaults', () => {
    expect(command({ name: 'A', withLlm: true, tools: ['a', 'b'], events: [], omitTests: false })).toBe(
      'rgen g agent A --with-llm --tools a,b',
    )
  })

  it('can be pasted into a shell, and is one line whatever is in it', () => {
    expect(command({ name: 'A', prompt: 'a "b" $c `d`\nrm -rf' })).toBe(
      'rgen g agent A --prompt "a \\"b\\" \\$c \\`d\\` rm -rf"',
    )
  })
})

describe('parseRequest', () => {
  it('takes a list as text with commas or as a list', () => {
    expect(parseRequest(agentRequest, { name: 'A', tools: 'a, b,' }).tools).toEqual(['a', 'b'])
    expect(parseRequest(agentRequest, { name: 'A', tools: ['a', 'b'] }).tools).toEqual(['a', 'b'])
  })

  it('names every flag that is wrong at once', () => {
    expect(() => parseRequest(toolServerRequest, { name: 'A', port: 99_999, transport: 'x' })).toThrow(
      expect.objectContaining({
        code: 'GEN_REQUEST',
        message: expect.stringMatching(/--transport[\s\S]*--port/),
      }),
    )
  })
})
