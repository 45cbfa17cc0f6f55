/** What `patched` answers in one run: the same each time it is asked. */
export class Patches {
  readonly #answers = new Map<string, boolean>()
  readonly #recorded = new Set<string>()

  /** Patches that the history holds are true on replay, others that replay meets are false. */
  know(ids: Iterable<string>): void {
    for (const id of ids) this.#recorded.add(id)
  }

  /** The answer, and whether it is new and true, so that the history must hold it. */
  ask(id: string, replaying: boolean): { readonly answer: boolean; readonly record: boolean } {
    const known = this.#answers.get(id)
    if (known !== undefined) return { answer: known, record: false }
    const answer = !replaying || this.#recorded.has(id)
    this.#answers.set(id, answer)
    return { answer, record: answer }
  }
}
