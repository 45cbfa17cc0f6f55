// States that other processes ask for, of runs whose code is here: asked and answered through the database.
import { failureOf } from '../core/failure.ts'
import { EngineError } from '../errors.ts'
import type { QueryRow, RunRow } from '../storage/port.ts'
import type { WorkerOptions } from './options.ts'
import type { Registry } from './registry.ts'
import type { Write } from './tick.ts'

export class StateQueries {
  readonly #options: WorkerOptions
  readonly #registry: Registry
  readonly #read: (run: RunRow, name: string) => Promise<string | null>
  readonly #write: (write: Write<void>) => void
  readonly #answering = new Set<string>()

  constructor(
    options: WorkerOptions,
    registry: Registry,
    read: (run: RunRow, name: string) => Promise<string | null>,
    write: (write: Write<void>) => void,
  ) {
    this.#options = options
    this.#registry = registry
    this.#read = read
    this.#write = write
  }

  /** Answers what is asked and not being answered yet. */
  answer(): void {
    const { storage } = this.#options
    for (const query of storage.queries.asked(this.#registry.types)) {
      if (this.#answering.has(query.queryId)) continue
      this.#answering.add(query.queryId)
      void this.#answerOf(query).then(({ state, data }) => {
        this.#write(() => {
          storage.queries.answer(query.queryId, state, data)
          this.#answering.delete(query.queryId)
        })
      })
    }
  }

  async #answerOf({
    runKey,
    name,
  }: QueryRow): Promise<{ state: 'answered' | 'failed'; data: string | null }> {
    try {
      const run = this.#options.storage.runs.get(runKey)
      if (run === undefined) throw new EngineError('ENGINE_RUN_NOT_FOUND', 'The run has been removed')
      return { state: 'answered', data: await this.#read(run, name) }
    } catch (error) {
      return { state: 'failed', data: JSON.stringify(failureOf(error)) }
    }
  }
}
