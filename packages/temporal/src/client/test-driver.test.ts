// Tests of a project on a real server: what createTestEngine of @rgen/runtime/testing does with its address.
import { afterAll, expect, it } from '@jest/globals'
import { fileURLToPath } from 'node:url'
import { createDriverTestEngine, type TestEngine } from '@rgen/engine/testing'
import { Client, Connection } from '@temporalio/client'
import { chiefAgent, clerkAgent, countingAgent } from '../fixtures/project/src/agents/index.ts'
import { describeOnServer } from '../server.fixture.ts'
import { openTestDriver } from './test-driver.ts'

const root = fileURLToPath(new URL('../fixtures/project', import.meta.url))

await describeOnServer('a test engine on Temporal', ({ address, stop }) => {
  const open = (options: Parameters<typeof createDriverTestEngine>[1]): Promise<TestEngine> => {
    const engine = { driver: 'temporal', address, namespace: 'default', conventions: 'auto', root } as const
    return createDriverTestEngine(openTestDriver(engine), options)
  }
  afterAll(stop)

  it('calls fakes in place of agents and workflows in the process of the test', async () => {
    const asked: unknown[] = []
    const fake = async (input: unknown): Promise<string> => {
      asked.push(input)
      return 'from the fake'
    }
    const brokenWorkflow = async (): Promise<never> => {
      throw new RangeError('too far')
    }
    await using engine = await open({
      agents: { chiefAgent, clerkAgent: fake },
      workflows: { brokenWorkflow },
    })
    expect(await engine.execute(chiefAgent, { topic: 'bees' })).toEqual([
      'from the fake',
      'RangeError: too far',
    ])
    expect(asked).toEqual([{ topic: 'bees' }])
  })

  it('tries steps again without a pause, with the functions of this test and not of another beside it', async () => {
    let attempts = 0
    const fetch = async (topic: string): Promise<string> => {
      attempts += 1
      if (attempts < 3) throw new Error('again')
      return `here: ${topic}`
    }
    await using here = await open({ agents: { clerkAgent }, functions: { fetch } })
    await using there = await open({ agents: { clerkAgent }, functions: { fetch: async () => 'there' } })
    const run = await here.start(clerkAgent, { topic: 'bees' })
    expect(await there.execute(clerkAgent, { topic: 'bees' })).toBe('there')
    expect(await run.result()).toBe('here: bees')
    expect(await run.steps()).toMatchObject([{ name: 'fetch', attempts: 3, status: 'completed' }])
  })

  it('keeps state over a restart, refuses to advance time, and leaves nothing running', async () => {
    const engine = await open({ agents: { countingAgent } })
    const run = await engine.start(countingAgent, undefined, { id: 'counting' })
    expect(await run.event('more')).toBe(1)
    await engine.restart()
    expect(await run.state('count')).toBe(1)
    await expect(engine.advance('1 week')).rejects.toMatchObject({ code: 'ENGINE_REAL_TIME' })
    await expect(engine.start('otherAgent')).rejects.toMatchObject({ code: 'ENGINE_NOT_REGISTERED' })
    await engine.close()
    const connection = await Connection.connect({ address })
    const running = new Client({ connection }).workflow.list({ query: 'ExecutionStatus = "Running"' })
    for await (const { workflowId } of running) expect(workflowId).not.toContain('counting')
    await connection.close()
  })
})
