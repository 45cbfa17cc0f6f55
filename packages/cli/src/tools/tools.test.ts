// The commands for tool servers, as a user types them: the built binary, a project in a folder, real servers.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const bin = here('../../dist/bin.js')
const modules = here('../../../runtime/node_modules')
let root = ''

// In plain JavaScript, on the runtime's own packages: what is tried here are the commands.
const server = `import { McpServer } from '${modules}/@modelcontextprotocol/server/dist/index.mjs'
import { serve } from '${here('../../../runtime/dist/tool-server.js')}'
await serve(() => {
  const server = new McpServer({ name: 'clock', version: '1.0.0' })
  server.registerTool('now', { description: 'Tells the time.', annotations: { readOnlyHint: true } }, () => ({
    content: [{ type: 'text', text: 'noon' }],
  }))
  return server
})
`

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'rgen-cli-tools-'))
  symlinkSync(modules, join(root, 'node_modules'))
  mkdirSync(join(root, 'config'))
  writeFileSync(
    join(root, 'package.json'),
    '{"name":"desk","type":"module","dependencies":{"@rgen/runtime":"*"}}',
  )
  writeFileSync(join(root, 'clock.mjs'), server)
  writeFileSync(join(root, 'config', 'tools.yaml'), 'servers:\n  - { name: clock, module: clock.mjs }\n')
})
afterAll(() => {
  unlinkSync(join(root, 'node_modules'))
  rmSync(root, { recursive: true })
})

function rgen(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], {
    cwd: root,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

describe('rgen tools', () => {
  it('list shows each tool and whether it may be called', () => {
    const { status, stdout } = rgen('tools', 'list')
    expect(stdout).toMatch(/clock\.now +available +Tells the time\./u)
    expect(status).toBe(0)
    const [listed] = JSON.parse(rgen('tools', 'list', 'clock', '--json').stdout) as {
      ok: boolean
      tools: unknown[]
    }[]
    expect(listed).toMatchObject({ ok: true, tools: [{ name: 'now', status: 'available' }] })
  })

  it('a mistyped server gets the nearest name', () => {
    expect(rgen('tools', 'list', 'clok')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('"clock"'),
    })
    expect(rgen('tools', 'serve', 'clok')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('clock'),
    })
  })

  it('sync writes the types of all tools, and --check tells when they are out of date', () => {
    expect(rgen('tools', 'sync', '--check').status).toBe(1)
    expect(rgen('tools', 'sync')).toMatchObject({ status: 0, stdout: 'Wrote src/tools/tools.d.ts.\n' })
    expect(readFileSync(join(root, 'src', 'tools', 'tools.d.ts'), 'utf8')).toContain('clock: {')
    expect(rgen('tools', 'sync', '--check').status).toBe(0)
  })

  it('call prints what the tool answers, and why it does not', () => {
    expect(rgen('tools', 'call', 'clock', 'now')).toMatchObject({ status: 0, stdout: 'noon\n' })
    expect(JSON.parse(rgen('tools', 'call', 'clock', 'now', '{}', '--json').stdout)).toMatchObject({
      text: 'noon',
    })
    expect(rgen('tools', 'call', 'clock', 'nou')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/has no tool "nou"[^]*Did you mean "now"\?[^]*TOOL_UNKNOWN_TOOL/u),
    })
    expect(rgen('tools', 'call', 'clock', 'now', '[1]').stderr).toContain('TOOL_INVALID_ARGUMENTS')
    expect(rgen('tools', 'call', 'clock', 'now', '{').stderr).toContain('CLI_INVALID_JSON')
  })

  it('approve notes the tools as they are', () => {
    expect(rgen('tools', 'approve', 'clock')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('tools.lock'),
    })
    expect(rgen('tools', 'approve', 'clock', 'nowe').stderr).toContain('now')
  })

  it('restart says that no service is running', () => {
    expect(rgen('tools', 'restart', 'clock')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('CLI_NO_SERVICE'),
    })
  })

  it('serve speaks the protocol on its own output, and ends with its input', async () => {
    const child = spawn(process.execPath, [bin, 'tools', 'serve', 'clock'], {
      cwd: root,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const params = {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'a', version: '1' },
    }
    child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params })}\n`)
    const [chunk] = (await once(child.stdout, 'data')) as [Buffer]
    expect(JSON.parse(chunk.toString())).toMatchObject({ id: 1, result: { serverInfo: { name: 'clock' } } })
    child.stdin.end()
    await once(child, 'exit')
    expect(child.exitCode).toBe(0)
  })
})

describe('rgen test:tools', () => {
  it('reports health, tools and times, and 1 with a fix when a server fails', () => {
    expect(rgen('test:tools')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(
        /✓ clock: healthy \(1 tool available\)\n {2}- now\n {2}started in \d+ ms/u,
      ),
    })
    const listed = 'servers:\n  - { name: clock, module: clock.mjs }\n  - { name: gone, module: gone.mjs }\n'
    writeFileSync(join(root, 'config', 'tools.yaml'), listed)
    const { status, stdout } = rgen('test:tools', '--json')
    expect(status).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      servers: [
        { server: 'clock', ok: true, probe: { tool: 'now' } },
        { server: 'gone', ok: false, fix: expect.stringContaining('gone') },
      ],
    })
    expect(rgen('test:tools', '--server', 'clock').status).toBe(0)
    expect(rgen('doctor', '--check-tools').stdout).toMatch(/✗ gone/u)
  })
})
