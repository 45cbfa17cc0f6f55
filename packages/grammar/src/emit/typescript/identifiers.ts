import { isReserved } from '../../reserved-words.ts'

/** Gives names within one scope: each once, none that the language or the file uses already. */
export class Identifiers {
  readonly #taken: Set<string>

  constructor(taken: Iterable<string> = []) {
    this.#taken = new Set(taken)
  }

  /**
   * The wanted name, or the first free one made from it.
   *
   * @param fallback Put behind a name that is taken before numbers are tried: `class` → `classStep`.
   */
  claim(wanted: string, fallback = ''): string {
    const base =
      isReserved(wanted) || (this.#taken.has(wanted) && fallback !== '') ? wanted + fallback : wanted
    let name = base
    for (let count = 2; this.#taken.has(name) || isReserved(name); count += 1) name = `${base}${count}`
    this.#taken.add(name)
    return name
  }
}
