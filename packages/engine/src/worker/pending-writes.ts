// Writes that wait for the next tick: many share one transaction (W1 of tick-transaction.ts).
import type { LogSink } from '../client/types.ts'
import { failureOf } from '../core/failure.ts'
import { isEngineError } from '../errors.ts'
import type { Operation, TickResult, Write } from './tick.ts'

export class PendingWrites {
  readonly #logger: LogSink
  readonly #wake: () => void
  #operations: Operation[] = []

  constructor(logger: LogSink, wake: () => void) {
    this.#logger = logger
    this.#wake = wake
  }

  get size(): number {
    return this.#operations.length
  }

  /** Whether any of them is the engine's own. */
  get hasInternal(): boolean {
    return this.#operations.some(({ internal }) => internal)
  }

  /** A caller's write: when the transaction fails, so does the call. */
  add<T>(run: Write<T>): Promise<T> {
    return this.#enqueue(run, false)
  }

  /** A write of the engine's own: when the transaction fails, it is tried again. */
  addInternal<T>(run: Write<T>): Promise<T> {
    return this.#enqueue(run, true)
  }

  /** As {@link PendingWrites.addInternal}, for writes that nobody waits for. */
  post(run: Write<void>): void {
    this.addInternal(run).catch((error: unknown) => {
      this.#logger.log('error', 'The engine could not write', { error: failureOf(error) })
    })
  }

  take(): readonly Operation[] {
    const operations = this.#operations
    this.#operations = []
    return operations
  }

  /** After a transaction that did not happen: its callers are refused, the engine's own writes come first. */
  retry(operations: readonly Operation[], failure: Error): void {
    this.#operations = [...operations.filter(({ internal }) => internal), ...this.#operations]
    for (const { internal, reject } of operations) if (!internal) reject(failure)
  }

  /** Drops the engine's own writes, also of what was taken: only callers' are still meant. */
  keepCallers(taken: readonly Operation[]): void {
    this.#operations = [...taken, ...this.#operations].filter(({ internal }) => !internal)
  }

  #enqueue<T>(run: Write<T>, internal: boolean): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#operations.push({ run, resolve: resolve as (value: unknown) => void, reject, internal })
      this.#wake()
    })
  }
}

/** Inside a transaction: does what an operation asks for; its caller is answered after the commit. */
export function perform({ run, resolve, reject }: Operation, now: number, result: TickResult): void {
  const { effects, answers } = result
  try {
    const value = run(effects, now)
    answers.push(() => resolve(value))
  } catch (error) {
    // What an operation refuses concerns its caller; anything else undoes the whole transaction.
    if (!isEngineError(error)) throw error
    answers.push(() => reject(error))
  }
}
