import { codePointName, isInvisible, isWhiteSpace } from './characters.ts'
import { GrammarSyntaxError } from './errors.ts'
import { hintFor } from './hints.ts'
import { RESOURCE_KINDS } from './names.ts'
import type { Source } from './source.ts'
import type { ResourceKind } from './tree.ts'

// The lexer reads one token ahead and no more: a character that is not allowed is only reported when the parser
// gets there, so that the first mistake of an expression is the one that is named.

/** What a token can be; operators are called by their meaning, whichever of their two spellings was used. */
export type TokenKind = 'name' | 'then' | 'guard' | 'loop' | 'parallel' | 'open' | 'close' | 'comma' | 'end'

const LETTER = 1
const DIGIT = 2
const CLASS = new Uint8Array(128)
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_')
  CLASS[character.charCodeAt(0)] = LETTER
for (const character of '0123456789') CLASS[character.charCodeAt(0)] = DIGIT

/** The current token of a source, and the step to the next. */
export class Lexer {
  readonly source: Source
  /** The current token: what it is and which part of the text it covers. */
  kind: TokenKind = 'end'
  start = 0
  end = 0
  /** Only for a name: where the name itself begins behind `agent:`, and the kind that was written. */
  nameStart = 0
  resourceKind: ResourceKind | undefined = undefined
  /** Where the token before the current one ended. */
  previousEnd = 0

  readonly #text: string

  constructor(source: Source) {
    this.source = source
    this.#text = source.text
    // A byte order mark may only stand at the very beginning.
    if (source.text.charCodeAt(0) === 0xfeff) this.end = 1
  }

  /** The characters of the current token. */
  text(): string {
    return this.#text.slice(this.start, this.end)
  }

  /**
   * Goes on to the next token.
   *
   * @throws {GrammarSyntaxError} E_CHAR at a character that begins no token
   */
  advance(): void {
    const text = this.#text
    this.previousEnd = this.end
    let at = this.end
    let code = text.charCodeAt(at)
    while (isWhiteSpace(code)) code = text.charCodeAt(++at)
    this.start = at
    if (at >= text.length) {
      this.kind = 'end'
      this.end = at
    } else if (code < 128 && CLASS[code] === LETTER) {
      this.#name(at)
    } else {
      this.#operator(code, at)
    }
  }

  #name(start: number): void {
    this.kind = 'name'
    this.nameStart = start
    this.resourceKind = undefined
    this.end = this.#nameEnd(start)
    if (this.#text.charCodeAt(this.end) === 0x3a) this.#qualifiedName(start)
  }

  #qualifiedName(start: number): void {
    const text = this.#text
    const colon = this.end
    const written = text.slice(start, colon)
    const kind = RESOURCE_KINDS.find((each) => each === written)
    if (kind === undefined || CLASS[text.charCodeAt(colon + 1)] !== LETTER) this.#refuse(colon)
    this.resourceKind = kind
    this.nameStart = colon + 1
    this.end = this.#nameEnd(colon + 1)
  }

  /** A name goes on over letters, digits, and single hyphens between them. */
  #nameEnd(start: number): number {
    const text = this.#text
    let at = start + 1
    for (;;) {
      const code = text.charCodeAt(at)
      if (code < 128 && CLASS[code] !== 0) at += 1
      else if (code === 0x2d && (CLASS[text.charCodeAt(at + 1)] ?? 0) !== 0) at += 2
      else return at
    }
  }

  #operator(code: number, at: number): void {
    const text = this.#text
    switch (code) {
      case 0x2192: // →
        this.#arrow(at + 1)
        break
      case 0x21c4: // ⇄
        this.#set('loop', at + 1)
        break
      case 0x2295: // ⊕
        this.#set('parallel', at + 1)
        break
      case 0x28:
        this.#set('open', at + 1)
        break
      case 0x29:
        this.#set('close', at + 1)
        break
      case 0x2c:
        this.#set('comma', at + 1)
        break
      default:
        if (text.startsWith('->', at)) this.#arrow(at + 2)
        else if (text.startsWith('<->', at)) this.#set('loop', at + 3)
        else if (text.startsWith('||', at)) this.#set('parallel', at + 2)
        else this.#refuse(at)
    }
  }

  #arrow(end: number): void {
    if (this.#text.charCodeAt(end) === 0x3f) this.#set('guard', end + 1)
    else this.#set('then', end)
  }

  #set(kind: TokenKind, end: number): void {
    this.kind = kind
    this.end = end
  }

  #refuse(at: number): never {
    const codePoint = this.#text.codePointAt(at) ?? 0
    const character = String.fromCodePoint(codePoint)
    const shown = isInvisible(codePoint) ? 'invisible character' : `character "${character}"`
    throw new GrammarSyntaxError(
      this.source,
      'E_CHAR',
      `${shown} (${codePointName(codePoint)}) is not part of the operator language`,
      { start: at, end: at + character.length },
      hintFor(this.#text, at, character),
    )
  }
}
