import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { startFakeAnthropic, startFakeOpenAi } from '@rgen/runtime/testing'
import type { FakeLlmServer } from '@rgen/runtime/testing'
import { projectWith, rgen } from './rgen.fixture.ts'

const config = `
llm:
  providers:
    - { name: primary, type: openai, model: gpt-4o, api_key: "\${OPENAI_API_KEY}" }
    - { name: spare, type: anthropic, model: claude-3-5-haiku-latest, api_key: "\${ANTHROPIC_API_KEY}" }
`
const root = projectWith({ 'config/llm_router.yaml': config })

let openai: FakeLlmServer
let anthropic: FakeLlmServer
let env: Record<string, string>
beforeAll(async () => {
  openai = await startFakeOpenAi()
  anthropic = await startFakeAnthropic()
  env = {
    OPENAI_API_KEY: 'sk-canary-openai',
    OPENAI_BASE_URL: openai.url,
    ANTHROPIC_API_KEY: 'sk-canary-anthropic',
    ANTHROPIC_BASE_URL: anthropic.url,
  }
})
afterAll(async () => {
  await openai.close()
  await anthropic.close()
})

const none = { OPENAI_API_KEY: '', ANTHROPIC_API_KEY: '' }

describe('rgen test:llm', () => {
  it('calls each provider once and shows status, latency, model and cost', async () => {
    const { code, out } = await rgen(['test:llm'], root, env)
    expect(code).toBe(0)
    expect(out).toMatch(/^PROVIDER +STATUS +LATENCY +MODEL +COST$/m)
    expect(out).toMatch(/^primary +ok +\d+ ms +gpt-4o +\$0\.000090$/m)
    expect(out).toMatch(/^spare +ok +\d+ ms +claude-3-5-haiku-latest +\$0\.\d+$/m)
  })

  it('shows what is wrong with one, whatever the others say, ends with 1 and names no key', async () => {
    anthropic.script({
      error: { status: 401, type: 'authentication_error', message: 'invalid sk-canary-anthropic' },
    })
    const { code, out } = await rgen(['test:llm'], root, env)
    expect(code).toBe(1)
    expect(out).toMatch(/^spare +LLM_AUTH/m)
    expect(out).toContain("Check the provider's api_key")
    expect(out).not.toContain('canary')
  })

  it('asks only the provider that is named, and suggests the one that was meant', async () => {
    const { out } = await rgen(['test:llm', '--provider', 'spare', '--json'], root, env)
    expect(JSON.parse(out)).toMatchObject({ probes: [{ provider: 'spare', ok: true }] })
    const wrong = await rgen(['test:llm', '--provider', 'spar'], root, env)
    expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining('Did you mean spare?') })
  })

  it('estimates without calling anybody', async () => {
    const before = openai.requests.length
    const { code, out } = await rgen(['test:llm', '--dry-run'], root, env)
    expect(code).toBe(0)
    expect(out).toMatch(/^primary +gpt-4o +\d+(?:-\d+)? +1-16 +\$0\.\d+ - \$0\.\d+$/m)
    expect(out).toContain('Prices of ')
    expect(openai.requests.length).toBe(before)
  })

  it('estimates for providers whose key is not set yet', async () => {
    const { code, out } = await rgen(['test:llm', '--dry-run', '--json'], root, none)
    expect(code).toBe(0)
    const { targets } = JSON.parse(out) as { targets: { provider: string; costUsd: unknown }[] }
    expect(targets.map(({ provider }) => provider)).toEqual(['primary', 'spare'])
    expect(targets.every(({ costUsd }) => costUsd !== null)).toBe(true)
  })

  it('ends with 1 when the provider that is named has no key', async () => {
    const { code, err } = await rgen(['test:llm', '--provider', 'spare'], root, none)
    expect(code).toBe(1)
    expect(err).toContain('spare was left out: ANTHROPIC_API_KEY is not set.')
  })

  it('says that the mock provider answers while no key is set', async () => {
    const { code, out, err } = await rgen(['test:llm'], root, none)
    expect(code).toBe(0)
    expect(out).toMatch(/^mock +ok/m)
    expect(err).toContain('primary was left out: OPENAI_API_KEY is not set.')
  })
})

describe('rgen doctor, about the router', () => {
  it('names a provider that is left out and the variable to set; with --check-llm it calls the others', async () => {
    const { out } = await rgen(['doctor', '--check-llm', '--json'], root, { ...env, ANTHROPIC_API_KEY: '' })
    const { checks } = JSON.parse(out) as {
      checks: { area: string; name: string; status: string; detail: string }[]
    }
    const router = checks.filter(({ area }) => area === 'LLM router')
    expect(router).toContainEqual(
      expect.objectContaining({ name: 'spare', status: 'warn', fix: 'Set ANTHROPIC_API_KEY in .env.' }),
    )
    expect(router).toContainEqual(
      expect.objectContaining({
        name: 'primary',
        status: 'ok',
        detail: expect.stringContaining('answered in'),
      }),
    )
  })
})

describe('rgen g llm-config --kong', () => {
  it('writes a kong.yaml with a route for every provider of the file', async () => {
    const empty = projectWith({})
    expect((await rgen(['g', 'llm-config', '--kong', '--yes'], empty)).code).toBe(0)
    const router = readFileSync(join(empty, 'config/llm_router.yaml'), 'utf8')
    const kong = readFileSync(join(empty, 'kong.yaml'), 'utf8')
    const names = [...router.matchAll(/- name: (\S+)/g)].map(([, name]) => name)
    expect(names.length).toBeGreaterThan(1)
    for (const name of names) expect(kong).toContain(`~/ai/${name}$`)
  })
})
