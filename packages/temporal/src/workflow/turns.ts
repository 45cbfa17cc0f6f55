// Turns: lets agent code go on one step at a time, as the embedded engine does, although Temporal hands over what
// happened in batches. Everything that happens to a run waits here; between two of them the code runs until it has
// nothing to do, and conditions are tried.
//
//   T1. One thing at a time: an answer, a timer or an event; then conditions, one by one and in order of registration.
//   T2. An event waits until its handler is registered; those behind it that can be handled overtake it.
//   T3. Order is that of the history, so replay takes the same turns.
import { condition as temporalCondition } from '@temporalio/workflow'

interface Happening {
  readonly ready: () => boolean
  readonly apply: () => void
}

/** A condition of agent code. */
export interface Condition {
  readonly holds: () => boolean
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

export class Turns {
  readonly #happenings: Happening[] = []
  readonly #conditions = new Set<Condition>()
  readonly #idle: () => (() => void) | undefined

  /** @param idle Asked when nothing else is left to do; what it answers is done in a turn of its own. */
  constructor(idle: () => (() => void) | undefined) {
    this.#idle = idle
  }

  /** Takes turns for the rest of the run. */
  async run(): Promise<never> {
    for (;;) {
      // Temporal tries a condition at once when it is made; the code that this turn woke must run before that.
      let first = true
      let next: (() => void) | undefined
      await temporalCondition(() => {
        if (!first) next = this.#next()
        first = false
        return next !== undefined
      })
      next?.()
    }
  }

  /** Has `apply` called in a turn of its own, once `ready` answers true. */
  add(apply: () => void, ready: () => boolean = () => true): () => void {
    const happening = { ready, apply }
    this.#happenings.push(happening)
    return () => this.#remove(happening)
  }

  addCondition(condition: Condition): () => void {
    this.#conditions.add(condition)
    return () => this.#conditions.delete(condition)
  }

  #next(): (() => void) | undefined {
    for (const condition of this.#conditions) {
      try {
        if (condition.holds()) return condition.resolve
      } catch (error) {
        return () => condition.reject(error instanceof Error ? error : new Error(String(error)))
      }
    }
    const happening = this.#happenings.find(({ ready }) => ready())
    if (happening === undefined) return this.#idle()
    return () => {
      this.#remove(happening)
      happening.apply()
    }
  }

  #remove(happening: Happening): void {
    const index = this.#happenings.indexOf(happening)
    if (index >= 0) this.#happenings.splice(index, 1)
  }
}
