import { GrammarSyntaxError } from './errors.ts'
import type { SyntaxCode } from './errors.ts'
import { flatten } from './flatten.ts'
import { Lexer } from './lexer.ts'
import type { TokenKind } from './lexer.ts'
import type { Source, Span } from './source.ts'
import type { ConditionalNode, PipelineNode, SequenceItem, StepNode } from './tree.ts'

/** How deep groups may nest. Deeper is an error of its own, so that no input overflows the stack. */
export const MAX_DEPTH = 256

/**
 * Reads operator text into a tree (docs/grammar.md).
 *
 * Answers only "is it well formed?". Whether the steps exist is the job of {@link check}. Takes time and memory
 * in proportion to the text.
 *
 * @param source Text, or a {@link Source} when it came from a file, so that errors can point into it.
 * @throws {GrammarSyntaxError} at the first mistake; never returns a partial tree.
 * @example parse('DRAFT ⇄ REVIEW → PUBLISH').type // 'Sequence'
 */
export function parse(source: string | Source): PipelineNode {
  return new Parser(typeof source === 'string' ? { text: source } : source).pipeline()
}

/** An operand and the text that it covers, parentheses included. */
interface Operand {
  readonly node: PipelineNode
  readonly start: number
  readonly end: number
}

// One method a rule of the grammar. Chains are loops, groups are recursion that MAX_DEPTH bounds.
class Parser {
  readonly #lexer: Lexer
  readonly #source: Source
  #depth = 0
  /** Whether a sequence or parallel ended up directly inside its like. */
  #nested = false

  constructor(source: Source) {
    this.#source = source
    this.#lexer = new Lexer(source)
  }

  pipeline(): PipelineNode {
    const lexer = this.#lexer
    lexer.advance()
    if (lexer.kind === 'end') {
      this.#fail(
        'E_EMPTY',
        'the expression is empty',
        { start: 0, end: 0 },
        'Write at least one step: DRAFT → REVIEW',
      )
    }
    const { node } = this.#expression()
    if (this.#kind() !== 'end') this.#unexpectedAfterOperand()
    return this.#nested ? flatten(node) : node
  }

