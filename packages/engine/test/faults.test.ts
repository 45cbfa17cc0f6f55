// What the world does to the engine: locks held by others, full disks, leases lost while at work.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { sleep, step } from '../src/agent.ts'
import { functionInfo } from '../src/function.ts'
import Restack from '../src/index.ts'
import { SqliteStorage } from '../src/storage/sqlite/sqlite-storage.ts'
import { systemClock } from '../src/worker/clock.ts'
import { EmbeddedDriver } from '../src/worker/embedded-driver.ts'

const quiet = { log: () => undefined }
const cleanUp: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const task of cleanUp.splice(0).reverse()) await task()
})

function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rgen-faults-'))
  cleanUp.push(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'engine.db')
}

/** Storage whose commits fail as on a full disk, as often as it is told to. */
class FailingStorage extends SqliteStorage {
  failures = 0

  override transaction<T>(body: () => T): T {
    return super.transaction(() => {
      const result = body()
      if (this.failures === 0) return result
      this.failures -= 1
      throw new Error('database or disk is full')
    })
  }
}

function open(database: string, storage?: SqliteStorage): { driver: EmbeddedDriver; restack: Restack } {
  const driver = new EmbeddedDriver({ database, logger: quiet }, storage === undefined ? {} : { storage })
  const restack = new Restack({ driver })
  cleanUp.push(() => restack.close())
  return { driver, restack }
}

async function loopWorkflow({ n }: { n: number }): Promise<number> {
  let sum = 0
  for (let index = 0; index < n; index += 1) {
    sum +=
      (await step<Record<string, (n: number) => Promise<number>>>({ retry: { initialInterval: 1 } }).add?.(
        index,
      )) ?? 0
  }
  return sum
}

describe('a full disk', () => {
  it('refuses what could not be written, and loses nothing that was acknowledged', async () => {
    const database = temporaryFile()
    const storage = new FailingStorage(database)
    const { restack } = open(database, storage)
    const seen: number[] = []
    const add = async (n: number): Promise<number> => {
      seen.push(n)
      if (n === 3) storage.failures = 3
      return n
    }
    await restack.startService({ workflows: { loopWorkflow }, functions: { add } })
    await restack.scheduleWorkflow({ workflowName: 'loopWorkflow', workflowId: 'loop', input: { n: 6 } })
    expect(await restack.getWorkflowResult({ workflowId: 'loop' })).toBe(15)
    expect(seen).toEqual([0, 1, 2, 3, 4, 5])
    storage.failures = 1
    await expect(
      restack.scheduleWorkflow({ workflowName: 'loopWorkflow', workflowId: 'refused' }),
    ).rejects.toMatchObject({ code: 'ENGINE_DATABASE' })
    await expect(restack.describe({ id: 'refused' })).rejects.toMatchObject({ code: 'ENGINE_RUN_NOT_FOUND' })
  })
})

describe('a lock held by another process', () => {
  it('is waited for', async () => {
    const database = temporaryFile()
    const { restack } = open(database)
    await restack.startService({ workflows: { loopWorkflow }, functions: { add: async (n: number) => n } })
    const open2 = new URL('../dist/storage/sqlite/open.js', import.meta.url).href
    const holder = spawn(process.execPath, [
      '--input-type=module',
      '-e',
      `import { openDatabase } from '${open2}'
       const { database } = openDatabase('${database}')
       database.exec('BEGIN IMMEDIATE')
       console.log('held')
       setTimeout(() => { database.exec('COMMIT'); database.close() }, 300)`,
    ])
    await once(holder.stdout, 'data')
    await restack.scheduleWorkflow({ workflowName: 'loopWorkflow', workflowId: 'waits', input: { n: 3 } })
    expect(await restack.getWorkflowResult({ workflowId: 'waits' })).toBe(3)
  })
})

