import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { PromptError } from './prompt-error.ts'
import { parsePromptFile } from './prompt-file.ts'
import { renderPrompt } from './render-prompt.ts'
import { resolveVersion } from './resolve-version.ts'

const pieces = (...choices: string[]) => fc.array(fc.constantFrom(...choices)).map((parts) => parts.join(''))

function outcome<T>(act: () => T): T | PromptError {
  try {
    return act()
  } catch (error) {
    if (error instanceof PromptError) return error
    throw error
  }
}

describe('prompts', () => {
  it('answer any file with a prompt or a PromptError that names file and line', () => {
    const body = pieces(
      '---',
      '\n',
      'version: 1.0.0',
      '<!-- user -->',
      '<!--',
      '-->',
      '{',
      '}',
      '{a}',
      '{{',
      '}}',
      '{a!r}',
      'x',
      ' ',
      '\r\n',
      ': ',
    )
    fc.assert(
      fc.property(body, fc.boolean(), (text, framed) => {
        const source = framed ? `---\nversion: 1.0.0\n---\n${text}` : text
        const result = outcome(() =>
          parsePromptFile({ name: 'p', version: '1.0.0', file: 'p.md', text: source }),
        )
        if (result instanceof PromptError)
          expect(result).toMatchObject({ file: 'p.md', line: expect.any(Number) })
        else for (const message of rendered(result)) expect(message.content.trim()).not.toBe('')
      }),
      { numRuns: 2000 },
    )
  })

  const rendered = (prompt: Parameters<typeof renderPrompt>[0]) =>
    renderPrompt(prompt, Object.fromEntries(prompt.variables.map((name) => [name, 'A'])))

  it('answer any request with a version of the registry or a PromptError', () => {
    const versions = { '0.1.0': 'a', '1.0.0-rc.1': 'b', '1.0.0': 'c', '1.10.0': 'd', '2.0.0+b7': 'e' }
    const entry = { versions, latest: '1.0.0', resolution: 'semver' as const, labels: { live: '1.0.0' } }
    const request = fc.oneof(
      fc.string(),
      pieces('1', '0', '.', '^', '~', '>', '<', '=', '-', '+', 'x', '*', '|', ' ', 'rc', 'v', '\n', 'live'),
    )
    fc.assert(
      fc.property(request, (wanted) => {
        const result = outcome(() => resolveVersion('p', entry, { request: wanted }))
        if (result instanceof PromptError) expect(result.message).toMatch(/version|label/)
        else expect(Object.keys(versions)).toContain(result.version)
      }),
      { numRuns: 5000 },
    )
  })
})
