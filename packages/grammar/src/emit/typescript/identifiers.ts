/** Words that cannot name a function of a module, in any version of the language that we emit. */
const RESERVED: ReadonlySet<string> = new Set(
  (
    'abstract arguments as async await boolean break case catch class const continue debugger declare default delete ' +
    'do else enum eval export extends false finally for function get if implements import in infinity instanceof ' +
    'interface let module namespace new null of package private protected public require exports return set static ' +
    'super switch this throw true try type typeof undefined unique unknown using var void while with yield'
  ).split(' '),
)

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
      RESERVED.has(wanted) || (this.#taken.has(wanted) && fallback !== '') ? wanted + fallback : wanted
    let name = base
    for (let count = 2; this.#taken.has(name) || RESERVED.has(name); count += 1) name = `${base}${count}`
    this.#taken.add(name)
    return name
  }
}
