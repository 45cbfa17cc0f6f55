import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { removeTemporary, temporaryRoot } from '../fixtures/project.fixture.ts'
import { loadToolSettings } from './load.ts'

const roots: string[] = []
afterEach(() => {
  for (const root of roots.splice(0)) removeTemporary(root)
})

function load(yaml: string, env: Record<string, string> = {}) {
  const root = temporaryRoot()
  roots.push(root)
  mkdirSync(join(root, 'config'))
  writeFileSync(join(root, 'config', 'tools.yaml'), yaml)
  return loadToolSettings(root, env)
}

describe('config/tools.yaml', () => {
  it('a project without the file has no servers', () => {
    const root = temporaryRoot()
    roots.push(root)
    expect(loadToolSettings(root, {}).servers).toEqual([])
  })

  it('fills in every default', () => {
    const { servers } = load('servers:\n  - name: research\n    module: src/tools/research.mcp.ts\n')
    expect(servers).toEqual([
      {
        name: 'research',
        transport: {
          kind: 'stdio',
          process: {
            run: { kind: 'module', module: 'src/tools/research.mcp.ts', args: [] },
            env: {},
            envAllow: [],
            cwd: '.',
          },
        },
        autostart: true,
        era: 'default',
        health: { enabled: true, intervalMs: 30_000, timeoutMs: 5_000, failures: 3, endpoint: undefined },
        restart: { max: 5, windowMs: 60_000, baseMs: 200, capMs: 15_000, stableAfterMs: 30_000 },
        timeoutMs: 60_000,
        connectTimeoutMs: 10_000,
        maxOutputBytes: 1_048_576,
        limits: {},
        allow: undefined,
        deny: [],
        cacheTtlMs: {},
        refused: undefined,
      },
    ])
  })

  it('reads the file of restack-gen: fastmcp, class, health_check, sse', () => {
    const { servers } = load(
      `fastmcp:
  servers:
    - name: "research_tools"
      module: "src/tools/research.mcp.ts"
      class: "ResearchToolServer"
      transport: "stdio"
      autostart: true
      env:
        BRAVE_API_KEY: "\${BRAVE_API_KEY}"
      health_check:
        enabled: true
        interval: 30
    - name: "docs_tools"
      transport: "sse"
      url: "http://localhost:8001"
      autostart: false
      health_check:
        enabled: true
        endpoint: "/__health"
`,
      { BRAVE_API_KEY: 'abc' },
    )
    expect(servers[0]).toMatchObject({
      name: 'research_tools',
      transport: { process: { env: { BRAVE_API_KEY: 'abc' } } },
    })
    expect(servers[1]).toMatchObject({
      autostart: false,
      transport: { kind: 'sse', url: 'http://localhost:8001', process: undefined },
      health: { endpoint: '/__health' },
    })
  })

  it('times are seconds or text with a unit', () => {
    const { servers } = load(
      'servers:\n  - { name: a, command: x, timeout: 1.5, connect_timeout: 500ms, health: { interval: 2m }, cache: { find: 1h } }\n',
    )
    expect(servers[0]).toMatchObject({
      timeoutMs: 1_500,
      connectTimeoutMs: 500,
      health: { intervalMs: 120_000 },
      cacheTtlMs: { find: 3_600_000 },
    })
  })

  it('a time may come from a variable, which is always text', () => {
    const { servers } = load('servers:\n  - { name: a, command: x, timeout: "${SECONDS:-5}" }\n')
    expect(servers[0]?.timeoutMs).toBe(5_000)
  })

  it('a module that listens is told where, and only an address without autostart is someone else’s', () => {
    const { servers } = load(
      `servers:
  - { name: a, module: a.ts, transport: http, port: 8100 }
  - { name: b, module: b.ts, transport: sse, url: "http://127.0.0.1:8200/sse" }
  - { name: c, module: c.ts, url: "http://127.0.0.1:8300/mcp", autostart: false }
`,
    )
    const [a, b, c] = servers.map(({ transport }) => transport)
    expect(a).toMatchObject({ kind: 'http', url: 'http://127.0.0.1:8100/mcp' })
    expect(a?.process?.run.args).toEqual(['--transport', 'http', '--host', '127.0.0.1', '--port', '8100'])
    expect(b?.process?.run.args).toEqual(['--transport', 'sse', '--host', '127.0.0.1', '--port', '8200'])
    expect(c?.process).toBeUndefined()
  })

  it('4: a variable that is not set refuses its own server, naming variable and place, and no other', () => {
    const { servers } = load(
      `servers:
  - name: github
    command: github-mcp
    env:
      TOKEN: "\${GITHUB_TOKEN}"
      OPTIONAL: "\${NOT_SET:-}"
  - { name: well, command: x }
`,
    )
    expect(servers[0]?.refused).toBe('config/tools.yaml:5:14 GITHUB_TOKEN is not set')
    expect(servers[0]?.transport.process?.env).toEqual({ OPTIONAL: '' })
    expect(servers[1]?.refused).toBeUndefined()
  })

  it.each([
    ['an address', 'url: "${UNSET}"'],
    ['a part of an address', 'url: "https://${UNSET}/mcp"'],
    ['a token', 'url: "https://example.com/mcp", auth: { type: bearer, token: "${UNSET}" }'],
    [
      'a client secret',
      'url: "https://example.com/mcp", auth: { type: oauth, client_id: a, client_secret: "${UNSET}" }',
    ],
    ['an argument', 'command: x, args: ["--key", "${UNSET}"]'],
    ['a folder', 'command: x, cwd: "${UNSET}"'],
    ['a module', 'module: "${UNSET}"'],
  ])('4: the same when the variable is %s', (_, keys) => {
    for (const [before, after] of [
      ['', ''],
      ['fastmcp:\n  ', '  '],
    ]) {
      const yaml = `${before}servers:\n${after}  - { name: a, ${keys} }\n${after}  - { name: well, command: x }\n`
      const { servers } = load(yaml)
      expect(servers.map(({ refused }) => refused)).toEqual([
        expect.stringMatching(/^config\/tools\.yaml:\d+:\d+ UNSET is not set$/u),
        undefined,
      ])
    }
  })

  it.each([
    ['servers:\n  - { name: a, command: "${PROGRAM}" }\n', /variables are not replaced in command/u],
    ['servers:\n  - { name: a, comand: x }\n', /config\/tools\.yaml:2:16 unknown key "comand".*"command"/u],
    ['servers:\n  - { name: a }\n', /one of module, command or url is needed/u],
    ['servers:\n  - { name: a, command: x, module: y.ts }\n', /exclude each other/u],
    [
      'servers:\n  - { name: a, command: x }\n  - { name: a, command: y }\n',
      /config\/tools\.yaml:3.*two servers named "a"/u,
    ],
    ['servers:\n  - { name: a, url: "file:///etc/passwd" }\n', /url/u],
    ['servers:\n  - { name: ../a, command: x }\n', /name/u],
    ['servers:\n  - { name: a, command: x, timeout: soon }\n', /seconds/u],
    ['servers:\n  - { name: a, command: x, transport: http }\n', /needs the url/u],
    ['servers: {\n', /config\/tools\.yaml:/u],
  ])('%j is refused with its place', (yaml, message) => {
    expect(() => load(yaml, { PROGRAM: 'rm' })).toThrow(message)
  })
})
