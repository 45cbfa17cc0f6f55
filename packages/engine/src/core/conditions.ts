import { currentScope } from './context.ts'
import type { Scope } from './scope.ts'

/** What code waits for to become true. */
export interface Condition {
  /** Where the code waits: the predicate runs there. */
  readonly scope: Scope
  readonly predicate: () => boolean
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** The conditions of one run, in order of registration. */
export class Conditions {
  readonly #waiting = new Set<Condition>()

  /** Tries a condition at the end of every turn until the returned function is called. */
  add(condition: Condition): () => void {
    this.#waiting.add(condition)
    return () => this.#waiting.delete(condition)
  }

  /**
   * How the first condition that holds goes on. One at a time, so that each that goes on finds its condition true; and
   * in a turn of its own, since between turns code must not go on (A4 of execution.ts).
   */
  ripe(): (() => void) | undefined {
    for (const { scope, predicate, resolve, reject } of this.#waiting) {
      try {
        if (currentScope.run(scope, predicate)) return resolve
      } catch (error) {
        return () => reject(error instanceof Error ? error : new Error(String(error)))
      }
    }
    return undefined
  }
}
