import { afterEach, describe, expect, it } from '@jest/globals'
import { step } from '../src/agent.ts'
import type { ServiceOptions } from '../src/client/types.ts'
import { sleep } from '../src/function.ts'
import Restack from '../src/index.ts'
import { VirtualClock } from '../src/testing/virtual-clock.ts'
import { EmbeddedDriver } from '../src/worker/embedded-driver.ts'

type Functions = Readonly<Record<string, (input: number) => Promise<unknown>>>
type Workflow = (input: never) => Promise<unknown>

const cleanUp: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const task of cleanUp.splice(0)) await task()
})

/** A service in memory whose time moves to the next alarm as soon as nothing else can happen. */
async function serve(
  workflow: Workflow,
  functions: Functions,
  options: ServiceOptions,
): Promise<{ clock: VirtualClock; execute: (id: string, input?: number) => Promise<unknown> }> {
  const clock = new VirtualClock(Date.UTC(2026, 0, 1))
  const driver = new EmbeddedDriver({ database: ':memory:', logger: { log: () => undefined } }, { clock })
  const restack = new Restack({ driver })
  cleanUp.push(() => restack.close())
  await restack.startService({ workflows: { workflow }, functions, options })
  const execute = async (id: string, input?: number): Promise<unknown> => {
    await restack.scheduleWorkflow({ workflowName: 'workflow', workflowId: id, input })
    let settled = false
    const isSettled = (): boolean => settled
    const result = restack.getWorkflowResult({ workflowId: id }).finally(() => {
      settled = true
    })
    while (!isSettled()) {
      await new Promise((done) => setImmediate(done))
      const next = clock.nextAt()
      if (driver.worker.resting && driver.worker.allAsleep && next !== undefined) clock.moveTo(next)
    }
    return result
  }
  return { clock, execute }
}

describe('scheduleToStartTimeout', () => {
  /** A step that waits for the only slot, which another has for `taken` milliseconds; its outcome, and when. */
  async function queuedBehind(taken: number): Promise<unknown> {
    const first = step<Functions>().occupy?.(taken)
    const begun = Date.now()
    const second = await step<Functions>({ scheduleToStartTimeout: '3s' })
      .wait?.(0)
      .then(
        (value) => [value, Date.now() - begun],
        (error: unknown) => [((error as Error).cause as Error).message, Date.now() - begun],
      )
    return [await first, second]
  }
  const functions = {
    occupy: async (milliseconds: number) => {
      await sleep(milliseconds)
      return 'first'
    },
    wait: async () => 'second',
  }

  it('fails a step whose turn does not come in time, while the one before it goes on', async () => {
    const { execute } = await serve(queuedBehind, functions, { maxConcurrentFunctionRuns: 1 })
    const failure = 'Step wait: scheduleToStartTimeout of 3000 ms passed'
    expect(await execute('late', 10_000)).toEqual(['first', [failure, 3_000]])
  })

  it('leaves a step alone whose turn comes before', async () => {
    const { execute } = await serve(queuedBehind, functions, { maxConcurrentFunctionRuns: 1 })
    expect(await execute('early', 2_000)).toEqual(['first', ['second', 2_000]])
  })

  it('fails a step on a queue that nobody serves', async () => {
    async function elsewhereWorkflow(): Promise<unknown> {
      const options = { taskQueue: 'nobody', scheduleToStartTimeout: '1 minute' } as const
      return step<Functions>(options)
        .wait?.(0)
        .catch((error: unknown) => ((error as Error).cause as Error).message)
    }
    const { execute } = await serve(elsewhereWorkflow, functions, {})
    expect(await execute('elsewhere')).toBe('Step wait: scheduleToStartTimeout of 60000 ms passed')
  })
})

describe('rateLimit', () => {
  async function fanOutWorkflow(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, async (_, index) => step<Functions>().work?.(index)))
  }

  /** When each function of a run began, in milliseconds after the first. */
  async function beginnings(rateLimit: number, count: number): Promise<() => Promise<readonly number[]>> {
    const begun: number[] = []
    const work = async (): Promise<void> => {
      begun.push(service.clock.now())
    }
    const service = await serve(fanOutWorkflow, { work }, { rateLimit })
    let runs = 0
    return async () => {
      begun.length = 0
      runs += 1
      await service.execute(`run-${runs}`, count)
      service.clock.moveTo(service.clock.now() + 60_000)
      return begun.map((at) => at - (begun[0] ?? 0))
    }
  }

  it('lets as many begin at once as may in a second, the others at its pace', async () => {
    const run = await beginnings(4, 8)
    expect(await run()).toEqual([0, 0, 0, 0, 250, 500, 750, 1_000])
  })

  it('saves up no more than one second of a pause', async () => {
    const run = await beginnings(2, 5)
    expect(await run()).toEqual([0, 0, 500, 1_000, 1_500])
    expect(await run()).toEqual([0, 0, 500, 1_000, 1_500])
  })

  it('may be less than one a second', async () => {
    const run = await beginnings(0.5, 3)
    expect(await run()).toEqual([0, 2_000, 4_000])
  })
})

describe('functions that keep the processor busy', () => {
  it('let others have a turn between them, and are not timed while they wait for theirs', async () => {
    let turns = 0
    const seen: number[] = []
    const spin = async (): Promise<void> => {
      seen.push(turns)
      const end = performance.now() + 30
      while (performance.now() < end);
    }
    async function busyWorkflow(): Promise<void> {
      const once = { startToCloseTimeout: 200, retry: { maximumAttempts: 1 } }
      await Promise.all(Array.from({ length: 20 }, () => step<{ spin: typeof spin }>(once).spin()))
    }
    const restack = new Restack({ database: ':memory:', logger: { log: () => undefined } })
    await restack.startService({ workflows: { busyWorkflow }, functions: { spin } })
    const counter = setInterval(() => (turns += 1), 1)
    try {
      await restack.scheduleWorkflow({ workflowName: 'busyWorkflow', workflowId: 'busy' })
      await restack.getWorkflowResult({ workflowId: 'busy' })
    } finally {
      clearInterval(counter)
      await restack.close()
    }
    expect(seen).toHaveLength(20)
    expect(new Set(seen).size).toBe(20)
  })
})