describe('a lease that was lost', () => {
  it('makes the worker forget its runs; the late result of its step is dropped, and the step runs again', async () => {
    const database = temporaryFile()
    const { driver, restack } = open(database)
    const attempts: number[] = []
    const releases: (() => void)[] = []
    const add = async (n: number): Promise<number> => {
      attempts.push(functionInfo().attempt)
      if (attempts.length === 1) await new Promise<void>((done) => releases.push(done))
      return n + attempts.length
    }
    await restack.startService({ workflows: { loopWorkflow }, functions: { add } })
    await restack.scheduleWorkflow({ workflowName: 'loopWorkflow', workflowId: 'lost', input: { n: 1 } })
    const other = new SqliteStorage(database)
    cleanUp.push(() => other.close())
    while (attempts.length === 0) await new Promise((done) => setImmediate(done))
    for (const { key } of other.workers.all()) other.transaction(() => other.workers.bury(key, Date.now()))
    driver.worker.wake()
    expect(await restack.getWorkflowResult({ workflowId: 'lost' })).toBe(2)
    for (const release of releases) release()
    await driver.worker.tidy()
    expect(attempts).toEqual([1, 2])
    const { events } = await restack.history({ id: 'lost' })
    expect(events.map(({ type }) => type)).toEqual([
      'Started',
      'StepScheduled',
      'StepCompleted',
      'RunCompleted',
    ])
  })

  it('counts: a step that may run once only is not run again', async () => {
    const database = temporaryFile()
    const { driver, restack } = open(database)
    let attempts = 0
    const add = async (): Promise<number> => {
      attempts += 1
      return new Promise<never>(() => undefined)
    }
    async function onceWorkflow(): Promise<unknown> {
      const once = { retry: { maximumAttempts: 1 } }
      return step<Record<string, () => Promise<number>>>(once)
        .add?.()
        .catch((error: unknown) => ((error as Error).cause as { code: string }).code)
    }
    await restack.startService({ workflows: { onceWorkflow }, functions: { add } })
    await restack.scheduleWorkflow({ workflowName: 'onceWorkflow', workflowId: 'once' })
    while (attempts === 0) await new Promise((done) => setImmediate(done))
    await driver.worker.crash()
    await driver.worker.revive()
    expect(await restack.getWorkflowResult({ workflowId: 'once' })).toBe('ENGINE_WORKER_LOST')
    expect(attempts).toBe(1)
  })
})

describe('an attempt that has timed out', () => {
  it('is not heard when it ends late: the result is that of the attempt after it', async () => {
    const { restack } = open(temporaryFile())
    let release = (): void => undefined
    const late = new Promise<void>((done) => (release = done))
    const ended: number[] = []
    const slow = async (): Promise<number> => {
      const { attempt } = functionInfo()
      if (attempt === 1) await late
      ended.push(attempt)
      return attempt
    }
    async function patientWorkflow(): Promise<unknown> {
      const first = await step<{ slow: typeof slow }>({
        startToCloseTimeout: 20,
        retry: { initialInterval: 1 },
      }).slow()
      await sleep(20)
      return first
    }
    await restack.startService({ workflows: { patientWorkflow }, functions: { slow } })
    await restack.scheduleWorkflow({ workflowName: 'patientWorkflow', workflowId: 'late' })
    const result = restack.getWorkflowResult<unknown>({ workflowId: 'late' })
    while (ended.length === 0) await new Promise((done) => setImmediate(done))
    release()
    expect(await result).toBe(ended[0])
    const { events } = await restack.history({ id: 'late' })
    expect(events.filter(({ type }) => type === 'StepCompleted').map(({ data }) => data)).toEqual([ended[0]])
    expect(ended[0]).toBeGreaterThan(1)
  })
})

describe('a wall clock that is set', () => {
  async function sleepyWorkflow({ ms }: { ms: number }): Promise<number> {
    await sleep(ms)
    return step<Record<string, (n: number) => Promise<number>>>().add?.(1) ?? 0
  }

  it.each([
    { title: 'an hour back delays nothing', shift: -3_600_000, ms: 50 },
    { title: 'an hour ahead is followed', shift: 3_600_000, ms: 1_800_000 },
  ])('$title, and no history goes back in time', async ({ shift, ms }) => {
    let set = 0
    const database = temporaryFile()
    const clock = systemClock(() => Date.now() + set)
    const restack = new Restack({ driver: new EmbeddedDriver({ database, logger: quiet }, { clock }) })
    cleanUp.push(() => restack.close())
    await restack.startService({ workflows: { sleepyWorkflow }, functions: { add: async (n: number) => n } })
    await restack.scheduleWorkflow({ workflowName: 'sleepyWorkflow', workflowId: 'sleepy', input: { ms } })
    while ((await restack.history({ id: 'sleepy' })).events.length < 2)
      await new Promise((done) => setImmediate(done))
    set = shift
    // Whatever wakes the engine lets it look at the clock.
    await restack.scheduleWorkflow({ workflowName: 'sleepyWorkflow', workflowId: 'other', input: { ms: 1 } })
    expect(await restack.getWorkflowResult({ workflowId: 'sleepy' })).toBe(1)
    const times = (await restack.history({ id: 'sleepy' })).events.map(({ at }) => at.getTime())
    expect(times).toEqual([...times].sort((one, other) => one - other))
  })
})
