// What a Restack engine finds on its server: names, memo, search attribute, playground, payloads. Looked at with
// Temporal's own client, as the engine would.
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { fileURLToPath } from 'node:url'
import { Restack } from '@rgen/engine'
import {
  conformanceAgents,
  conformanceFunctions,
  conformanceModule,
  type Notes,
} from '@rgen/engine/conformance'
import { Client, Connection } from '@temporalio/client'
import { openTemporalDriver } from '../client/driver.ts'
import { echoAgent } from '../fixtures/echo.fixture.ts'
import { describeOnServer } from '../server.fixture.ts'
import { startFakeEngine, type FakeEngine } from './engine.fixture.ts'
import { sensitive } from './sensitive-fields-codec.ts'

const echoModule = fileURLToPath(new URL('../fixtures/echo.fixture.ts', import.meta.url))

await describeOnServer('by the conventions of Restack', ({ address, stop }) => {
  const notes: Notes = new Map()
  let engine: FakeEngine
  let restack: Restack
  let connection: Connection
  let client: Client
  beforeAll(async () => {
    engine = await startFakeEngine({ codecKey: Buffer.alloc(32, 1).toString('base64') })
    restack = new Restack({
      driver: openTemporalDriver({
        address,
        engineId: 'lab',
        apiAddress: engine.address,
        codecAddress: engine.address,
        webhookUrl: `http://${engine.address}/hook`,
        modules: [fileURLToPath(conformanceModule), echoModule],
      }),
    })
    await restack.startService({
      agents: { ...conformanceAgents, echoAgent },
      functions: conformanceFunctions(notes, () => restack),
    })
    connection = await Connection.connect({ address })
    client = new Client({ connection })
  })
  afterAll(async () => {
    await restack.close()
    await connection.close()
    await engine.close()
    await stop()
  })

  it('ids and queues begin with the engine id, which memo and search attribute hold', async () => {
    await restack.scheduleAgent({ agentName: 'concierge', agentId: 'named' })
    const { taskQueue, memo, typedSearchAttributes } = await client.workflow.getHandle('lab-named').describe()
    expect(taskQueue).toBe('lab-restack')
    expect(memo).toEqual({ engineId: 'lab', agent: true })
    expect(typedSearchAttributes.getAll().map(({ key, value }) => [key.name, key.type, value])).toEqual([
      ['engineId', 'TEXT', 'lab'],
    ])
    await restack.terminate({ id: 'named' })
  })

  it('an event with a start is update-with-start, which uses a run that is there', async () => {
    const start = { agentName: 'concierge', agentId: 'greeted' }
    const event = { name: 'message', input: { text: 'Ada' } }
    const first = await restack.scheduleAgent({ ...start, event })
    expect(await restack.scheduleAgent({ ...start, event: { name: 'end' } })).toBe(first)
    expect(await restack.getAgentResult({ agentId: 'greeted' })).toEqual(['Ada'])
  })

  it('the playground runs one function, whatever queue it is on', async () => {
    const result = await client.workflow.execute('playgroundRun', {
      workflowId: 'lab-playground-1',
      taskQueue: 'lab-playground',
      args: [{ functionName: 'double', taskQueue: 'restack', input: 21 }],
    })
    expect(result).toBe(42)
  })

  it('what is sensitive is not readable on the server, what is large is beside it', async () => {
    const input = [sensitive('the number'), 'x'.repeat(200_000)]
    await restack.scheduleAgent({ agentName: 'echoAgent', agentId: 'large', input })
    expect(await restack.getAgentResult({ agentId: 'large' })).toEqual(input)
    const { events } = await client.workflow.getHandle('lab-large').fetchHistory()
    const history = JSON.stringify(events)
    expect(history.length).toBeLessThan(50_000)
    expect(engine.blobs.size).toBeGreaterThan(0)
    for (const blob of engine.blobs.values()) expect(blob.toString()).not.toContain('the number')
  })

  it('the engine’s API knows the service, and the webhook of its start', () => {
    expect(engine.asked.map(({ method, path }) => `${method} ${path}`)).toEqual(
      expect.arrayContaining(['GET /api/engine/codec/key', 'POST /api/engine/endpoints', 'POST /hook']),
    )
  })
})
