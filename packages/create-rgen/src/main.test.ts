import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { GenerateError, type Question } from '@rgen/plop'
import { main, type World } from './main.ts'
import { detectPackageManager } from './package-manager.ts'

let cwd: string
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'create-rgen-'))
})
afterEach(() => rmSync(cwd, { recursive: true, force: true }))

/** A world without terminal, git and package manager, which remembers what happened in it. */
function world(more: Partial<World> = {}) {
  const said = { out: '', err: '', ran: [] as string[], asked: [] as Question[] }
  const fake: World = {
    cwd,
    env: {},
    stdinIsTerminal: false,
    stdoutIsTerminal: false,
    out: (text) => (said.out += text),
    err: (text) => (said.err += text),
    ask: async (question) => {
      said.asked.push(question)
      return question.type === 'text' ? 'asked-desk' : question.type === 'yes-no' ? false : undefined
    },
    run: async (program, args) => {
      said.ran.push([program, ...args].join(' '))
      return args[0] === 'rev-parse' ? 128 : 0
    },
    now: () => 0,
    ...more,
  }
  return { said, run: (...args: string[]) => main(args, fake) }
}
const manifest = (name: string) =>
  JSON.parse(readFileSync(join(cwd, name, 'package.json'), 'utf8')) as { name: string }

