// The tests that generators write, run as they are on a real server: its address in the environment is all it takes.
import { afterAll, expect, it } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describeOnServer } from '../src/server.fixture.ts'
import { installedProject, root } from './installed-project.fixture.ts'

await describeOnServer('generated tests on a real server', ({ address, stop }) => {
  const projects: string[] = []
  afterAll(async () => {
    for (const project of projects) rmSync(project, { recursive: true })
    await stop()
  })

  it.each([
    'project/agent-with-tools, function/send-email, workflow/email-campaign',
    'project/pipeline',
    'agent/concierge',
  ])(
    'pass: %s',
    (goldens) => {
      const sources = ['project/empty', ...goldens.split(', ')].map((golden) => `fixtures/${golden}/expected`)
      const project = installedProject(sources, ['@rgen/temporal'])
      projects.push(project)
      const { status, stderr } = spawnSync(
        process.execPath,
        ['--experimental-vm-modules', join(root, 'node_modules/jest/bin/jest.js'), '--ci', '--maxWorkers=1'],
        { cwd: project, encoding: 'utf8', env: { ...process.env, TEMPORAL_ADDRESS: address } },
      )
      expect(stderr).toMatch(/^Tests: +\d+ passed, \d+ total$/m)
      expect(status).toBe(0)
    },
    240_000,
  )
})
