import { isInvisible, lookAlikeOf } from './characters.ts'

/** Spellings of other languages and what they are here, longest first. */
const MEANT: readonly (readonly [string, string])[] = [
  ['<-->', '<->'],
  ['<==>', '<->'],
  ['<=>', '<->'],
  ['<>', '<->'],
  ['==>', '->'],
  ['-->', '->'],
  ['=>', '->'],
  ['~>', '->'],
  ['|>', '->'],
  ['>>', '->'],
  ['>', '->'],
  ['&&', '||'],
  ['&', '||'],
  ['|', '||'],
  ['+', '||'],
]

/** ASCII operators together with the sign that they are another spelling of. */
const SIGNS: ReadonlyMap<string, string> = new Map([
  ['->', '→'],
  ['<->', '⇄'],
  ['||', '⊕'],
])

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
  const special = hintForAscii(text, at, character)
  if (special !== undefined) return special
  const meant = lookAlikeOf(character)
  if (meant !== undefined) return `Did you mean ${meant}?`
  if (isInvisible(character.codePointAt(0) ?? 0)) return 'Remove it; it may have come along with copied text'
  if (/^[\p{L}\p{N}\p{M}\p{S}]$/u.test(character)) return NAME_RULE
  return undefined
}

const NAME_RULE = 'A name is made of the letters A-Z and a-z, digits, _ and single inner hyphens'

function hintForAscii(text: string, at: number, character: string): string | undefined {
  if (character === '?') return guardHint(text, at)
  if (character === '-') return hyphenHint(text, at)
  if (character === ':') return 'Only agent:, workflow: and function: may stand before a name, without spaces'
  if (/^[0-9]$/.test(character)) return 'A name begins with a letter or _'
  if (character === '{') return 'The bound of a loop is a setting: pipeline.loops.<a_b>.max'
  if (character === '$') return 'This looks like a shell variable that was not filled in'
  if (character === '"' || character === "'" || character === '`') return 'Names are written without quotes'
  if (character === '[') return 'Group with ( and )'
  if (character === '#' || text.startsWith('//', at) || text.startsWith('/*', at))
    return 'There are no comments'
  return operatorHint(text, at) ?? reverseHint(text, at)
}

function reverseHint(text: string, at: number): string | undefined {
  if (!text.startsWith('<-', at)) return undefined
  return 'There is no reverse sequence: write the steps in the order in which they run'
}

function operatorHint(text: string, at: number): string | undefined {
  const found = MEANT.find(([wrong]) => text.startsWith(wrong, at))
  if (found === undefined) return undefined
  const [wrong, right] = found
  const guard = right === '->' && text.charAt(at + wrong.length) === '?' ? '?' : ''
  return `Did you mean ${right}${guard} (${SIGNS.get(right) ?? right}${guard})?`
}

function guardHint(text: string, at: number): string {
  const before = text.slice(0, at).trimEnd()
  if (at > before.length && before.endsWith('→')) return 'Write →? without a space'
  if (at > before.length && before.endsWith('->')) return 'Write ->? without a space'
  return 'A condition is written →? (or ->?)'
}

function hyphenHint(text: string, at: number): string {
  const operator = operatorHint(text, at)
  if (operator !== undefined) return operator
  if (/^-\s+>/.test(text.slice(at, at + 20))) return 'Write -> without a space'
  return 'Hyphens stand single and inside a name (send-email); the arrow is -> (→)'
}
