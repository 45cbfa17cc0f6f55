import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from '@jest/globals'
import { folderWith, rgen } from './rgen.fixture.ts'

const nowhere = folderWith({})
const bin = fileURLToPath(new URL('../dist/bin.js', import.meta.url))

describe('the rgen binary', () => {
  it('ends with 0, 1 and 2: done, failed, not understood', async () => {
    expect(await rgen(['--help'], nowhere)).toMatchObject({ code: 0, err: '' })
    expect(await rgen(['list'], nowhere)).toMatchObject({ code: 1, out: '' })
    expect(await rgen(['lisst'], nowhere)).toMatchObject({ code: 2, out: '' })
    expect(await rgen(['g'], nowhere)).toMatchObject({ code: 2, out: '' })
  })

  it('suggests what was meant', async () => {
    expect((await rgen(['lisst'], nowhere)).err).toBe(
      '✖ There is no command `rgen lisst`\n  Did you mean `rgen list`? `rgen --help` lists the commands.\n  CLI_UNKNOWN_COMMAND\n',
    )
    expect((await rgen(['run', 'A', '--tiemout', '1s'], nowhere)).err).toContain('Did you mean --timeout?')
    expect((await rgen(['g', 'tool-sever', 'A'], nowhere)).err).toContain(
      'Did you mean `rgen g tool-server`?',
    )
  })

  it('shows a stack only with --debug', async () => {
    expect((await rgen(['list'], nowhere)).err).not.toContain('    at ')
    expect((await rgen(['list', '--debug'], nowhere)).err).toContain('    at ')
  })

  it('colours when told to, never with --no-color', async () => {
    const coloured = await rgen(['lisst'], nowhere, { FORCE_COLOR: '1' })
    expect(coloured.err).toContain('\u001b[31m✖\u001b[39m')
    expect((await rgen(['list', '--no-color'], nowhere, { FORCE_COLOR: '1' })).err).not.toContain('\u001b')
    expect((await rgen(['lisst'], nowhere, { FORCE_COLOR: '0' })).err).not.toContain('\u001b')
  })

  it('loads nothing but the frame for --help and --version', () => {
    // A hook that names every module that Node loads.
    const hook = `export async function load(url, context, next) { process._rawDebug(url); return next(url, context) }`
    const register = `import { register } from 'node:module'; register('data:text/javascript,${encodeURIComponent(hook)}')`
    for (const argv of [['--help'], ['--version']]) {
      const { stderr, stdout } = spawnSync(
        process.execPath,
        ['--import', `data:text/javascript,${encodeURIComponent(register)}`, bin, ...argv],
        { encoding: 'utf8' },
      )
      const own = stderr.split('\n').filter((url) => url.startsWith('file:'))
      expect(stdout).not.toBe('')
      expect(own.length).toBeGreaterThan(3)
      expect(own.filter((url) => !url.includes('/packages/cli/dist/') || url.includes('/commands/'))).toEqual(
        [],
      )
    }
  })

  it('ends quietly when its reader goes away', () => {
    const { status, stderr } = spawnSync('sh', ['-c', `"${process.execPath}" "${bin}" --help | head -c 1`], {
      encoding: 'utf8',
    })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })
})
