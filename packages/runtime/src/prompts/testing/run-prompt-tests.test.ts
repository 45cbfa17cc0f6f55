import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadPrompts } from '../load-prompts.ts'
import { registryYaml, testProject, type TestProject } from '../project.fixture.ts'
import { askAndRecord, askRecordings, type Ask, type PromptAnswer } from './recordings.ts'
import { runPromptTests } from './run-prompt-tests.ts'
import { loadPromptTests } from './tests-file.ts'

let project: TestProject
beforeEach(() => {
  project = testProject({ 'config/prompts.yaml': registryYaml('greet', ['1.0.0', '1.1.0']) })
  project.prompt('greet', '1.0.0', 'Hello {name}', 'model: m\n')
  project.prompt('greet', '1.1.0', 'Bye {name}')
})
afterEach(() => project[Symbol.dispose]())

const answer = (content: string, costUsd: number | null = 0.002): PromptAnswer => ({
  content,
  provider: 'p',
  model: 'm-1',
  costUsd,
})
const asks =
  (content: string, costUsd?: number | null): Ask =>
  async () =>
    answer(content, costUsd)

async function run(expectation: string, ask: Ask, versions: readonly (string | undefined)[] = ['1.0.0']) {
  project.write(
    'prompts/greet/tests.yaml',
    `tests:\n  - name: t\n    variables: { name: Ada }\n    expect: ${expectation}\n`,
  )
  const cases = loadPromptTests(project.root, 'greet')
  return runPromptTests({ prompts: loadPrompts(project.root), name: 'greet', versions, cases, ask })
}
const failuresOf = async (...given: Parameters<typeof run>) =>
  (await run(...given)).flatMap(({ failures }) => failures)

describe('runPromptTests', () => {
  it('tries each case with each version', async () => {
    const results = await run('{ prompt_contains: Hello Ada }', asks(''), ['1.0.0', undefined])
    expect(results).toEqual([
      { test: 't', version: '1.0.0', status: 'passed', failures: [] },
      {
        test: 't',
        version: '1.1.0',
        status: 'failed',
        failures: ['the prompt does not contain "Hello Ada"'],
      },
    ])
  })

  it('looks for parts and patterns in the answer', async () => {
    expect(await run('{ contains: [a, b], not_contains: z, regex: "^b" }', asks('a\nb'))).toEqual([
      { test: 't', version: '1.0.0', status: 'passed', failures: [], model: 'm-1', costUsd: 0.002 },
    ])
    expect(
      await failuresOf('{ contains: [a, q], not_contains: b, regex: ["^c", "("] }', asks('a b')),
    ).toEqual([
      'does not contain "q"',
      'contains "b"',
      'does not match ^c',
      'regex "(" is not a regular expression',
    ])
  })

  it('holds JSON to its schema, in a block of Markdown too', async () => {
    const schema = '{ json_schema: { type: object, required: [a], properties: { a: { type: number } } } }'
    expect(await failuresOf(schema, asks('```json\n{"a": 1}\n```'))).toEqual([])
    expect(await failuresOf(schema, asks('{"a": "x"}'))).toEqual([
      expect.stringContaining('does not fit the schema at a'),
    ])
    expect(await failuresOf(schema, asks('no'))).toEqual(['is not JSON'])
  })

  it('holds an answer to its cost; an unknown cost is not a low one', async () => {
    expect(await failuresOf('{ max_cost_usd: 0.002 }', asks('x'))).toEqual([])
    expect(await failuresOf('{ max_cost_usd: 0.001 }', asks('x'))).toEqual([
      'cost 0.002 US dollars, more than 0.001',
    ])
    expect(await failuresOf('{ max_cost_usd: 1 }', asks('x', null))).toEqual([
      'has no known cost: the model has no price',
    ])
  })

  it('asks a judge about the answer', async () => {
    const judged =
      (reply: string): Ask =>
      async ({ messages }) =>
        answer(messages[0]?.content.startsWith('You judge') === true ? reply : 'Hi Ada')
    const question = '{ judge: "Is it kind?" }'
    expect(await failuresOf(question, judged('{"pass": true}'))).toEqual([])
    expect(await failuresOf(question, judged('{"pass": false, "reason": "Curt."}'))).toEqual([
      'the judge says no to "Is it kind?": Curt.',
    ])
    expect(await failuresOf(question, judged('Yes!'))).toEqual(['the judge did not reply as asked'])
  })

  it('fails a case whose variables do not fit the version', async () => {
    project.prompt('greet', '1.0.0', 'Hello {name} {other}')
    expect(await failuresOf('{ contains: x }', asks('x'))).toEqual([
      'Prompt "greet" 1.0.0 lacks the variable other.',
    ])
  })

  it('answers from recordings, which a changed prompt no longer has', async () => {
    const record = askAndRecord(project.root, 'greet', asks('Hi Ada'), () => new Date(0))
    expect((await run('{ contains: Hi }', record))[0]?.status).toBe('passed')
    const file = JSON.parse(
      readFileSync(join(project.root, 'prompts/greet/recordings.json'), 'utf8'),
    ) as object
    expect(Object.values(file)).toEqual([{ ...answer('Hi Ada'), recordedAt: '1970-01-01T00:00:00.000Z' }])
    const replay = () => askRecordings(project.root, 'greet')
    expect((await run('{ contains: Hi }', replay()))[0]).toMatchObject({ status: 'passed', model: 'm-1' })
    project.prompt('greet', '1.0.0', 'Hey {name}', 'model: m\n')
    expect((await run('{ contains: Hi }', replay()))[0]?.status).toBe('unrecorded')
  })

  it('reports mistakes in the file of cases with their place', async () => {
    await expect(run('{ contans: x }', asks('x'))).rejects.toThrow(
      'prompts/greet/tests.yaml:4:15 unknown key "contans" in tests[0].expect. Did you mean "contains"?',
    )
    project.write('prompts/greet/recordings.json', '[]')
    expect(() => askRecordings(project.root, 'greet')).toThrow(
      expect.objectContaining({ code: 'PROMPT_TESTS' }),
    )
  })
})