  #kind(): TokenKind {
    return this.#lexer.kind
  }

  /** expression := parallel ( "→" parallel | "→?" (branches | parallel) )* */
  #expression(): Operand {
    const first = this.#parallel()
    if (this.#kind() !== 'then' && this.#kind() !== 'guard') return first
    const items: SequenceItem[] = [first.node]
    let nested = first.node.type === 'Sequence'
    let end = first.end
    for (;;) {
      if (this.#kind() === 'then') {
        this.#lexer.advance()
        const next = this.#parallel()
        items.push(next.node)
        nested ||= next.node.type === 'Sequence'
        end = next.end
      } else if (this.#kind() === 'guard') {
        const guarded = this.#guarded()
        items.push(guarded)
        end = guarded.span.end
      } else break
    }
    this.#nested ||= nested
    return { node: { type: 'Sequence', items, span: { start: first.start, end } }, start: first.start, end }
  }

  /** "→?" (branches | parallel): a pair of branches shows only at its comma. */
  #guarded(): ConditionalNode {
    const start = this.#lexer.start
    this.#lexer.advance()
    if (this.#kind() !== 'open') {
      const then = this.#parallel()
      return { type: 'Conditional', then: then.node, span: { start, end: then.end } }
    }
    const open = this.#open()
    const then = this.#expression()
    if (this.#kind() !== 'comma') {
      const group = this.#close(open, then)
      const whole = this.#parallel(group)
      return { type: 'Conditional', then: whole.node, span: { start, end: whole.end } }
    }
    this.#lexer.advance()
    const otherwise = this.#expression()
    if (this.#kind() === 'comma') {
      this.#failHere(
        'E_BRANCHES',
        'a condition has at most two branches',
        'Write →? (then, else); group more steps with →',
      )
    }
    const pair = this.#close(open, otherwise)
    return { type: 'Conditional', then: then.node, else: otherwise.node, span: { start, end: pair.end } }
  }

  /** parallel := loop ( "⊕" loop )* */
  #parallel(group?: Operand): Operand {
    const first = this.#loop(group)
    if (this.#kind() !== 'parallel') return first
    const branches: PipelineNode[] = [first.node]
    let nested = first.node.type === 'Parallel'
    let end = first.end
    while (this.#kind() === 'parallel') {
      this.#lexer.advance()
      const next = this.#loop()
      branches.push(next.node)
      nested ||= next.node.type === 'Parallel'
      end = next.end
    }
    this.#nested ||= nested
    return {
      node: { type: 'Parallel', branches, span: { start: first.start, end } },
      start: first.start,
      end,
    }
  }

  /** loop := primary ( "⇄" primary )* */
  #loop(group?: Operand): Operand {
    const first = group ?? this.#primary()
    if (this.#kind() !== 'loop') return first
    const body: PipelineNode[] = [first.node]
    let end = first.end
    while (this.#kind() === 'loop') {
      this.#lexer.advance()
      const next = this.#primary()
      body.push(next.node)
      end = next.end
    }
    return { node: { type: 'Loop', body, span: { start: first.start, end } }, start: first.start, end }
  }

  /** primary := NAME | "(" expression ")" */
  #primary(): Operand {
    if (this.#kind() === 'name') return this.#step()
    if (this.#kind() !== 'open') this.#missingStep()
    const open = this.#open()
    return this.#close(open, this.#expression())
  }

  #step(): Operand {
    const { start, end, nameStart, resourceKind } = this.#lexer
    const name = this.#source.text.slice(nameStart, end)
    const span = { start, end }
    const node: StepNode =
      resourceKind === undefined
        ? { type: 'Step', name, span }
        : { type: 'Step', name, kind: resourceKind, span }
    this.#lexer.advance()
    return { node, start, end }
  }

  /** Steps over "(" and answers where it stood. */
  #open(): number {
    const open = this.#lexer.start
    this.#depth += 1
    if (this.#depth > MAX_DEPTH) {
      this.#failHere(
        'E_DEPTH',
        `groups nest more than ${MAX_DEPTH} deep`,
        'Flatten the expression, or move a part into a workflow of its own',
      )
    }
    this.#lexer.advance()
    return open
  }

  /** Steps over the ")" that belongs to `open`. */
  #close(open: number, inside: Operand): Operand {
    if (this.#kind() === 'end') {
      this.#fail('E_UNCLOSED', 'unclosed "("', { start: open, end: open + 1 }, 'Add the missing )')
    }
    if (this.#kind() !== 'close') this.#unexpectedAfterOperand()
    this.#depth -= 1
    const end = this.#lexer.end
    this.#lexer.advance()
    return { node: inside.node, start: open, end }
  }

  #missingStep(): never {
    const after = this.#source.text
      .slice(0, this.#lexer.previousEnd)
      .match(/(->\?|→\?|->|→|<->|⇄|\|\||⊕|\(|,)$/)?.[1]
    const expected = after === undefined ? 'expected a step' : `expected a step after "${after}"`
    if (this.#kind() === 'end')
      this.#failHere('E_END', `unexpected end of the expression, ${expected}`, exampleOf(after))
    this.#failHere('E_UNEXPECTED', `unexpected "${this.#lexer.text()}", ${expected}`, exampleOf(after))
  }

  /** A complete operand is followed by something that cannot follow it. */
  #unexpectedAfterOperand(): never {
    this.#failHere('E_UNEXPECTED', `unexpected "${this.#lexer.text()}"`, this.#hintAfterOperand())
  }

  #hintAfterOperand(): string | undefined {
    switch (this.#kind()) {
      case 'name':
      case 'open':
        return 'Two steps need an operator between them: A → B, A ⇄ B, A ⊕ B or A →? B'
      case 'close':
        return 'There is no open ( for it'
      case 'comma':
        return 'A comma only separates the two branches of a condition: A →? (B, C)'
      case 'loop':
      case 'parallel':
        return 'A pair of branches is not a step: put the operator inside a branch, or go on with →'
      default:
        return undefined
    }
  }

  #failHere(code: SyntaxCode, message: string, hint?: string): never {
    this.#fail(code, message, { start: this.#lexer.start, end: this.#lexer.end }, hint)
  }

  #fail(code: SyntaxCode, message: string, span: Span, hint?: string): never {
    throw new GrammarSyntaxError(this.#source, code, message, span, hint)
  }
}

/** A right use of the operator that lacks its right side. */
function exampleOf(operator: string | undefined): string | undefined {
  switch (operator) {
    case '→':
    case '->':
      return `${operator} hands a result on: FETCH ${operator} STORE`
    case '→?':
    case '->?':
      return `${operator} guards the step behind it: CLASSIFY ${operator} ESCALATE`
    case '⇄':
    case '<->':
      return `${operator} joins two steps: DRAFT ${operator} REVIEW → PUBLISH`
    case '⊕':
    case '||':
      return `${operator} runs steps at once: TEXT ${operator} IMAGES → PUBLISH`
    case '(':
      return 'A group holds at least one step: (DRAFT ⇄ REVIEW)'
    case ',':
      return 'Both branches hold a step: →? (ACCEPT, REJECT)'
    default:
      return 'An expression begins with a step: DRAFT → REVIEW'
  }
}
