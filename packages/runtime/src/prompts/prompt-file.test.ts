import { describe, expect, it } from '@jest/globals'
import { PromptError } from './prompt-error.ts'
import { hashPrompt, parsePromptFile } from './prompt-file.ts'

const parse = (text: string, version = '1.0.0') =>
  parsePromptFile({ name: 'summary', version, file: `prompts/summary/v${version}.md`, text })

const simple = '---\nversion: 1.0.0\n---\nSummarise {text}.\n'

describe('parsePromptFile', () => {
  it('reads the template of the seed: a comment, front matter, one user message', () => {
    const prompt = parse(
      [
        '<!-- prompts/research_prompt/v1.0.0.md -->',
        '---\nversion: 1.0.0\nmodel: gpt-4o\ntemperature: 0.7\nmax_tokens: 4096\n---\n',
        'You are a research analyst.\n\n## Topic\n{topic}\n\n## Context\n{context}\n',
      ].join('\n'),
    )
    expect(prompt.settings).toEqual({ model: 'gpt-4o', temperature: 0.7, maxTokens: 4096 })
    expect(prompt.messages.map(({ role }) => role)).toEqual(['user'])
    expect(prompt.variables).toEqual(['topic', 'context'])
  })

  it('splits the body into messages by marks', () => {
    const prompt = parse(
      '---\nversion: 1.0.0\n---\n\n<!-- system -->\nBe brief.\n<!-- USER -->\n{a}\n<!--assistant-->ok\n',
    )
    expect(prompt.messages.map(({ role, template }) => [role, template.length])).toEqual([
      ['system', 1],
      ['user', 1],
      ['assistant', 1],
    ])
  })

  it('leaves other comments, and rules of dashes, in the template', () => {
    const prompt = parse('---\nversion: 1.0.0\n---\na\n---\n<!-- note -->\nb\n')
    expect(prompt.messages[0]?.template).toMatchObject([{ text: 'a\n---\n<!-- note -->\nb' }])
  })

  it('reads a version as text: 1.10.0 is not 1.1, and an unquoted 1.10 is not a version', () => {
    expect(parse(simple.replace('1.0.0', '1.10.0'), '1.10.0').version).toBe('1.10.0')
    expect(() => parse(simple.replace('1.0.0', '1.10'))).toThrow('says version "1.10"')
  })

  it('has one hash for a file, whatever its line ends and byte order mark', () => {
    const windows = `\uFEFF${simple.replaceAll('\n', '\r\n')}`
    expect(parse(windows).hash).toBe(parse(simple).hash)
    expect(parse(windows).messages).toEqual(parse(simple).messages)
    expect(hashPrompt(windows)).toBe(parse(simple).hash)
    expect(parse(simple.replace('Sum', 'sum')).hash).not.toBe(parse(simple).hash)
  })

  it('takes inputs as a list, as types, or in their long form', () => {
    const inputs = (yaml: string) => parse(simple.replace('---\nSum', `${yaml}\n---\nSum`)).inputs
    expect(inputs('inputs: [text]')).toEqual({ text: {} })
    expect(inputs('inputs: { text: string }')).toEqual({ text: { type: 'string' } })
    expect(inputs('inputs:\n  text: { max_length: 10, fence: true }')).toEqual({
      text: { max_length: 10, fence: true },
    })
  })

  describe('refuses, with file and line,', () => {
    const cases: [string, string, string][] = [
      ['a file without front matter', 'Hello', ':1:1 the file does not begin with front matter'],
      [
        'front matter in a language',
        '---js\nversion: 1.0.0\n---\nx',
        ':1:1 the file does not begin with front matter',
      ],
      ['front matter that is not closed', '---\nversion: 1.0.0\nx', ':1:1 the front matter is not closed'],
      [
        'a version unlike the key',
        '---\nmodel: m\nversion: 2.0.0\n---\nx',
        ':3:10 the front matter says version "2.0.0"',
      ],
      ['a missing version', '<!-- a -->\n---\nmodel: m\n---\nx', ':3:1 version is missing (a text)'],
      [
        'an unknown key',
        '---\nversion: 1.0.0\ntemprature: 1\n---\nx',
        ':3:1 unknown key "temprature". Did you mean "temperature"?',
      ],
      [
        'a wrong type',
        '---\nversion: 1.0.0\nmax_tokens: many\n---\nx',
        ':3:13 max_tokens must be a number, not a text',
      ],
      [
        'an unknown type of input',
        '---\nversion: 1.0.0\ninputs: { a: text }\n---\n{a}',
        ':3:14 inputs.a must be one of string, number',
      ],
      ['a mistake of YAML', '---\nversion: "1.0.0\n---\nx', 'a closing quote, bracket or colon is missing'],
      ['an empty template', '---\nversion: 1.0.0\n---\n\n', 'the user message is empty'],
      [
        'an empty message',
        '---\nversion: 1.0.0\n---\n<!-- system -->\n\n<!-- user -->\nx',
        ':4:1 the system message is empty',
      ],
      [
        'text before the first mark',
        '---\nversion: 1.0.0\n---\n\nx\n<!-- user -->\ny',
        ':5:1 text stands before the first mark',
      ],
      ['a conversion', '---\nversion: 1.0.0\n---\na\n<!-- user -->\n', ':4:1 text stands before'],
      [
        'a format specification',
        '---\nversion: 1.0.0\n---\n\n<!-- user -->\n\n  a {x:>10}',
        ':7:3 {x…} has a conversion',
      ],
    ]
    it.each(cases)('%s', (_, text, expected) => {
      expect(() => parse(text)).toThrow(PromptError)
      expect(() => parse(text)).toThrow(
        `prompts/summary/v1.0.0.md${expected.startsWith(':') ? expected : ''}`,
      )
      expect(() => parse(text)).toThrow(expected)
    })
  })
})
