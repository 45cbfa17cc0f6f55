import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, describe, expect, it } from '@jest/globals'
import { condition, defineEvent, defineState, onEvent, onState, sleep, step } from '../src/agent.ts'
import { functionInfo, publish } from '../src/function.ts'
import Restack, { replayHistory, type LogSink } from '../src/index.ts'
import { openDatabase } from '../src/storage/sqlite/open.ts'
import { EmbeddedDriver, type EmbeddedInternals } from '../src/worker/embedded-driver.ts'

const quiet: LogSink = { log: () => undefined }
const message = defineEvent('message')
const end = defineEvent('end')

async function chatAgent(): Promise<string[]> {
  const messages: string[] = []
  let ended = false
  onState(defineState('count'), () => messages.length)
  onEvent(message, async (text: string) => {
    messages.push(await step<typeof functions>().shout(text))
    return messages.length
  })
  onEvent(end, () => {
    ended = true
  })
  await condition(() => ended)
  return messages
}
chatAgent.description = 'Talks'

async function loopWorkflow({ n }: { n: number }): Promise<number> {
  let sum = 0
  for (let index = 0; index < n; index += 1) sum += await step<typeof functions>().add(index)
  return sum
}

const functions = {
  shout: async (text: string) => text.toUpperCase(),
  add: async (n: number) => n,
  stream: async () => {
    publish('one')
    publish('two')
    return functionInfo().taskQueue
  },
}

const publishedEntry = new URL('../dist/index.js', import.meta.url).href

