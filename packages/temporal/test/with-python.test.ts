// examples/with-python as its README says it: installed, three programs, one server.
import { afterAll, describe, expect, it } from '@jest/globals'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findPython } from '../src/python.fixture.ts'
import { describeOnServer } from '../src/server.fixture.ts'
import { installedProject, root } from './installed-project.fixture.ts'

const python = findPython()
if (python === undefined) {
  if (process.env['RGEN_REQUIRE_PYTHON'] === '1') throw new Error('No Python with restack-ai was found')
  console.warn('Skipped: examples/with-python. scripts/python-sdk.sh makes a Python that has its package.')
  describe.skip('examples/with-python', () => it('needs a Python that has restack-ai', () => undefined))
} else {
  await describeOnServer('examples/with-python', ({ address, stop }) => {
    const project = installedProject(['examples/with-python'])
    const started: ChildProcess[] = []
    afterAll(async () => {
      for (const child of started) child.kill('SIGKILL')
      rmSync(project, { recursive: true })
      await stop()
    })
    const readme = readFileSync(join(project, 'README.md'), 'utf8')
    const env = { ...process.env, RESTACK_ENGINE_ADDRESS: address, NO_COLOR: '1' }
    /** A command of the README, which must stand there. */
    const command = (line: string): string => {
      expect(readme).toContain(line)
      return line
    }
    const start = (program: string, args: readonly string[]): ChildProcess => {
      const child = spawn(program, args, { cwd: project, env, stdio: ['ignore', 'ignore', 'pipe'] })
      started.push(child)
      return child
    }

    it('answers its Python client with what its README shows', async () => {
      // The environment that the README makes with pip, here made by scripts/python-sdk.sh.
      mkdirSync(join(project, '.venv', 'bin'), { recursive: true })
      writeFileSync(join(project, '.venv', 'bin', 'python'), `#!/bin/sh\nexec "${python}" "$@"\n`, {
        mode: 0o755,
      })
      start('sh', ['-c', `exec env ${command('RESTACK_LOG_LEVEL=ERROR .venv/bin/python python/service.py')}`])
      const { scripts } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as {
        scripts: { start: string }
      }
      expect([command('pnpm start'), scripts.start]).toEqual(['pnpm start', 'rgen start'])
      start(process.execPath, [join(root, 'packages', 'cli', 'dist', 'bin.js'), 'start'])
      // The client's agent is durable: it begins when the services are there.
      const client = command('RESTACK_LOG_LEVEL=ERROR .venv/bin/python python/client.py')
      const { stdout, stderr } = spawnSync('sh', ['-c', client], { cwd: project, env, encoding: 'utf8' })
      expect(`${stdout.trim().split('\n').at(-1) ?? ''}${stdout === '' ? stderr : ''}`).toBe(
        /^# (\{.*\})$/m.exec(readme)?.[1],
      )
    }, 240_000)
  })
}
