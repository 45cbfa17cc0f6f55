import { describe, expect, it } from '@jest/globals'
import { flagsOf } from '../flags.ts'
import { generators } from '../generators/table.ts'
import { project } from '../project.fixture.ts'
import { questionsOf } from './generator-questions.ts'
import { mayAsk } from './may-ask.ts'
import { projectQuestions } from './project-questions.ts'
import { collect, type Answer, type Question } from './question.ts'

const terminal = { stdinIsTerminal: true, stdoutIsTerminal: true, env: {} }

describe('mayAsk', () => {
  it('asks on a terminal only', () => {
    expect(mayAsk(terminal)).toBe(true)
    expect(mayAsk({ ...terminal, stdinIsTerminal: false })).toBe(false)
    expect(mayAsk({ ...terminal, stdoutIsTerminal: false })).toBe(false)
  })

  it('asks nothing in CI, or when told not to', () => {
    expect(mayAsk({ ...terminal, env: { CI: 'true' } })).toBe(false)
    expect(mayAsk({ ...terminal, env: { CI: 'false' } })).toBe(true)
    expect(mayAsk({ ...terminal, env: { RGEN_NO_INPUT: '1' } })).toBe(false)
    expect(mayAsk({ ...terminal, yes: true })).toBe(false)
    expect(mayAsk({ ...terminal, noInput: true })).toBe(false)
  })
})

const full = project({
  'config/tools.yaml': 'servers:\n  - name: research\n    module: src/tools/research.mcp.ts\n',
  'config/prompts.yaml': 'prompts:\n  sum-up:\n    versions: { 1.0.0: prompts/sum-up/v1.0.0.md }\n',
})

/** Answers every question with its first choice, and remembers them. */
function firstChoices(asked: Question[]): (question: Question) => Promise<Answer> {
  return async (question) => {
    asked.push(question)
    if (question.type === 'yes-no') return true
    if (question.type === 'one') return question.choices[0]?.value
    return question.type === 'several' ? question.choices.map((choice) => choice.value) : 'SomeName'
  }
}

describe('questions', () => {
  it.each(generators.map((generator) => [generator.name, generator] as const))(
    'of %s can each be answered by a flag or an argument',
    async (name, generator) => {
      const asked: Question[] = []
      await collect({}, questionsOf(name, full), firstChoices(asked))
      const keys = new Set([
        ...generator.positional,
        ...flagsOf(generator.request, generator.positional).map((flag) => flag.key),
      ])
      expect(asked.length).toBeGreaterThan(0)
      expect(asked.map((question) => question.key).filter((key) => !keys.has(key))).toEqual([])
    },
  )

  it('ask for nothing that was given', async () => {
    const asked: Question[] = []
    const given = { name: 'desk', start: 'agent-with-tools', tools: 'calculate' }
    expect(await collect(given, projectQuestions, firstChoices(asked))).toEqual(given)
    expect(asked).toEqual([])
  })

  it('offer tools only to a project that gets a tool server', async () => {
    const asked: Question[] = []
    await collect({ name: 'desk', start: 'empty' }, projectQuestions, firstChoices(asked))
    expect(asked).toEqual([])
    await collect({ name: 'desk', start: 'agent-with-tools' }, projectQuestions, firstChoices(asked))
    expect(asked.map((question) => question.key)).toEqual(['tools'])
  })

  it('refuse a bad name while it is typed, with the message that the flag would give', async () => {
    const asked: Question[] = []
    await collect({}, questionsOf('agent', full), firstChoices(asked))
    const [name] = asked
    expect(name?.type === 'text' && name.check?.('class')).toContain('reserved word')
    expect(name?.type === 'text' && name.check?.('Research')).toBe(true)
  })
})
