import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { checkTools } from './check-tools.ts'
import {
  faultyServer,
  isAlive,
  removeTemporary,
  temporaryRoot,
  testProject,
} from './fixtures/project.fixture.ts'
import { probeServers } from './probe.ts'
import { requestRestart } from './process/restart-requests.ts'

const roots: string[] = []
afterEach(() => {
  for (const root of roots.splice(0)) removeTemporary(root)
})

function project(yaml: string): string {
  const root = temporaryRoot()
  roots.push(root)
  mkdirSync(join(root, 'config'))
  writeFileSync(join(root, 'config', 'tools.yaml'), yaml)
  return root
}

const faulty = (name: string, mode: string) =>
  `  - { name: ${name}, command: "${process.execPath}", args: ["${faultyServer}", ${mode}] }\n`

describe('checkTools', () => {
  it('finds what is well and what is not, each with its fix, and leaves nothing running', async () => {
    const root = project(
      `servers:
${faulty('well', 'well')}${faulty('broken', 'exit')}  - { name: gone, command: no-such-program }
  - { name: away, url: "http://127.0.0.1:59987/mcp" }
  - { name: secret, command: x, env: { TOKEN: "\${NOT_SET_ANYWHERE}" } }
`,
    )
    const checks = await checkTools(root, { env: { PATH: process.env.PATH } })
    expect(checks.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'well ok',
      'broken fail',
      'gone fail',
      'away fail',
      'secret fail',
    ])
    const [well, broken, gone, away, secret] = checks
    expect(well?.detail).toMatch(
      /^healthy \(\d+ tools available: echo, .*started in \d+ ms, ping [\d.]+ ms, call [\d.]+ ms\)$/u,
    )
    expect(broken?.detail).toContain('cannot open the database')
    expect(gone?.fix).toContain('Install the program')
    expect(away).toMatchObject({
      detail: expect.stringContaining('refused'),
      fix: expect.stringContaining('autostart: false'),
    })
    expect(secret).toMatchObject({
      detail: expect.stringContaining('NOT_SET_ANYWHERE'),
      fix: expect.stringContaining('.env'),
    })
  })

  it('a tool that has changed since its approval is a failure', async () => {
    const root = project(`servers:\n${faulty('well', 'well')}`)
    await checkTools(root)
    writeFileSync(
      join(root, 'tools.lock'),
      JSON.stringify({ version: 1, servers: { well: { echo: 'sha256-0' } } }),
    )
    const [check] = await checkTools(root)
    expect(check).toMatchObject({ status: 'fail', detail: 'changed since approval: echo' })
    expect(check?.fix).toContain('rgen tools approve well')
  })

  it('advises against what is possible and unwise', async () => {
    const root = project(
      `servers:
  - { name: newest, command: npx, args: ["-y", "@modelcontextprotocol/server-memory"], connectTimeout: 0.001 }
  - { name: shell, command: sh, args: ["-c", "exit 1"] }
  - { name: plain, url: "http://tools.example/mcp", auth: { type: bearer, token: abc }, connectTimeout: 0.001 }
`,
    )
    const warnings = (await checkTools(root))
      .filter(({ status }) => status === 'warn')
      .map(({ detail }) => detail)
    expect(warnings).toEqual([
      expect.stringContaining('pin it'),
      expect.stringContaining('sh interprets'),
      expect.stringContaining('use https'),
    ])
  })

  it('a file that cannot be used is a finding with its place', async () => {
    const [check] = await checkTools(project('servers:\n  - { name: a, comand: x }\n'))
    expect(check).toMatchObject({ status: 'fail', detail: expect.stringContaining('config/tools.yaml:2:') })
  })

  it('a project without servers is in order', async () => {
    expect(await checkTools(project('servers: []\n'))).toEqual([expect.objectContaining({ status: 'ok' })])
  })
})

describe('probeServers', () => {
  it('looks at one server only when it is told, and knows the names', async () => {
    const root = project(`servers:\n${faulty('one', 'well')}${faulty('two', 'exit')}`)
    expect((await probeServers(root, { server: 'one' })).map(({ server, ok }) => [server, ok])).toEqual([
      ['one', true],
    ])
    await expect(probeServers(root, { server: 'onee' })).rejects.toMatchObject({
      code: 'TOOL_UNKNOWN_SERVER',
      hint: 'Did you mean "one"?',
    })
  })
})

describe('requestRestart', () => {
  it('has the running service restart a server, and says when there is no service', async () => {
    await using running = testProject([{ name: 'well', faulty: 'well' }])
    await running.servers.startAll()
    const pid = running.servers.status()[0]?.pid ?? 0
    const since = running.changes.length
    await expect(requestRestart(running.root, 'well')).resolves.toBe(true)
    await running.reached('well', 'ready', since)
    expect(isAlive(pid)).toBe(false)
    await running.servers.stopAll()
    await expect(requestRestart(running.root, 'well', 50)).resolves.toBe(false)
  })
})
