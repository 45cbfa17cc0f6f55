// In company with Restack's Python SDK, the real package: what examples/with-python shows.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Restack } from '@rgen/engine'
import { openTemporalDriver } from './client/driver.ts'
import * as agents from './fixtures/desk.fixture.ts'
import { findPython } from './python.fixture.ts'
import { describeOnServer } from './server.fixture.ts'

const python = findPython()
if (python === undefined) {
  if (process.env['RGEN_REQUIRE_PYTHON'] === '1') throw new Error('No Python with restack-ai was found')
  console.warn(
    "Skipped: tests in company with Restack's Python SDK. scripts/python-sdk.sh makes a Python that has it.",
  )
  describe.skip("Restack's Python SDK", () => it('needs a Python that has it', () => undefined))
} else {
  await describeOnServer("in company with Restack's Python SDK", ({ address, stop }) => {
    const folder = fileURLToPath(new URL('../../../examples/with-python/python', import.meta.url))
    // At its default level the SDK's two runtimes trip over one another's spans, and its pollers end.
    const env = {
      ...process.env,
      RESTACK_ENGINE_ADDRESS: address,
      RESTACK_ENGINE_ID: 'local',
      RESTACK_LOG_LEVEL: 'ERROR',
    }
    const restack = new Restack({
      driver: openTemporalDriver({
        address,
        engineId: 'local',
        modules: [fileURLToPath(new URL('./fixtures/desk.fixture.ts', import.meta.url))],
      }),
    })
    let service: ChildProcess
    beforeAll(async () => {
      service = spawn(python, ['service.py'], { cwd: folder, env, stdio: 'ignore' })
      const functions = { greet: async ({ name }: { name: string }) => `hello ${name}` }
      await restack.startService({ agents: { ...agents }, functions })
    })
    afterAll(async () => {
      service.kill('SIGKILL')
      await restack.close()
      await stop()
    })

    it('its client starts our agent, sends it events, reads its state and its result', async () => {
      const client = spawn(python, ['client.py', 'desk-1'], {
        cwd: folder,
        env,
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let printed = ''
      client.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
      expect(await new Promise((resolve) => client.once('exit', resolve))).toBe(0)
      const line = printed.trim().split('\n').at(-1) ?? ''
      expect(JSON.parse(line)).toEqual({
        answer: { words: 2 },
        state: ['two words'],
        result: { name: 'Ada', messages: ['two words'] },
      })
    })

    it('our client starts its agent, sends it events, reads its state and its result', async () => {
      const agent = { agentId: 'clerk-1' }
      await restack.scheduleAgent({
        agentName: 'PythonClerk',
        ...agent,
        input: { name: 'Grace' },
        taskQueue: 'python',
      })
      expect(await restack.sendAgentEvent({ event: { name: 'note', input: { text: 'first' } }, agent })).toBe(
        1,
      )
      expect(await restack.getAgentState({ ...agent, stateName: 'kept' })).toEqual(['first'])
      expect(await restack.sendAgentEvent({ event: { name: 'end' }, agent })).toBe('ending')
      expect(await restack.getAgentResult(agent)).toEqual({
        greeting: 'hello Grace',
        summary: { text: 'hello Grace, from Python', words: 4 },
        notes: ['first'],
      })
    })

    it('our agent runs its function, and has its agent as child, which has ours', async () => {
      const agent = { agentId: 'desk-2' }
      await restack.scheduleAgent({ agentName: 'deskAgent', ...agent, input: { name: 'Edsger' } })
      const delegated = restack.sendAgentEvent({
        event: { name: 'delegate', input: { name: 'Barbara' } },
        agent,
      })
      const clerk = { agentId: 'clerk-of-Edsger' }
      const ended = async (): Promise<unknown> => {
        try {
          return await restack.sendAgentEvent({ event: { name: 'end' }, agent: clerk })
        } catch (error) {
          // Python starts its child a moment later than it answers.
          if (!String(error).includes('There is no run')) throw error
          return ended()
        }
      }
      await ended()
      expect(await delegated).toMatchObject({ greeting: 'hello Barbara', summary: { words: 4 } })
      const described = await restack.describe({ id: 'summary-of-Barbara' })
      expect(described).toMatchObject({
        type: 'summaryAgent',
        kind: 'agent',
        parent: { id: 'clerk-of-Edsger' },
      })
      await restack.terminate({ id: 'desk-2' })
    })

    it('an error of its event handler reaches our client', async () => {
      const agent = { agentId: 'clerk-2' }
      await restack.scheduleAgent({
        agentName: 'PythonClerk',
        ...agent,
        input: { name: 'Alan' },
        taskQueue: 'python',
      })
      const nonsense = restack.sendAgentEvent({ event: { name: 'note', input: { wrong: 1 } }, agent })
      await expect(nonsense).rejects.toMatchObject({ code: 'ENGINE_EVENT_FAILED' })
      await restack.terminate({ id: 'clerk-2' })
    })
  })
}
