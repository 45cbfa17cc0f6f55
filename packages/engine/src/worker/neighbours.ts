const neighboursKey = Symbol.for('rgen.engine.neighbours')

interface Holder {
  [neighboursKey]?: Map<string, Set<() => void>> | undefined
}

/** Engines of one process that share a file: each tells the others when it has committed, so they need not poll. */
export class Neighbours {
  readonly #file: string
  readonly #wake: () => void
  #scheduled = false

  constructor(file: string, wake: () => void) {
    this.#file = file
    this.#wake = wake
    if (file !== ':memory:') this.#group().add(wake)
  }

  tell(): void {
    const group = this.#group()
    if (this.#scheduled || group.size < 2) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      for (const wake of group) if (wake !== this.#wake) wake()
    })
  }

  leave(): void {
    this.#group().delete(this.#wake)
  }

  #group(): Set<() => void> {
    const holder = globalThis as Holder
    const groups = holder[neighboursKey] ?? new Map<string, Set<() => void>>()
    holder[neighboursKey] = groups
    const group = groups.get(this.#file) ?? new Set()
    if (group.size === 0) groups.set(this.#file, group)
    return group
  }
}
