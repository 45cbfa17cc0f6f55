// Which characters mean something, which are blank, and which only look as if they were.

/** Unicode White_Space (PropList.txt). Not U+FEFF, not the zero-width characters, not U+001C to U+001F. */
export function isWhiteSpace(code: number): boolean {
  if (code < 0x80) return code === 0x20 || (code >= 0x09 && code <= 0x0d)
  return (
    code === 0x85 ||
    code === 0xa0 ||
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000
  )
}

/** `U+200B`: how messages name a code point. */
export function codePointName(codePoint: number): string {
  return `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`
}

/** Control, format, unassigned, surrogate or blank-looking characters: shown by code point, never as themselves. */
export function isInvisible(codePoint: number): boolean {
  return (
    BLANK.has(codePoint) ||
    /^[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]$/u.test(String.fromCodePoint(codePoint))
  )
}

/** Look blank without being white space: Braille blank, Hangul fillers, musical null notehead. */
const BLANK: ReadonlySet<number> = new Set([0x2800, 0x115f, 0x1160, 0x3164, 0xffa0, 0x1d159])

const ARROW = '→'
const LOOP = '⇄'
const PARALLEL = '⊕'

/** Characters that are taken for one of ours, by what they are taken for. U+F0E0 is what Word makes of an arrow. */
const LOOK_ALIKES: ReadonlyMap<string, string> = new Map([
  ...pairs('⇒⟶⟹⇨➔➙➛➜➝➞➟➠➡➢➣➤➥➦➨➩➪➫➬➭➮➯➱➲➳➵➸➺➻➼➽➾►▶▸▻▷⮕⇾⇢⇝⇀⇁↦↣↠↝⇰⇶⟼⟾⟿⤇⤳⥤￫›»❯🡒🡢🡪🡲🡺\uf0e0', ARROW),
  ...pairs('⇆↔⟷⇔⟺⇌⇋⇿⇹⬌↹⥂⥃⥄⥊⥋⥎⥐⥦⥧⥨⥩↭⇎↻↺⟲⟳🔁🔄🔃', LOOP),
  ...pairs('⨁∥⊞⊗⊙⨀⨂∣‖⦶⊖⊘⊚⊛⊝⨭⨮⨹➕＋⌖', PARALLEL),
  ...pairs('❨❪⦅⸨⟮', '('),
  ...pairs('❩❫⦆⸩⟯', ')'),
  ...pairs('、⸲؛،', ','),
  ...pairs('⁇؟¿', '?'),
  ...pairs('–—―−‐‑‒⁃➖', '-'),
  ...pairs('❘¦', '|'),
  ...pairs('꞉', ':'),
])

/** What a character is probably meant to be, if it looks like one of ours. */
export function lookAlikeOf(character: string): string | undefined {
  return LOOK_ALIKES.get(character) ?? fullWidth(character) ?? LETTERS.get(character)
}

/** Letters of other scripts that cannot be told from Latin ones. */
const LETTERS: ReadonlyMap<string, string> = new Map(
  zip('АВЕЅІЈКМНОРСТУХаеѕіјорсухΑΒΕΖΗΙΚΜΝΟΡΤΥΧο', 'ABESIJKMHOPCTYXaesijopcyxABEZHIKMNOPTYXo'),
)

/** Full-width forms and mathematical letters have a compatibility mapping to plain ASCII. */
function fullWidth(character: string): string | undefined {
  const plain = character.normalize('NFKC')
  return plain !== character && /^[\x21-\x7e]$/.test(plain) ? plain : undefined
}

function pairs(characters: string, meant: string): [string, string][] {
  return Array.from(characters, (character) => [character, meant])
}

function zip(characters: string, meant: string): [string, string][] {
  return Array.from(characters, (character, at) => [character, meant.charAt(at)])
}
