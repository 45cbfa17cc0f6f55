// Templates: text with {variables}.
//
//   T1. `{name}` and `{a.b}` are variables; `{{` and `}}` are literal braces; every other brace is text, so that JSON
//       can stand in a prompt as it is, nested too.
//   T2. What looks like another language's conversion or format (`{x!r}`, `{x:>10}`) is refused, never left in the text.
//   T3. A value is inserted as text and never scanned again.

export type TemplatePart =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'variable'
      readonly path: readonly string[]
      readonly line: number
      readonly column: number
    }

export type Template = readonly TemplatePart[]

/** A placeholder that is not allowed, and where it stands. */
export class TemplateSyntaxError extends Error {
  override readonly name = 'TemplateSyntaxError'
  readonly hint: string
  readonly line: number
  readonly column: number

  constructor(message: string, hint: string, { line, column }: Place) {
    super(message)
    this.hint = hint
    this.line = line
    this.column = column
  }
}

interface Place {
  readonly line: number
  readonly column: number
}

const word = String.raw`[\p{L}_][\p{L}\p{N}_]*`
const path = String.raw`${word}(?:\.(?:${word}|\d+))*`
const variable = new RegExp(String.raw`\{(${path})\}`, 'uy')
const conversion = new RegExp(
  String.raw`\{(${path})(?:![a-z]+[:}]|:(?:\}|\{[^{}\n]*\}[^{}\n]*\}|[^\s{}][^{}\n]*\}))`,
  'uyi',
)

/**
 * Reads a template.
 *
 * @param firstLine The line of the file on which the text begins, for errors.
 * @throws {TemplateSyntaxError} at the first conversion or format specification.
 * @example parseTemplate('Hello {name}') // [{ kind: 'text', text: 'Hello ' }, { kind: 'variable', path: ['name'], … }]
 */
export function parseTemplate(source: string, firstLine = 1): Template {
  return new TemplateReader(source, firstLine).read()
}

class TemplateReader {
  readonly #source: string
  readonly #firstLine: number
  readonly #parts: TemplatePart[] = []
  /** Braces that stand open: a single one is closed by a single one, so that `}}` at the end of nested JSON stays. */
  readonly #open: ('single' | 'double')[] = []
  #text = ''
  #at = 0

  constructor(source: string, firstLine: number) {
    this.#source = source
    this.#firstLine = firstLine
  }

  read(): Template {
    const brace = /[{}]/g
    for (;;) {
      brace.lastIndex = this.#at
      const next = brace.exec(this.#source)?.index ?? this.#source.length
      this.#text += this.#source.slice(this.#at, next)
      this.#at = next
      if (next === this.#source.length) break
      if (this.#source[next] === '}') this.#close()
      else if (this.#source[next + 1] === '{') this.#literal('{', 2, 'double')
      else this.#variableOrBrace()
    }
    this.#endText()
    return this.#parts
  }

  #close(): void {
    const innermost = this.#open.at(-1)
    const isDouble = this.#source[this.#at + 1] === '}' && innermost !== 'single'
    if (innermost === 'single' || isDouble) this.#open.pop()
    this.#literal('}', isDouble ? 2 : 1)
  }

  #literal(brace: string, length: number, opens?: 'single' | 'double'): void {
    if (opens) this.#open.push(opens)
    this.#text += brace
    this.#at += length
  }

  #variableOrBrace(): void {
    const found = this.#match(variable)
    if (!found) {
      this.#refuseConversion()
      this.#literal('{', 1, 'single')
      return
    }
    this.#endText()
    this.#parts.push({ kind: 'variable', path: (found[1] ?? '').split('.'), ...this.#place() })
    this.#at += found[0].length
  }

  #refuseConversion(): void {
    const found = this.#match(conversion)
    if (!found) return
    const [, name = ''] = found
    throw new TemplateSyntaxError(
      `{${name}…} has a conversion or format specification, which templates do not have`,
      `Format the value before it is given, and write {${name}}; braces that are meant as text are {{ and }}.`,
      this.#place(),
    )
  }

  #endText(): void {
    if (this.#text !== '') this.#parts.push({ kind: 'text', text: this.#text })
    this.#text = ''
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at
    return pattern.exec(this.#source)
  }

  #place(): Place {
    const before = this.#source.slice(0, this.#at)
    return {
      line: this.#firstLine + before.split('\n').length - 1,
      column: this.#at - before.lastIndexOf('\n'),
    }
  }
}

/** Writes a template so that `parseTemplate` reads the same parts: literal braces are doubled. */
export function printTemplate(template: Template): string {
  return template
    .map((part) =>
      part.kind === 'variable'
        ? `{${part.path.join('.')}}`
        : part.text.replaceAll('{', '{{').replaceAll('}', '}}'),
    )
    .join('')
}

/** The variables of a template, each once, in the order of the text: `topic`, `customer.name`. */
export function templateVariables(template: Template): string[] {
  return [...new Set(template.flatMap((part) => (part.kind === 'variable' ? [part.path.join('.')] : [])))]
}