describe('create-rgen', () => {
  it('makes a project, a repository in it, and installs', async () => {
    const { said, run } = world({ env: { npm_config_user_agent: 'pnpm/12.21.0 npm/? node/v20.20.2' } })
    expect(await run('research-desk')).toBe(0)
    expect(manifest('research-desk').name).toBe('research-desk')
    expect(readdirSync(cwd)).toEqual(['research-desk'])
    expect(existsSync(join(cwd, 'research-desk/src/agents/research.ts'))).toBe(true)
    expect(said.ran).toEqual([
      'git rev-parse --is-inside-work-tree',
      'git init --quiet --initial-branch=main',
      'pnpm install',
    ])
    expect(said.out).toContain('cd research-desk\n  pnpm dev\n')
    expect(said.asked).toEqual([])
  })

  it('asks on a terminal for what no flag says, and for nothing else', async () => {
    const { said, run } = world({ stdinIsTerminal: true, stdoutIsTerminal: true })
    expect(await run('--start', 'empty')).toBe(0)
    expect(said.asked.map((question) => question.key)).toEqual(['name', 'install'])
    expect(readdirSync(cwd)).toEqual(['asked-desk'])
    expect(said.ran).not.toContain('npm install')
  })

  it('asks nothing with --yes', async () => {
    const { said, run } = world({ stdinIsTerminal: true, stdoutIsTerminal: true })
    expect(await run('--yes', '--no-install', '--no-git')).toBe(0)
    expect(said).toMatchObject({ asked: [], ran: [] })
    expect(readdirSync(cwd)).toEqual(['my-agents'])
  })

  it('says what is missing when nobody can be asked', async () => {
    const { said, run } = world()
    expect(await run()).toBe(2)
    expect(said.err).toContain('create-rgen my-agents')
    expect(readdirSync(cwd)).toEqual([])
  })

  it('puts a project with a scope into a folder without it', async () => {
    expect(await world().run('@acme/desk', '--no-install')).toBe(0)
    expect(manifest('desk').name).toBe('@acme/desk')
  })

  it('prints one line of JSON and nothing else on standard output when asked to', async () => {
    const { said, run } = world()
    expect(await run('desk', '--start=pipeline', '--pm', 'npm', '--no-install', '--json')).toBe(0)
    expect(JSON.parse(said.out)).toMatchObject({
      name: 'desk',
      folder: join(cwd, 'desk'),
      start: 'pipeline',
      packageManager: 'npm',
      git: true,
      installed: false,
      next: ['cd desk', 'npm install', 'npm run dev', expect.stringContaining('npx rgen run Blog')],
    })
  })

  it('refuses a folder that is not empty, and a file, and leaves both as they are', async () => {
    mkdirSync(join(cwd, 'desk'))
    writeFileSync(join(cwd, 'desk', 'mine.txt'), 'mine')
    writeFileSync(join(cwd, 'note'), 'mine')
    const { said, run } = world()
    expect(await run('desk')).toBe(1)
    expect(await run('note')).toBe(1)
    expect(said.err).toContain('GEN_NOT_EMPTY')
    expect(readdirSync(cwd, { recursive: true }).sort()).toEqual(['desk', join('desk', 'mine.txt'), 'note'])
  })

  it('takes an empty folder that is there already', async () => {
    mkdirSync(join(cwd, 'desk'))
    expect(await world().run('desk', '--no-install')).toBe(0)
    expect(manifest('desk').name).toBe('desk')
  })

  it.each([
    [['../x'], 'GEN_PROJECT_NAME'],
    [['UPPER'], 'GEN_PROJECT_NAME'],
    [['🚀'], 'GEN_PROJECT_NAME'],
    [['desk', '--start', 'nothing'], 'GEN_REQUEST'],
    [['desk', '--start'], 'GEN_REQUEST'],
    [['desk', '--pm', 'make'], 'GEN_REQUEST'],
    [['desk', '--strat', 'agent'], 'GEN_REQUEST'],
    [['desk', 'two'], 'GEN_REQUEST'],
    [['desk', '-x'], 'GEN_REQUEST'],
    [['desk', '--yes=no'], 'GEN_REQUEST'],
    [['desk', '--pm', 'npm', '--pm', 'pnpm'], 'GEN_REQUEST'],
    [['desk', '--start', 'empty', '--tools', 'calculate'], 'GEN_REQUEST'],
  ])('refuses %j with exit code 2 and leaves no file behind', async (args, code) => {
    const { said, run } = world()
    expect(await run(...args)).toBe(2)
    expect(said.err).toContain(`${code} · nothing was written`)
    expect(readdirSync(cwd)).toEqual([])
  })

  it.each([
    [['--strat', 'agent'], 'Did you mean --start?'],
    [['--start', 'agnet'], 'Write --start agent'],
    [['--no-instal'], 'Did you mean --no-install?'],
  ])('names what was probably meant by %j', async (args, hint) => {
    const { said, run } = world()
    expect(await run('desk', ...args)).toBe(2)
    expect(said.err).toContain(hint)
  })

  it('takes a switch in front of the name', async () => {
    expect(await world().run('--yes', 'desk', '--no-install', '--git')).toBe(0)
    expect(readdirSync(cwd)).toEqual(['desk'])
  })

  it('ends with 130 and leaves nothing behind when a question is left by Ctrl+C', async () => {
    const ask: World['ask'] = async () => {
      throw new GenerateError('GEN_QUIT', 'Stopped at your word. Nothing was written.')
    }
    const { said, run } = world({ stdinIsTerminal: true, stdoutIsTerminal: true, ask })
    expect(await run()).toBe(130)
    expect(said.err).toBe('✖ Stopped at your word. Nothing was written.\n  GEN_QUIT\n')
    expect(readdirSync(cwd)).toEqual([])
  })

  it('keeps the project, says so and ends with 130 when the installation is left by Ctrl+C', async () => {
    const { said, run } = world({ run: async (program) => (program === 'git' ? 0 : 130) })
    expect(await run('desk')).toBe(130)
    expect(said.err).toContain('npm install was stopped. The project is complete')
    expect(said.out).toContain('npm install')
  })

  it('goes on without git, and makes no repository inside another', async () => {
    const without = world({ run: async () => undefined })
    expect(await without.run('one', '--no-install')).toBe(0)
    expect(without.said.err).toContain('git: not found')
    const inside = world({ run: async (_, args) => (args[0] === 'rev-parse' ? 0 : 1) })
    expect(await inside.run('two', '--no-install', '--json')).toBe(0)
    expect(JSON.parse(inside.said.out)).toMatchObject({ git: false })
  })

  it('keeps the project and ends with 1 when the installation fails', async () => {
    const { said, run } = world({ run: async (program) => (program === 'git' ? 0 : 1) })
    expect(await run('desk')).toBe(1)
    expect(manifest('desk').name).toBe('desk')
    expect(said.err).toContain('The project is complete')
    expect(said.out).toContain('npm install')
    expect(said.out).not.toContain('Ready')
  })

  it('teaches with --help, and prints its version', async () => {
    const { said, run } = world()
    expect(await run('--help')).toBe(0)
    expect(said.out).toContain('pnpm create rgen research-desk')
    expect(await run('--version')).toBe(0)
    expect(said.out).toMatch(/\n\d+\.\d+\.\d+\n$/)
  })
})

describe('detectPackageManager', () => {
  it.each([
    ['pnpm/12.21.0 npm/? node/v20.20.2 linux x64', 'pnpm'],
    ['yarn/4.9.1 npm/? node/v22', 'yarn'],
    ['bun/1.2.0', 'bun'],
    ['npm/10.8.2 node/v20.20.2', 'npm'],
    [undefined, 'npm'],
  ])('reads %s as %s', (userAgent, manager) => {
    expect(detectPackageManager(userAgent)).toBe(manager)
  })
})
