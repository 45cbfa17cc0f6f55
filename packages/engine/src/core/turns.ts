// Lets the code of runs go on until it has nothing to do: a turn.
//
//   T1. Two immediates that are queued together run in one check phase, with all microtasks between them and no I/O.
//       So whatever goes on between `begin` and `end` is the run's own work; anything else is a foreign await.
//   T2. Runs that want a turn at the same time share it.

interface Turn {
  readonly begin: () => void
  readonly end: () => void
}

// Captured here, so that a test's fake timers do not stop the engine.
const immediate = setImmediate

/** Shares turns between runs. */
export class Turns {
  #waiting: Turn[] = []

  /** Calls `begin`, lets all microtasks that follow from it run, and resolves with what `end` says. Neither may throw. */
  take<T>(begin: () => void, end: () => T): Promise<T> {
    return new Promise((done) => {
      this.#waiting.push({
        begin,
        end: () => done(end()),
      })
      if (this.#waiting.length === 1) this.#schedule()
    })
  }

  #schedule(): void {
    let turns: readonly Turn[] = []
    immediate(() => {
      turns = this.#waiting
      this.#waiting = []
      for (const turn of turns) turn.begin()
    })
    immediate(() => {
      for (const turn of turns) turn.end()
    })
  }
}
