import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { agentContinueAsNew, condition, defineEvent, onEvent } from '@rgen/engine/agent'
import { z } from 'zod'
import { llm } from '../agent/llm.ts'
import { prompts } from '../agent/prompts.ts'
import { startService } from './start-service.ts'
import type { ProjectService } from './start-service.ts'

const folders: string[] = []

function project(files: Readonly<Record<string, string>> = {}): string {
  const root = mkdtempSync(join(tmpdir(), 'rgen-service-'))
  folders.push(root)
  mkdirSync(join(root, 'config'))
  const settings = 'http:\n  port: 0\nmcp:\n  port: 0\nlog:\n  level: silent\n'
  for (const [file, text] of Object.entries({ 'config/settings.yaml': settings, ...files })) {
    mkdirSync(join(root, file, '..'), { recursive: true })
    writeFileSync(join(root, file), text)
  }
  return root
}

const start = (service: ProjectService) => startService({ signals: 'ignore', env: {}, ...service })

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

async function greeterAgent({ name }: { name: string }) {
  return llm.chat({
    messages: [{ role: 'user', content: `Context:\nThe name is ${name}.\n\nQuestion: What is the name?` }],
  })
}
greeterAgent.input = z.object({ name: z.string() })

describe('startService', () => {
  it('runs agents with the mock provider, and says what it has', async () => {
    const service = await start({ root: project(), agents: { greeterAgent } })
    try {
      expect(service.ready).toMatchObject({ agents: ['greeterAgent'], llm: { providers: ['mock (mock)'] } })
      await service.engine.scheduleAgent({ agentName: 'greeterAgent', agentId: 'g', input: { name: 'Ada' } })
      expect(await service.engine.getAgentResult({ agentId: 'g' })).toMatchObject({
        content: expect.stringContaining('The name is Ada.'),
        provider: 'mock',
      })
    } finally {
      await service.stop()
    }
  })

  it('answers health, metrics and the API of the runs on loopback', async () => {
    const service = await start({ root: project(), agents: { greeterAgent } })
    try {
      const url = service.ready.http?.url ?? ''
      expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: 'ok' })
      const started = await fetch(`${url}/api/agents/greeterAgent`, {
        method: 'POST',
        body: JSON.stringify({ input: { name: 'Ada' }, agentId: 'http' }),
      })
      expect(await started.json()).toMatchObject({ agentId: 'http', status: 'running' })
      await service.engine.getAgentResult({ agentId: 'http' })
      expect(await (await fetch(`${url}/metrics`)).text()).toContain(
        'llm_requests_total{provider="mock",model="mock",status="ok"} 1',
      )
    } finally {
      await service.stop()
    }
  })

  it('listens where http.host says, and there tells nothing but its health without a token', async () => {
    const service = await start({ root: project(), env: { RGEN_HTTP_HOST: '0.0.0.0' } })
    try {
      const url = service.ready.http?.url ?? ''
      expect((await fetch(`${url}/health`)).status).toBe(200)
      expect((await fetch(`${url}/metrics`)).status).toBe(401)
      expect((await fetch(`${url}/api/engine/endpoints`)).status).toBe(401)
    } finally {
      await service.stop()
    }
  })

  it('leaves nothing open when a configuration file is wrong, and says where', async () => {
    const root = project({ 'config/tools.yaml': 'servers: []\nservres: []\n' })
    await expect(start({ root })).rejects.toMatchObject({
      code: 'CONFIG_UNKNOWN_KEY',
      file: 'config/tools.yaml',
      line: 2,
    })
  })

  it('starts without a tool server that crashes, and says so', async () => {
    const root = project({
      'config/tools.yaml': `servers:\n  - name: broken\n    command: ${process.execPath}\n    args: ['-e', 'process.exit(3)']\n    autostart: true\n`,
    })
    const service = await start({ root, agents: { greeterAgent } })
    expect(service.ready.toolServers).toMatchObject([{ name: 'broken', tools: 0 }])
    expect(service.ready.toolServers[0]?.state).not.toBe('ready')
    await service.stop()
  })

  it('goes on with the recorded version of a prompt after a continue-as-new, when latest has moved', async () => {
    const file = (version: string) => `---\nversion: ${version}\n---\nThis is ${version}.\n`
    const registry = (versions: readonly string[]) =>
      `prompts:\n  hello:\n    versions:\n${versions.map((one) => `      ${one}: prompts/hello/v${one}.md\n`).join('')}    latest: ${versions.at(-1)}\n`
    const root = project({
      'config/prompts.yaml': registry(['1.0.0']),
      'prompts/hello/v1.0.0.md': file('1.0.0'),
      'prompts/hello/v1.1.0.md': file('1.1.0'),
    })
    async function longAgent({ seen }: { seen: string[] }): Promise<string[]> {
      let goesOn = false
      onEvent(defineEvent('next'), () => {
        goesOn = true
      })
      const { version } = await prompts.render('hello', '1', {})
      await condition(() => goesOn)
      const all = [...seen, version]
      return all.length === 2 ? all : agentContinueAsNew({ seen: all })
    }
    const next = { event: { name: 'next' }, agent: { agentId: 'long' } }

    const first = await start({ root, agents: { longAgent } })
    await first.engine.scheduleAgent({ agentName: 'longAgent', agentId: 'long', input: { seen: [] } })
    await first.engine.sendAgentEvent({ event: { name: 'next' }, agent: { agentId: 'long' } })
    await first.stop()

    writeFileSync(join(root, 'config/prompts.yaml'), registry(['1.0.0', '1.1.0']))
    const second = await start({ root, agents: { longAgent } })
    try {
      await second.engine.scheduleAgent({ agentName: 'longAgent', agentId: 'fresh', input: { seen: ['-'] } })
      await second.engine.sendAgentEvent({ ...next, agent: { agentId: 'fresh' } })
      expect(await second.engine.getAgentResult({ agentId: 'fresh' })).toEqual(['-', '1.1.0'])
      await second.engine.sendAgentEvent(next)
      expect(await second.engine.getAgentResult({ agentId: 'long' })).toEqual(['1.0.0', '1.0.0'])
    } finally {
      await second.stop()
    }
  })

  it('offers what is marked as MCP tools, and starts durable work for a call', async () => {
    async function double({ n }: { n: number }) {
      return { value: n * 2 }
    }
    double.input = z.object({ n: z.number() })
    double.mcp = true
    const service = await start({ root: project(), functions: { double } })
    try {
      const { Client, StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client')
      const client = new Client({ name: 'test', version: '1.0.0' })
      await client.connect(new StreamableHTTPClientTransport(new URL(service.ready.http?.mcpUrl ?? '')))
      expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['double'])
      const result = await client.callTool({ name: 'double', arguments: { n: 21 } })
      expect(result.structuredContent).toEqual({ value: 42 })
      await client.close()
    } finally {
      await service.stop()
    }
  })

  it('takes a free port for MCP when its own is taken, and demands the token of the API there', async () => {
    async function one() {
      return { value: 1 }
    }
    one.mcp = true
    const first = await start({ root: project(), functions: { one } })
    const taken = new URL(first.ready.http?.mcpUrl ?? '').port
    const env = { RGEN_MCP_PORT: taken, BEARER_TOKEN: 'open-sesame' }
    const second = await start({ root: project(), functions: { one }, env })
    try {
      const url = second.ready.http?.mcpUrl ?? ''
      expect(new URL(url).port).not.toBe(taken)
      expect((await fetch(url, { method: 'POST', body: '{}' })).status).toBe(401)
    } finally {
      await second.stop()
      await first.stop()
    }
  })

  it('calls with one key, however close together, and later ones wait for one piece of work', async () => {
    let runs = 0
    async function count() {
      runs += 1
      return { runs }
    }
    count.mcp = true
    const service = await start({ root: project(), functions: { count } })
    try {
      const { Client, StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client')
      const client = new Client({ name: 'test', version: '1.0.0' })
      await client.connect(new StreamableHTTPClientTransport(new URL(service.ready.http?.mcpUrl ?? '')))
      const key = `a key of any length and form \n ${'x'.repeat(5_000)}`
      const call = () => client.callTool({ name: 'count', _meta: { 'rgen.dev/idempotency-key': key } })
      const results = [...(await Promise.all([call(), call(), call()])), await call()]
      expect(results.map(({ structuredContent }) => structuredContent)).toEqual(Array(4).fill({ runs: 1 }))
      await client.close()
    } finally {
      await service.stop()
    }
  })
})
