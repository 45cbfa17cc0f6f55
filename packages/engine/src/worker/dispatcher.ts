// Begins and ends the functions of this process, and counts the slots of its services.
import type { EngineError } from '../errors.ts'
import type { Dispatch, Effects } from './effects.ts'
import type { WorkerOptions } from './options.ts'
import type { Registry } from './registry.ts'
import type { StepResults } from './step-results.ts'
import { TaskRunner } from './task-runner.ts'

export class Dispatcher {
  readonly #options: WorkerOptions
  readonly #registry: Registry
  readonly #slotFreed: () => void
  readonly #runner: TaskRunner

  constructor(options: WorkerOptions, registry: Registry, results: StepResults, slotFreed: () => void) {
    this.#options = options
    this.#registry = registry
    this.#slotFreed = slotFreed
    this.#runner = new TaskRunner({
      clock: options.clock,
      logger: options.logger,
      ended: (dispatch, outcome) => {
        options.reached('step-ended')
        this.#free(dispatch)
        results.ended(dispatch, outcome)
      },
      beat: (dispatch, details) => results.heartbeat(dispatch, details),
      published: options.published,
    })
  }

  /** Functions under way. */
  get running(): number {
    return this.#runner.size
  }

  /** Whether every function under way waits for time to pass. */
  get allAsleep(): boolean {
    return this.#runner.allAsleep
  }

  /** Ends what a transaction cancelled, then begins what it claimed. */
  apply({ aborted, dispatches }: Effects): void {
    for (const { runKey, n } of aborted) {
      const dispatch = this.#runner.abort(runKey, n, 'The step was cancelled')
      if (dispatch !== undefined) this.#free(dispatch)
    }
    for (const dispatch of dispatches) this.#begin(dispatch)
  }

  /** Aborts everything; nothing of it will be reported. All slots are free. */
  abortAll(reason: EngineError): void {
    this.#runner.abortAll(reason)
    for (const entry of this.#registry.services) entry.running = 0
  }

  #begin(dispatch: Dispatch): void {
    const found = this.#registry.function(dispatch.queue, dispatch.name)
    const body = found?.body ?? ((): undefined => undefined)
    const threaded = found?.entry.threaded.has(dispatch.name) === true
    this.#runner.run(dispatch, body, threaded ? found.entry.invoke : undefined)
    this.#options.reached('step-begun')
  }

  #free({ queue, name }: Dispatch): void {
    const found = this.#registry.function(queue, name)
    if (found !== undefined) found.entry.running -= 1
    this.#slotFreed()
  }
}
