/** Words that cannot name a function of a module, in any version of the language that we emit. */
const RESERVED: ReadonlySet<string> = new Set(
  (
    'arguments await break case catch class const continue debugger default delete do else enum eval export extends ' +
    'false finally for function if implements import in instanceof interface let new null package private protected ' +
    'public return static super switch this throw true try typeof undefined var void while with yield'
  ).split(' '),
)

/** Whether a word cannot name a function of a module. */
export function isReserved(word: string): boolean {
  return RESERVED.has(word)
}
