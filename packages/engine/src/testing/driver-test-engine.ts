import { setTimeout as pause } from 'node:timers/promises'
import type { RunFunction } from '../api/run-function.ts'
import type { EngineDriver } from '../client/driver.ts'
import { loadService } from '../client/load-service.ts'
import { Schedules } from '../client/schedules.ts'
import type { Service, ServiceInput } from '../client/types.ts'
import { EngineError } from '../errors.ts'
import { testRun, testStart, type Patience } from './test-run.ts'
import type { TestEngine, TestEngineOptions, TestRun, TestStartOptions } from './types.ts'

/** Options of {@link createDriverTestEngine}: drivers that bundle agents find those of these modules, too. */
export type DriverTestEngineOptions = TestEngineOptions & Pick<ServiceInput, 'agentsPath' | 'workflowsPath'>

const pollMs = 50

/**
 * A test engine on a driver, so that tests written for {@link createTestEngine} also run on a real engine. There time
 * is real: `advance` refuses, and options about time and replay have no effect. Closing it ends what the test left open,
 * so the driver must be the test's own.
 *
 * @example const engine = await createDriverTestEngine(openTemporalDriver({ address, engineId }), { agents, functions })
 */
export async function createDriverTestEngine(
  driver: EngineDriver,
  options: DriverTestEngineOptions = {},
): Promise<TestEngine> {
  const engine = new DriverTestEngine(driver, options)
  await engine.serve()
  return engine
}

class DriverTestEngine implements TestEngine {
  readonly schedules: Schedules
  readonly #driver: EngineDriver
  readonly #options: DriverTestEngineOptions
  readonly #patience: Patience = { waitFor: async (promise) => promise, settle: async () => undefined }
  readonly #started = new Set<string>()
  #service: Service | undefined

  constructor(driver: EngineDriver, options: DriverTestEngineOptions) {
    this.#driver = driver
    this.#options = options
    this.schedules = new Schedules(driver)
  }

  get now(): Date {
    return new Date()
  }

  async serve(): Promise<void> {
    this.#service = await this.#driver.startService(await loadService(this.#options))
  }

  async start<T>(
    run: RunFunction | string,
    input?: unknown,
    options: TestStartOptions = {},
  ): Promise<TestRun<T>> {
    const { agents = {}, workflows = {} } = this.#options
    const type = typeof run === 'string' ? run : run.name
    const kind = type in agents ? 'agent' : type in workflows ? 'workflow' : undefined
    const request = testStart(kind, type, input, options)
    const runId = await this.#driver.start(request)
    this.#started.add(request.id)
    return testRun<T>(this.#driver, { id: request.id, runId }, this.#patience)
  }

  async execute<T>(run: RunFunction | string, input?: unknown, options: TestStartOptions = {}): Promise<T> {
    const started = await this.start<T>(run, input, options)
    return started.result()
  }

  async run(id: string): Promise<TestRun> {
    const { runId } = await this.#driver.describe({ id })
    return testRun(this.#driver, { id, runId }, this.#patience)
  }

  async advance(): Promise<void> {
    throw new EngineError('ENGINE_REAL_TIME', 'Time cannot be advanced on a real engine', {
      hint: 'Run this test without an engine’s address in the environment: then time is virtual.',
    })
  }

  async settle(): Promise<void> {
    for (;;) {
      const open = await this.#driver.list({ status: 'running' })
      const described = await Promise.all(open.map(({ id, runId }) => this.#driver.describe({ id, runId })))
      if (described.every((run) => run.pendingSteps.length + run.pendingEvents === 0)) return
      await pause(pollMs)
    }
  }

  async restart(): Promise<void> {
    await this.#service?.stop({ graceMs: 0 })
    await this.serve()
  }

  async close(): Promise<void> {
    await this.#service?.stop({ graceMs: 0 })
    // A server's lists may lag behind what the test itself has started.
    const ids = new Set([
      ...this.#started,
      ...(await this.#driver.list({ status: 'running' })).map(({ id }) => id),
    ])
    for (const id of ids) await this.#driver.terminate({ id }, 'The test is over').catch(() => undefined)
    await this.#driver.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
