import { describe, expect, it } from '@jest/globals'
import { isGroup } from './command.ts'
import { commands } from './commands.ts'
import { recordIo } from './io.fixture.ts'
import { main } from './main.ts'

async function run(...argv: string[]) {
  const io = recordIo({ cwd: '/' })
  const code = await main(argv, io)
  return { code, out: io.out(), err: io.err() }
}

describe('main', () => {
  it('introduces itself when called with nothing, and with --help', async () => {
    const alone = await run()
    expect(alone).toMatchObject({ code: 0, err: '' })
    expect(alone.out).toMatch(/^Usage\n {2}rgen <command> \[options\]\n/)
    expect((await run('--help')).out).toBe(alone.out)
    for (const { name } of commands) expect(alone.out).toMatch(new RegExp(`^ {2}${name}[, ]`, 'm'))
  })

  it('tells its version', async () => {
    for (const flag of ['--version', '-v']) expect((await run(flag)).out).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  it.each([
    [['docter'], 'CLI_UNKNOWN_COMMAND', 'Did you mean `rgen doctor`?'],
    [['doctor', '--jsno'], 'CLI_UNKNOWN_OPTION', 'Did you mean --json?'],
    [['--verson'], 'CLI_UNKNOWN_OPTION', 'Did you mean --version?'],
    [['g', 'agnet', 'X'], 'CLI_UNKNOWN_COMMAND', 'Did you mean `rgen g agent`?'],
    [['run'], 'CLI_MISSING_ARGUMENT', '`rgen run --help` shows examples.'],
  ])('answers %j with exit code 2 and a suggestion', async (argv, errorCode, suggestion) => {
    const { code, out, err } = await run(...argv)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(errorCode)
    expect(err).toContain(suggestion)
  })

  it('fails with 1 where there is no project, and as JSON with --json', async () => {
    expect(await run('list')).toMatchObject({
      code: 1,
      err: expect.stringContaining('✖ No rgen project in / or above it'),
    })
    const { code, out, err } = await run('list', '--json')
    expect({ code, err }).toEqual({ code: 1, err: '' })
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'CLI_NO_PROJECT', exitCode: 1 } })
  })

  it('takes global flags before the command too', async () => {
    const { err } = await run('--cwd', '/usr', 'list')
    expect(err).toContain('No rgen project in /usr')
  })

  it('teaches with examples in every help page', async () => {
    for (const entry of commands) {
      const node = await entry.load()
      const pages = isGroup(node)
        ? [[entry.name], ...node.commands.map(({ name }) => [entry.name, name])]
        : [[entry.name]]
      for (const page of pages) {
        const { code, out } = await run(...page, '--help')
        expect({ page, code }).toEqual({ page, code: 0 })
        expect(out).toContain(`\nExamples\n  `)
        expect(out).toContain(`  rgen ${page.join(' ')}`)
      }
    }
  })
})
