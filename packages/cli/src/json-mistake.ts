/** Where a text stops being JSON, counted in UTF-16 code units from 0, and why. */
export interface JsonMistake {
  readonly offset: number
  readonly message: string
}

type Expected = 'value' | 'value or end' | 'key' | 'key or end' | 'colon' | 'comma or end' | 'nothing'
type Bracket = '{' | '['

/** A mark, a text, or a number or word of JSON, with the white space before it. */
const token =
  // eslint-disable-next-line no-control-regex -- JSON names these very characters as not allowed in a text
  /[ \t\r\n]*(?:([{}[\],:])|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|((?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.])))/y

/**
 * Finds where a text stops being JSON; undefined when it is JSON. `JSON.parse` names a place in some versions of
 * Node and in some cases only.
 */
export function findJsonMistake(text: string): JsonMistake | undefined {
  const open: Bracket[] = []
  let expected: Expected = 'value'
  for (let offset = 0; ; offset = token.lastIndex) {
    const start = offset + (/^[ \t\r\n]*/.exec(text.slice(offset))?.[0].length ?? 0)
    if (start >= text.length)
      return expected === 'nothing'
        ? undefined
        : { offset: start, message: `it ends, and ${print(expected, open.at(-1))} is missing` }
    token.lastIndex = offset
    const [whole, mark, string, scalar] = token.exec(text) ?? []
    if (whole === undefined) return { offset: start, message: `unexpected ${badWord(text.slice(start))}` }
    const word = mark ?? string ?? scalar ?? ''
    const next = take(word, expected, open)
    if (next === undefined)
      return { offset: start, message: `unexpected ${word}, expected ${print(expected, open.at(-1))}` }
    expected = next
  }
}

/** What is expected after a token; undefined when the token does not fit. Opens and closes brackets. */
function take(word: string, expected: Expected, open: Bracket[]): Expected | undefined {
  const inside = open.at(-1)
  if (word === (inside === '{' ? '}' : ']') && expected.endsWith('or end')) {
    open.pop()
    return open.length === 0 ? 'nothing' : 'comma or end'
  }
  if (expected === 'key' || expected === 'key or end') return word.startsWith('"') ? 'colon' : undefined
  if (expected === 'colon') return word === ':' ? 'value' : undefined
  if (expected === 'comma or end') return word === ',' ? (inside === '{' ? 'key' : 'value') : undefined
  if (expected === 'nothing') return undefined
  if (word === '{' || word === '[') {
    open.push(word)
    return word === '{' ? 'key or end' : 'value or end'
  }
  if ([']', '}', ',', ':'].includes(word)) return undefined
  return open.length === 0 ? 'nothing' : 'comma or end'
}

function print(expected: Expected, inside: Bracket | undefined): string {
  if (expected === 'comma or end') return inside === '{' ? ', or }' : ', or ]'
  const names = {
    value: 'a value',
    'value or end': 'a value or ]',
    key: 'a key in double quotes',
    'key or end': 'a key in double quotes or }',
    colon: ':',
    nothing: 'the end',
  }
  return names[expected]
}

function badWord(rest: string): string {
  if (rest.startsWith("'")) return "', JSON takes double quotes"
  if (rest.startsWith('"'))
    return 'text: its closing quote is missing, or a \\ in it is not followed by an escape'
  return /^[\w.$+-]+|^./su.exec(rest)?.[0] ?? ''
}
