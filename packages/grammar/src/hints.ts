import { isInvisible, lookAlikeOf } from './characters.ts'

/** Operators in ASCII, and the sign that each is another spelling of. */
const SIGNS: ReadonlyMap<string, string> = new Map([
  ['->', '→'],
  ['->?', '→?'],
  ['<->', '⇄'],
  ['||', '⊕'],
])

/** Spellings of other languages, and our own made of look-alikes, with what they are here; longest first. */
const MEANT: readonly (readonly [string, string])[] = [
  ['<-->', '<->'],
  ['<==>', '<->'],
  ['<=>', '<->'],
  ['<->', '<->'],
  ['<>', '<->'],
  ['--->', '->'],
  ['==>', '->'],
  ['-->', '->'],
  ['=>', '->'],
  ['->', '->'],
  ['~>', '->'],
  ['|>', '->'],
  ['>>', '->'],
  ['>', '->'],
  ['&&', '||'],
  ['||', '||'],
  ['&', '||'],
  ['|', '||'],
  ['+', '||'],
  ['→', '->'],
  ['⇄', '<->'],
  ['⊕', '||'],
]

/** No spelling of an operator is longer, a question mark included. */
const LONGEST_SPELLING = 5

/** What UTF-8 operators become when they are read as Windows-1252. */
const MOJIBAKE: readonly (readonly [string, string])[] = [
  ['â†’', '→'],
  ['â‡„', '⇄'],
  ['âŠ•', '⊕'],
]

/** What was probably meant by a character that is not part of the language. */
export function hintFor(text: string, at: number, character: string): string | undefined {
  const garbled = MOJIBAKE.find(([wrong]) => text.startsWith(wrong, at))
  if (garbled !== undefined) return `This is ${garbled[1]} read in the wrong encoding: read the text as UTF-8`
  const meant = lookAlikeOf(character)
  if (character === '?' || meant === '?') return guardHint(text, at)
  const special = hintForAscii(text, at, character) ?? operatorHint(text, at) ?? reverseHint(text, at)
  if (special !== undefined) return special
  if (meant !== undefined) return `Did you mean "${meant}"?`
  if (isInvisible(character.codePointAt(0) ?? 0)) return 'Remove it; it may have come along with copied text'
  if (/^[\p{L}\p{N}\p{M}\p{S}]$/u.test(character)) return NAME_RULE
  return undefined
}

const NAME_RULE = 'A name is made of the letters A-Z and a-z, digits, _ and single inner hyphens'

function hintForAscii(text: string, at: number, character: string): string | undefined {
  if (character === '-') return hyphenHint(text, at)
  if (character === ':') return 'Only agent:, workflow: and function: may stand before a name, without spaces'
  if (/^[0-9]$/.test(character)) return 'A name begins with a letter or _'
  if (character === '{') return 'The bound of a loop is a setting: pipeline.loops.<a_b>.max'
  if (character === '$') return 'This looks like a shell variable that was not filled in'
  if (character === '"' || character === "'" || character === '`') return 'Names are written without quotes'
  if (character === '[') return 'Group with ( and )'
  if (character === '#' || text.startsWith('//', at) || text.startsWith('/*', at))
    return 'There are no comments'
  return undefined
}

function reverseHint(text: string, at: number): string | undefined {
  if (!/^(?:<[-=]|[←⟵⇐⟸⇦⬅￩])/u.test(text.slice(at, at + 2))) return undefined
  return 'There is no reverse sequence: write the steps in the order in which they run'
}

/** An operator in the spelling of another language, or of signs that look like those of its own. */
function operatorHint(text: string, at: number): string | undefined {
  const spelled = Array.from(text.slice(at, at + LONGEST_SPELLING), (each) => lookAlikeOf(each) ?? each).join(
    '',
  )
  const found = MEANT.find(([wrong]) => spelled.startsWith(wrong))
  if (found === undefined) return undefined
  const [wrong, ascii] = found
  const operator = ascii === '->' && spelled.charAt(wrong.length) === '?' ? '->?' : ascii
  return `Did you mean "${operator}" ("${SIGNS.get(operator) ?? operator}")?`
}

function guardHint(text: string, at: number): string {
  const before = text.slice(0, at).trimEnd()
  const arrow = ['→', '->'].find((each) => before.endsWith(each))
  if (arrow === undefined) return 'A condition is written →? (or ->?)'
  const guard = arrow === '->' ? '->? (→?)' : '→?'
  return before.length === at ? `Did you mean ${guard}?` : `Write ${guard} without a space`
}

function hyphenHint(text: string, at: number): string | undefined {
  if (/^-\s+>/.test(text.slice(at, at + 20))) return 'Write -> without a space'
  return operatorHint(text, at) ?? 'Hyphens stand single and inside a name (send-email); the arrow is -> (→)'
}