const cleanUp: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const task of cleanUp.splice(0).reverse()) await task()
})

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rgen-engine-'))
  cleanUp.push(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function temporaryFile(): string {
  return join(temporaryFolder(), 'engine.db')
}

function open(database: string, internals: EmbeddedInternals = {}): Restack {
  const restack = new Restack({
    database,
    driver: new EmbeddedDriver({ database, logger: quiet }, internals),
  })
  cleanUp.push(() => restack.close())
  return restack
}

describe('a service on a file', () => {
  it('runs what was started before it, and answers clients of other engines on the file', async () => {
    const file = temporaryFile()
    const client = open(file)
    const runId = await client.scheduleWorkflow({
      workflowName: 'loopWorkflow',
      workflowId: 'early',
      input: { n: 5 },
    })
    await open(file).startService({ agents: { chatAgent }, workflows: { loopWorkflow }, functions })
    expect(await client.getWorkflowResult({ workflowId: 'early', runId })).toBe(10)
    await client.scheduleAgent({ agentName: 'chatAgent', agentId: 'chat' })
    expect(
      await client.sendAgentEvent({ agent: { agentId: 'chat' }, event: { name: 'message', input: 'hi' } }),
    ).toBe(1)
    expect(await client.getAgentState({ agentId: 'chat', stateName: 'count' })).toBe(1)
    await expect(client.getAgentState({ agentId: 'chat', stateName: 'size' })).rejects.toThrow(
      'offers: [count]',
    )
    await client.sendAgentEvent({ agent: { agentId: 'chat' }, event: { name: 'end' } })
    expect(await client.getAgentResult({ agentId: 'chat' })).toEqual(['HI'])
    await expect(
      client.sendAgentEvent({ agent: { agentId: 'chat' }, event: { name: 'end' } }),
    ).rejects.toThrow('already completed')
  })

  it('says what it has registered, without its code being loaded', async () => {
    const file = temporaryFile()
    const service = await open(file).startService({ taskQueue: 'talk', agents: { chatAgent }, functions })
    const client = open(file)
    const of = async (name: string): Promise<unknown> =>
      (await client.registrations()).find((registration) => registration.name === name)
    expect(await of('chatAgent')).toEqual({
      name: 'chatAgent',
      kind: 'agent',
      taskQueue: 'talk',
      description: 'Talks',
      live: true,
    })
    await service.stop()
    expect(await of('shout')).toMatchObject({ kind: 'function', live: false })
  })

  it('answers an event that is not waited for with its handle, and takes one event id once', async () => {
    const restack = open(temporaryFile())
    await restack.startService({ agents: { chatAgent }, functions })
    const runId = await restack.scheduleAgent({ agentName: 'chatAgent', agentId: 'chat' })
    const event = { name: 'message', input: 'hi' }
    const options = { waitForCompletion: false, eventId: 'once' }
    for (let count = 0; count < 3; count += 1) {
      expect(await restack.sendAgentEvent({ agent: { agentId: 'chat' }, event }, options)).toEqual({
        updateId: 'once',
        workflowId: 'chat',
        workflowRunId: runId,
      })
    }
    await restack.sendAgentEvent({ agent: { agentId: 'chat' }, event: { name: 'end' } })
    expect(await restack.getAgentResult({ agentId: 'chat' })).toEqual(['HI'])
  })

  it('refuses an id that is running, lets a closed one be used again, and sends a start event to a running one', async () => {
    const restack = open(temporaryFile())
    await restack.startService({ agents: { chatAgent }, functions })
    const start = { agentName: 'chatAgent', agentId: 'chat' }
    const first = await restack.scheduleAgent(start)
    await expect(restack.scheduleAgent(start)).rejects.toMatchObject({ code: 'ENGINE_ID_IN_USE' })
    expect(await restack.scheduleAgent({ ...start, event: { name: 'end' } })).toBe(first)
    await restack.getAgentResult({ agentId: 'chat' })
    expect(await restack.scheduleAgent(start)).not.toBe(first)
  })

  it('runs several queues in one process, each with its functions', async () => {
    async function twoQueuesWorkflow(): Promise<string[]> {
      return [
        await step<typeof functions>({ taskQueue: 'other' }).stream(),
        await step<typeof functions>().stream(),
      ]
    }
    const restack = open(temporaryFile())
    await Promise.all([
      restack.startService({ taskQueue: 'runs', workflows: { twoQueuesWorkflow } }),
      restack.startService({ taskQueue: 'other', functions }),
      restack.startService({ functions }),
    ])
    await restack.scheduleWorkflow({
      workflowName: 'twoQueuesWorkflow',
      workflowId: 'two',
      taskQueue: 'runs',
    })
    expect(await restack.getWorkflowResult({ workflowId: 'two' })).toEqual(['other', 'restack'])
  })

  it('keeps to its limit of functions at a time', async () => {
    let running = 0
    let most = 0
    let begun = 0
    const limited = {
      work: async () => {
        begun += 1
        running += 1
        most = Math.max(most, running)
        await new Promise((done) => setImmediate(done))
        running -= 1
      },
    }
    async function fanOutWorkflow(): Promise<void> {
      await Promise.all(Array.from({ length: 12 }, () => step<typeof limited>().work()))
    }
    const restack = open(temporaryFile())
    const options = { maxConcurrentFunctionRuns: 3 }
    await restack.startService({ workflows: { fanOutWorkflow }, functions: limited, options })
    await restack.scheduleWorkflow({ workflowName: 'fanOutWorkflow', workflowId: 'fan' })
    await restack.getWorkflowResult({ workflowId: 'fan' })
    expect(most).toBe(3)
    expect(begun).toBe(12)
  })

  it('lists runs by type, status, id and time, with their memo', async () => {
    const restack = open(temporaryFile())
    await restack.startService({ agents: { chatAgent }, workflows: { loopWorkflow }, functions })
    const before = new Date()
    await restack.scheduleAgent({ agentName: 'chatAgent', agentId: 'a%1', memo: { customer: 7 } })
    await restack.scheduleWorkflow({ workflowName: 'loopWorkflow', workflowId: 'b-1', input: { n: 1 } })
    await restack.getWorkflowResult({ workflowId: 'b-1' })
    const ids = async (filter: object): Promise<string[]> => (await restack.list(filter)).map(({ id }) => id)
    expect(await ids({})).toEqual(['b-1', 'a%1'])
    expect(await ids({ type: 'chatAgent' })).toEqual(['a%1'])
    expect(await ids({ status: 'completed' })).toEqual(['b-1'])
    expect(await ids({ kind: 'agent' })).toEqual(['a%1'])
    expect(await ids({ id: 'a%*' })).toEqual(['a%1'])
    expect(await ids({ startedBefore: before })).toEqual([])
    expect(await ids({ startedAfter: before, limit: 1, offset: 1 })).toEqual(['a%1'])
    expect((await restack.describe({ id: 'a%1' })).memo).toEqual({ customer: 7 })
  })

  it('hands what functions publish to those who watch the run', async () => {
    async function streamWorkflow(): Promise<void> {
      await step<typeof functions>().stream()
    }
    const restack = open(temporaryFile())
    await restack.startService({ workflows: { streamWorkflow }, functions })
    const chunks: unknown[] = []
    restack.onChunk({ id: 'stream' }, ({ chunk }) => chunks.push(chunk))
    await restack.scheduleWorkflow({ workflowName: 'streamWorkflow', workflowId: 'stream' })
    await restack.getWorkflowResult({ workflowId: 'stream' })
    expect(chunks).toEqual(['one', 'two'])
  })

  it('loads agents by path or file URL, and says when there is no module', async () => {
    const folder = temporaryFolder()
    const api = new URL('../dist/agent.js', import.meta.url).href
    writeFileSync(
      join(folder, 'index.mjs'),
      `import { uuid } from '${api}'\nexport async function byPathAgent() { return uuid().length }\nexport const other = 1\n`,
    )
    const restack = open(temporaryFile())
    await restack.startService({
      agentsPath: folder,
      workflowsPath: pathToFileURL(join(folder, 'index.mjs')),
    })
    await restack.scheduleAgent({ agentName: 'byPathAgent', agentId: 'path' })
    expect(await restack.getAgentResult({ agentId: 'path' })).toBe(36)
    await expect(restack.startService({ agentsPath: join(folder, 'nothing') })).rejects.toMatchObject({
      code: 'ENGINE_REGISTRATION',
    })
  })

  it('suspends a run whose code cannot go on, leaves others alone, and takes it up again when it can', async () => {
    let changed = false
    async function changingAgent(): Promise<string> {
      if (changed) await sleep('1 year')
      let text = ''
      onEvent(message, (given: string) => {
        text = given
      })
      await condition(() => text !== '')
      return text
    }
    const driver = new EmbeddedDriver({ database: temporaryFile(), logger: quiet }, {})
    const restack = new Restack({ driver })
    cleanUp.push(() => restack.close())
    await restack.startService({ agents: { changingAgent, chatAgent }, functions })
    await restack.scheduleAgent({ agentName: 'changingAgent', agentId: 'changing' })
    await restack.scheduleAgent({ agentName: 'chatAgent', agentId: 'healthy' })
    const to = (agentId: string): object => ({ agent: { agentId }, event: { name: 'message', input: 'hi' } })
    await restack.sendAgentEvent(to('healthy') as never)
    await driver.worker.crash()
    changed = true
    await driver.worker.revive()
    const sent = restack.sendAgentEvent(to('changing') as never)
    await new Promise<void>((suspended) => {
      const stop = restack.onChange(() => {
        void restack.describe({ id: 'changing' }).then(({ status, fault }) => {
          if (status !== 'suspended' || fault?.code !== 'ENGINE_NONDETERMINISM') return
          stop()
          suspended()
        })
      })
    })
    expect(await restack.sendAgentEvent(to('healthy') as never)).toBe(2)
    changed = false
    await sent
    expect(await restack.getAgentResult({ agentId: 'changing' })).toBe('hi')
  })

  it('goes on with a run that was stuck in a foreign await once its code is mended', async () => {
    let broken = true
    async function fetchingAgent(): Promise<string> {
      if (broken) await new Promise((done) => setTimeout(done, 1))
      return step<typeof functions>().shout('mended')
    }
    const restack = open(temporaryFile())
    await restack.startService({ agents: { fetchingAgent }, functions })
    await restack.scheduleAgent({ agentName: 'fetchingAgent', agentId: 'fetching' })
    await new Promise<void>((suspended) => {
      const stop = restack.onChange(() => {
        void restack.describe({ id: 'fetching' }).then(({ fault }) => {
          if (fault?.code !== 'ENGINE_FOREIGN_AWAIT') return
          stop()
          suspended()
        })
      })
    })
    broken = false
    expect(await restack.getAgentResult({ agentId: 'fetching' })).toBe('MENDED')
    const { events } = await restack.history({ id: 'fetching' })
    expect(events.map(({ type }) => type)).toEqual([
      'Started',
      'StepScheduled',
      'StepCompleted',
      'RunCompleted',
    ])
  })

  it('lets idle agents leave memory, and rebuilds them when they are needed', async () => {
    const database = temporaryFile()
    const driver = new EmbeddedDriver({ database, logger: quiet }, {})
    const restack = new Restack({ driver })
    cleanUp.push(() => restack.close())
    const options = { maxConcurrentWorkflowRuns: 5 }
    await restack.startService({ agents: { chatAgent }, functions, options })
    const send = async (index: number): Promise<number> =>
      restack.sendAgentEvent({ agent: { agentId: `idle-${index}` }, event: { name: 'message', input: 'x' } })
    const all = Array.from({ length: 40 }, (_, index) => index)
    await Promise.all(
      all.map((index) => restack.scheduleAgent({ agentName: 'chatAgent', agentId: `idle-${index}` })),
    )
    expect(await Promise.all(all.map(send))).toEqual(all.map(() => 1))
    await driver.worker.tidy()
    expect(driver.worker.liveRuns).toBeLessThanOrEqual(5)
    expect(await Promise.all(all.map(send))).toEqual(all.map(() => 2))
  })

  it('removes closed runs after the retention time', async () => {
    const database = temporaryFile()
    const driver = new EmbeddedDriver({ database, logger: quiet, retention: 0 }, {})
    const restack = new Restack({ driver })
    cleanUp.push(() => restack.close())
    await restack.startService({ agents: { chatAgent }, workflows: { loopWorkflow }, functions })
    await restack.scheduleAgent({ agentName: 'chatAgent', agentId: 'kept' })
    for (let index = 0; index < 60; index += 1) {
      await restack.scheduleWorkflow({
        workflowName: 'loopWorkflow',
        workflowId: `w-${index}`,
        input: { n: 1 },
      })
      await restack.getWorkflowResult({ workflowId: `w-${index}` })
    }
    await driver.worker.tidy()
    expect((await restack.list({})).map(({ id }) => id)).toEqual(['kept'])
  })
})

describe('histories', () => {
  it('are a table that a person can read', async () => {
    const file = temporaryFile()
    const restack = open(file)
    await restack.startService({ workflows: { loopWorkflow }, functions })
    await restack.scheduleWorkflow({ workflowName: 'loopWorkflow', workflowId: 'read', input: { n: 1 } })
    await restack.getWorkflowResult({ workflowId: 'read' })
    const { database } = openDatabase(file)
    const rows = database.prepare("SELECT seq, type, name, data FROM history WHERE id = 'read'").all()
    database.close()
    expect(rows.map((row) => ({ ...(row as object) }))).toEqual([
      { seq: 0, type: 'Started', name: 'loopWorkflow', data: '{"n":1}' },
      { seq: 1, type: 'StepScheduled', name: 'add', data: '0' },
      { seq: 2, type: 'StepCompleted', name: 'add', data: '0' },
      { seq: 3, type: 'RunCompleted', name: null, data: '0' },
    ])
  })

  it('are replayed against other code, and the first difference is named with its line', async () => {
    const restack = open(temporaryFile())
    await restack.startService({ workflows: { loopWorkflow }, functions })
    await restack.scheduleWorkflow({ workflowName: 'loopWorkflow', workflowId: 'old', input: { n: 3 } })
    await restack.getWorkflowResult({ workflowId: 'old' })
    const recorded = await restack.history({ id: 'old' })
    const history = JSON.parse(JSON.stringify(recorded)) as typeof recorded
    expect(await replayHistory(history, { workflows: { loopWorkflow } })).toEqual({ kind: 'same', events: 8 })
    async function changedWorkflow(): Promise<void> {
      await step<typeof functions>().add(0)
      await step<typeof functions>().shout('new')
    }
    const result = await replayHistory(history, { workflows: { loopWorkflow: changedWorkflow } })
    expect(result).toMatchObject({
      kind: 'diverged',
      divergence: {
        seq: 3,
        expected: 'StepScheduled 2 add(1)',
        actual: 'StepScheduled 2 shout("new")',
        source: expect.stringMatching(/service\.test\.ts:\d+:\d+$/),
      },
    })
    await expect(replayHistory(history, {})).rejects.toMatchObject({ code: 'ENGINE_NOT_REGISTERED' })
  })

  it('can be forked: a new run shares the beginning and goes on by itself', async () => {
    let offset = 0
    const shifting = { add: async (n: number) => n + offset }
    const restack = open(temporaryFile())
    await restack.startService({ workflows: { loopWorkflow }, functions: shifting })
    await restack.scheduleWorkflow({ workflowName: 'loopWorkflow', workflowId: 'origin', input: { n: 4 } })
    expect(await restack.getWorkflowResult({ workflowId: 'origin' })).toBe(6)
    offset = 100
    await restack.fork({ id: 'origin', seq: 5, newId: 'fork' })
    expect(await restack.getWorkflowResult({ workflowId: 'fork' })).toBe(206)
    await restack.fork({ id: 'origin', seq: 1, newId: 'whole' })
    expect(await restack.getWorkflowResult({ workflowId: 'whole' })).toBe(406)
    await expect(restack.fork({ id: 'origin', seq: 0, newId: 'none' })).rejects.toMatchObject({
      code: 'ENGINE_FORK',
    })
  })
})

describe('functions in threads', () => {
  it('keep the engine responsive while they keep a processor busy', async () => {
    const folder = temporaryFolder()
    const release = join(folder, 'release')
    const api = new URL('../dist/function.js', import.meta.url).href
    writeFileSync(
      join(folder, 'heavy.mjs'),
      `import { existsSync } from 'node:fs'
import { functionInfo, heartbeat } from '${api}'
export async function burn(release) {
  heartbeat({ release })
  const givesUpAt = Date.now() + 20_000
  while (!existsSync(release)) if (Date.now() > givesUpAt) return 'never released'
  return functionInfo().activityType
}
export async function refuse() { throw new TypeError('no') }
export async function leave() { process.exit(1) }\n`,
    )
    async function heavyWorkflow(release: string): Promise<string> {
      return (await step<Record<string, (release: string) => Promise<string>>>().burn?.(release)) ?? ''
    }
    async function refusedWorkflow(): Promise<unknown> {
      const once = { retry: { maximumAttempts: 1 } }
      return step<Record<string, () => Promise<unknown>>>(once).refuse?.()
    }
    async function leavingWorkflow(): Promise<unknown> {
      const once = { retry: { maximumAttempts: 1 } }
      return step<Record<string, () => Promise<unknown>>>(once).leave?.()
    }
    // Threads load compiled code, so this test runs against what is published.
    const { Restack: Published } = (await import(publishedEntry)) as { Restack: typeof Restack }
    const restack = new Published({ database: temporaryFile(), logger: quiet })
    cleanUp.push(() => restack.close())
    await restack.startService({
      workflows: { heavyWorkflow, refusedWorkflow, leavingWorkflow, loopWorkflow },
      functions,
      threadFunctionsPath: join(folder, 'heavy.mjs'),
      options: { maxThreads: 2 },
    })
    const heavy = Promise.all(
      Array.from({ length: 8 }, async (_, index) => {
        const workflowId = `heavy-${index}`
        await restack.scheduleWorkflow({ workflowName: 'heavyWorkflow', workflowId, input: release })
        return restack.getWorkflowResult<string>({ workflowId })
      }),
    )
    // They burn until the others have been answered: an engine that they kept busy would never answer.
    await restack.scheduleWorkflow({ workflowName: 'loopWorkflow', workflowId: 'light', input: { n: 2 } })
    expect(await restack.getWorkflowResult({ workflowId: 'light' })).toBe(1)
    expect(await restack.list({ type: 'heavyWorkflow', status: 'running' })).toHaveLength(8)
    // Two threads, two steps at a time: the others are queued, so that their time does not run.
    const pending = await Promise.all(
      Array.from({ length: 8 }, async (_, index) => restack.describe({ id: `heavy-${index}` })),
    )
    const states = pending.flatMap(({ pendingSteps }) => pendingSteps.map(({ state }) => state))
    expect(states.filter((state) => state === 'running')).toHaveLength(2)
    writeFileSync(release, '')
    expect(await heavy).toEqual(Array.from({ length: 8 }, () => 'burn'))
    await restack.scheduleWorkflow({ workflowName: 'refusedWorkflow', workflowId: 'refused' })
    await expect(restack.getWorkflowResult({ workflowId: 'refused' })).rejects.toThrow('no')
    await restack.scheduleWorkflow({ workflowName: 'leavingWorkflow', workflowId: 'left' })
    await expect(restack.getWorkflowResult({ workflowId: 'left' })).rejects.toThrow(
      'The thread of leave has ended',
    )
  })
})

describe('an engine file', () => {
  it('that is not a database, or of another program, is refused with one clear message', () => {
    const file = temporaryFile()
    writeFileSync(
      file,
      'this is a text, not a database, and long enough to be read as one by SQLite '.repeat(20),
    )
    expect(() => new Restack({ database: file })).toThrow(/cannot be used as the engine's database/)
    const other = temporaryFile()
    const { database } = openDatabase(other)
    database.exec('CREATE TABLE theirs (id INTEGER)')
    database.close()
    expect(() => new Restack({ database: other })).toThrow(/database of another program/)
  })

  it('is opened with full synchronisation and a write-ahead log', async () => {
    const file = temporaryFile()
    const restack = open(file)
    await restack.scheduleWorkflow({ workflowName: 'later', workflowId: 'later' })
    const { database } = openDatabase(file)
    expect({ ...(database.prepare('PRAGMA synchronous').get() as object) }).toEqual({ synchronous: 2 })
    expect({ ...(database.prepare('PRAGMA journal_mode').get() as object) }).toEqual({ journal_mode: 'wal' })
    database.close()
  })

  it('is closed for good: later calls say so', async () => {
    const restack = open(temporaryFile())
    await restack.close()
    await expect(restack.list({})).rejects.toMatchObject({ code: 'ENGINE_CLOSED' })
  })
})

describe('Restack', () => {
  it('is its own default, for code that was written against a CommonJS build', () => {
    expect(Restack.default).toBe(Restack)
  })

  it('sleeps through nothing: a timer that fell due while no service ran fires at once', async () => {
    async function sleeperAgent(): Promise<string> {
      await sleep(50)
      return 'awake'
    }
    const file = temporaryFile()
    const first = open(file)
    const service = await first.startService({ agents: { sleeperAgent } })
    await first.scheduleAgent({ agentName: 'sleeperAgent', agentId: 'sleeper' })
    await service.stop()
    await new Promise((done) => setTimeout(done, 60))
    await open(file).startService({ agents: { sleeperAgent } })
    expect(await first.getAgentResult({ agentId: 'sleeper' })).toBe('awake')
  })
})
