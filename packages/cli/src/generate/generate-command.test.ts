import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { generators, type Answer, type ConflictAnswer } from '@rgen/plop'
import { recordIo } from '../io.fixture.ts'
import { parseArguments } from '../parse-arguments.ts'
import { generateCommand } from './generate-command.ts'
import type { Questions } from './questions.ts'

/** Somebody who answers by key, and remembers what was asked. */
function person(answers: Readonly<Record<string, Answer>>, conflicts: readonly ConflictAnswer[] = []) {
  const asked: string[] = []
  const open = [...conflicts]
  const questions: Questions = {
    async ask({ key }) {
      asked.push(key)
      if (!(key in answers)) throw new Error(`Nobody answers ${key}`)
      return answers[key]
    },
    async conflict(conflict) {
      asked.push(`conflict ${conflict.path}`)
      return open.shift() ?? 'quit'
    },
    async expression(steps) {
      asked.push(`expression (${steps.map(({ name }) => name).join(', ')})`)
      return String(answers.operators)
    },
  }
  return { asked, questions }
}

function project(): string {
  const root = mkdtempSync(join(tmpdir(), 'rgen-generate-'))
  writeFileSync(join(root, 'package.json'), JSON.stringify({ dependencies: { '@rgen/runtime': '*' } }))
  return root
}

/** Calls the generator as `rgen g` does, at a terminal. */
async function generate(root: string, argv: readonly string[], { questions }: { questions: Questions }) {
  const [name = '', ...rest] = argv
  const generator = generators.find((each) => each.name === name)!
  const command = generateCommand(generator, async () => questions)
  const io = recordIo({ cwd: root, stdinIsTerminal: true })
  const parsed = parseArguments(rest, command, `rgen g ${name}`)
  const code = await command.run({ ...parsed, options: parsed.options as never, io, debug: false })
  return { code, out: io.out(), err: io.err() }
}

describe('rgen g at a terminal', () => {
  it('asks for everything when something is missing that it cannot do without', async () => {
    const root = project()
    const somebody = person({ name: 'Concierge', withLlm: false, events: 'message,end' })
    expect(await generate(root, ['agent'], somebody)).toMatchObject({ code: 0 })
    expect(somebody.asked).toEqual(['name', 'withLlm', 'events'])
    expect(readFileSync(join(root, 'src/agents/concierge.ts'), 'utf8')).toContain(
      'rgen g agent Concierge --events message,end',
    )
  })

  it('asks nothing of somebody who has said everything, and not again for what was given', async () => {
    const root = project()
    const somebody = person({ name: 'Concierge', events: '' })
    await generate(root, ['agent', 'Research'], somebody)
    expect(somebody.asked).toEqual([])
    await generate(root, ['agent', '--no-with-llm'], somebody)
    expect(somebody.asked).toEqual(['name', 'events'])
  })

  it.each([['--yes'], ['--no-input'], ['--json']])('asks nothing with %s', async (flag) => {
    const somebody = person({})
    await expect(generate(project(), ['agent', flag], somebody)).rejects.toMatchObject({
      code: 'CLI_MISSING_ANSWER',
      exitCode: 2,
    })
    expect(somebody.asked).toEqual([])
  })

  it('offers the steps of the project for an expression, shows its picture, and writes after a yes', async () => {
    const root = project()
    await generate(root, ['function', 'Draft'], person({}))
    const somebody = person({ name: 'Blog', operators: 'DRAFT -> PUBLISH', style: 'functions', write: true })
    const { err } = await generate(root, ['pipeline'], somebody)
    expect(somebody.asked).toEqual(['name', 'expression (draft)', 'style', 'write'])
    expect(err).toContain('→ in order\n├─ DRAFT\n└─ PUBLISH\n')
    expect(err).toContain('create  src/workflows/blog.ts')
    expect(existsSync(join(root, 'src/workflows/blog.ts'))).toBe(true)
  })

  it('asks nothing about files that are only shown', async () => {
    const somebody = person({ name: 'Blog', operators: 'DRAFT -> PUBLISH', style: 'functions' })
    const { out } = await generate(project(), ['pipeline', '--dry-run'], somebody)
    expect(somebody.asked).not.toContain('write')
    expect(out).toContain('Nothing was written.')
  })

  it('warns of what is legal and yet worth a second look, and shows where it is', async () => {
    const argv = ['pipeline', 'Blog', '--operators', 'DRAFT <-> DRAFT', '--dry-run']
    const { code, err } = await generate(project(), argv, person({}))
    expect(code).toBe(0)
    expect(err).toContain(
      '! the loop runs one and the same step, "DRAFT", again and again\n  --operators:1:1\n',
    )
    const { out } = await generate(project(), [...argv, '--json'], person({}))
    expect((JSON.parse(out) as { warnings: string[] }).warnings).toHaveLength(1)
  })

  it('writes nothing after a no', async () => {
    const root = project()
    const somebody = person({ name: 'Blog', operators: 'DRAFT -> PUBLISH', style: 'functions', write: false })
    await expect(generate(root, ['pipeline'], somebody)).rejects.toMatchObject({ code: 'GEN_QUIT' })
    expect(existsSync(join(root, 'src'))).toBe(false)
  })

  it.each<[ConflictAnswer[], string]>([
    [['overwrite'], 'generated'],
    [['diff', 'skip'], 'mine'],
    [['all'], 'generated'],
    [['quit'], 'mine'],
  ])('asks about a file that differs, and does what is answered: %j', async (answers, whose) => {
    const root = project()
    const file = join(root, 'src/functions/send-email.ts')
    await generate(root, ['function', 'SendEmail', '--omit-tests'], person({}))
    writeFileSync(file, '// mine\n')
    const somebody = person({}, answers)
    await generate(root, ['function', 'SendEmail', '--omit-tests'], somebody).catch((error: unknown) => {
      expect(error).toMatchObject({ code: 'GEN_QUIT' })
    })
    expect(somebody.asked).toEqual(answers.map(() => 'conflict src/functions/send-email.ts'))
    expect(readFileSync(file, 'utf8') === '// mine\n').toBe(whose === 'mine')
  })
})
