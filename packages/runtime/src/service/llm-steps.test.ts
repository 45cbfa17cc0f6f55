// An LLM call as a durable step: what the router retries, the engine does not; what was answered is recorded once.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { llm } from '../agent/llm.ts'
import type { LlmStreamEvent } from '../llm/messages.ts'
import { startFakeOpenAi } from '../llm/testing/fake-openai.ts'
import type { FakeServer } from '../llm/testing/fake-server.ts'
import { startService } from './start-service.ts'
import type { RunningService } from './start-service.ts'

let root: string
let fake: FakeServer
let service: RunningService | undefined
beforeEach(async () => {
  fake = await startFakeOpenAi()
  root = mkdtempSync(join(tmpdir(), 'rgen-llm-steps-'))
  mkdirSync(join(root, 'config'))
  writeFileSync(join(root, 'config/settings.yaml'), 'http:\n  port: 0\nlog:\n  level: silent\n')
  writeFileSync(
    join(root, 'config/llm_router.yaml'),
    `llm:
  providers: [{ name: primary, type: openai, model: gpt-4o, base_url: '${fake.url}', api_key: key-of-the-test }]
  fallback: { backoff: { initial_ms: 1, max_ms: 2 } }
`,
  )
})
afterEach(async () => {
  await service?.stop()
  await fake.close()
  rmSync(root, { recursive: true, force: true })
})

const question = { messages: [{ role: 'user' as const, content: 'Hello' }] }

async function askingAgent() {
  const first = await llm.chat(question)
  const second = await llm.stream(question)
  return [first.content, second.content]
}

async function start(): Promise<RunningService> {
  service = await startService({ root, signals: 'ignore', env: {}, agents: { askingAgent } })
  return service
}

describe('an LLM call in an agent', () => {
  it("is sent with its step's idempotency key, the same for all attempts", async () => {
    fake.script({ error: { status: 500 } })
    const { engine } = await start()
    await engine.scheduleAgent({ agentName: 'askingAgent', agentId: 'a' })
    await engine.getAgentResult({ agentId: 'a' })
    const [failed, retried, other] = fake.requests.map(({ headers }) => headers['idempotency-key'])
    expect(failed).toMatch(/\S/)
    expect(retried).toBe(failed)
    expect(other).not.toBe(failed)
  })

  it("fails with the router's code after the router's attempts, and the engine adds none", async () => {
    fake.always({ error: { status: 500 } })
    const { engine } = await start()
    await engine.scheduleAgent({ agentName: 'askingAgent', agentId: 'b' })
    await expect(engine.getAgentResult({ agentId: 'b' })).rejects.toThrow('HTTP 500')
    expect(fake.requests).toHaveLength(3)
  })

  it('shows its chunks to whoever watches, and records the answer once', async () => {
    const { engine } = await start()
    const chunks: LlmStreamEvent[] = []
    const stop = engine.onChunk({ id: 'c' }, ({ chunk }) => void chunks.push(chunk as LlmStreamEvent))
    await engine.scheduleAgent({ agentName: 'askingAgent', agentId: 'c' })
    const [, streamed] = await engine.getAgentResult<string[]>({ agentId: 'c' })
    stop()
    expect(chunks.map((event) => (event.type === 'text' ? event.text : '')).join('')).toBe(streamed)
    expect(chunks.at(-1)).toMatchObject({ type: 'finish' })
    expect(fake.requests).toHaveLength(2)
  })
})
