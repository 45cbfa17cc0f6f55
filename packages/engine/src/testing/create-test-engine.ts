import { parseDuration, type Duration } from '../api/duration.ts'
import type { RunFunction } from '../api/run-function.ts'
import { loadService } from '../client/load-service.ts'
import { Schedules } from '../client/schedules.ts'
import type { LogSink } from '../client/types.ts'
import { anyQueue } from '../worker/registry.ts'
import { openEmbeddedDriver, type EmbeddedDriver } from '../worker/embedded-driver.ts'
import { testRun, testStart, type Patience } from './test-run.ts'
import type { TestEngine, TestEngineOptions, TestRun, TestStartOptions } from './types.ts'
import { VirtualClock } from './virtual-clock.ts'

const quiet: LogSink = { log: () => undefined }
const defaultStart = Date.UTC(2026, 0, 1)
const immediate = setImmediate

/**
 * A durable engine in memory, for tests: no file, no waiting. While something awaits a result and nothing else can
 * happen, time jumps to the next timer, so a week's sleep passes at once.
 *
 * @throws {EngineError} ENGINE_REGISTRATION
 * @example
 * await using engine = await createTestEngine({ agents: { greeterAgent }, functions: { greet: async () => 'hi' } })
 * expect(await engine.execute(greeterAgent, { name: 'Ada' })).toBe('hi')
 */
export async function createTestEngine(options: TestEngineOptions = {}): Promise<TestEngine> {
  const engine = new VirtualEngine(options)
  await engine.serve()
  return engine
}

class VirtualEngine implements TestEngine {
  readonly schedules: Schedules
  readonly #options: TestEngineOptions
  readonly #clock: VirtualClock
  readonly #driver: EmbeddedDriver
  #waiting = 0
  #idle = false
  readonly #settled = new Set<() => void>()
  readonly #patience: Patience = {
    waitFor: (promise) => this.#waitFor(promise),
    settle: () => this.settle(),
  }

  constructor(options: TestEngineOptions) {
    this.#options = options
    this.#clock = new VirtualClock(options.startAt?.getTime() ?? defaultStart)
    this.#driver = openEmbeddedDriver(
      { database: ':memory:', logger: options.logger ?? quiet, retention: Number.MAX_SAFE_INTEGER },
      {
        clock: this.#clock,
        onFault: 'fail',
        strictReplay: options.strictReplay ?? true,
        idle: () => this.#onIdle(),
      },
    )
    this.schedules = new Schedules(this.#driver)
  }

  get now(): Date {
    return new Date(this.#clock.now())
  }

  async serve(): Promise<void> {
    const { agents, workflows, functions } = this.#options
    await this.#driver.startService(
      await loadService({
        taskQueue: anyQueue,
        ...(agents === undefined ? {} : { agents }),
        ...(workflows === undefined ? {} : { workflows }),
        ...(functions === undefined ? {} : { functions }),
      }),
    )
  }

  async start<T>(
    run: RunFunction | string,
    input?: unknown,
    options: TestStartOptions = {},
  ): Promise<TestRun<T>> {
    const type = typeof run === 'string' ? run : run.name
    const request = testStart(this.#driver.worker.registry.kind(type), type, input, options)
    const runId = await this.#driver.start(request)
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

  async advance(duration: Duration): Promise<void> {
    const until = this.#clock.now() + parseDuration(duration)
    await this.settle()
    for (let next = this.#clock.nextAt(); next !== undefined && next <= until; next = this.#clock.nextAt()) {
      this.#clock.moveTo(next)
      await this.settle()
    }
    this.#clock.moveTo(until)
    await this.settle()
  }

  async settle(): Promise<void> {
    // Functions that wait for the real world (or for virtual time) do not count as something left to do.
    for (let turn = 0; turn < 10; turn += 1) {
      await new Promise<void>((done) => {
        this.#settled.add(done)
        this.#driver.worker.wake()
      })
      await new Promise((done) => immediate(done))
    }
  }

  async restart(): Promise<void> {
    await this.settle()
    await this.#driver.worker.crash()
    await this.#driver.worker.revive()
  }

  async close(): Promise<void> {
    await this.#driver.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** Time may jump as long as someone waits. */
  async #waitFor<T>(promise: Promise<T>): Promise<T> {
    this.#waiting += 1
    if (this.#idle) this.#driver.worker.wake()
    try {
      return await promise
    } finally {
      this.#waiting -= 1
    }
  }

  #onIdle(): void {
    this.#idle = true
    for (const done of [...this.#settled]) {
      this.#settled.delete(done)
      done()
    }
    this.#jump()
  }

  /** Moves time to the next alarm, and on, until one gives the engine something to do. */
  #jump(): void {
    // Promises that were just answered go on first: what they do comes before time passes.
    immediate(() => {
      const { resting, allAsleep } = this.#driver.worker
      const next = this.#clock.nextAt()
      if (this.#waiting === 0 || !resting || !allAsleep || next === undefined) return
      this.#clock.moveTo(next)
      this.#jump()
    })
  }
}
