/** Closes in the reverse order of opening, each once, whatever fails on the way. */
export class Closers {
  readonly #stack: (() => Promise<void>)[] = []

  add(close: () => Promise<void>): void {
    this.#stack.push(close)
  }

  async close(): Promise<void> {
    const failures: unknown[] = []
    for (let close = this.#stack.pop(); close !== undefined; close = this.#stack.pop())
      await close().catch((error: unknown) => failures.push(error))
    if (failures.length > 0) throw new AggregateError(failures, 'Not everything could be stopped.')
  }
}
