import { codeFrame } from './code-frame.ts'
import { locate } from './source.ts'
import type { Position, Source, Span } from './source.ts'
import type { ResourceKind } from './tree.ts'

/** Every way in which reading an expression can fail. */
export type SyntaxCode =
  'E_EMPTY' | 'E_CHAR' | 'E_UNEXPECTED' | 'E_END' | 'E_UNCLOSED' | 'E_BRANCHES' | 'E_DEPTH'

/** Every way in which a readable expression can fail to fit its project. */
export type CheckCode = 'V_UNKNOWN' | 'V_AMBIGUOUS' | 'V_STRICT'

/** What went wrong where: the one shape that every message of this package has. */
export interface Problem {
  readonly code: SyntaxCode | CheckCode
  readonly message: string
  /** The next thing to do. */
  readonly hint?: string
  readonly span: Span
}

/** What {@link check} found. A warning has a rule and no code: only strict mode makes an error of it. */
export type Diagnostic = ErrorDiagnostic | WarningDiagnostic

export interface ErrorDiagnostic {
  readonly severity: 'error'
  readonly code: CheckCode
  readonly message: string
  readonly hint?: string
  readonly span: Span
  /** The name that is meant, as written. */
  readonly name?: string
  /** For an unknown name: the nearest name that the project has. */
  readonly nearest?: string
  /** For an unknown name: what would have to exist, with the kind if the expression states one. */
  readonly wanted?: WantedResource
}

/** A resource that a project lacks. */
export interface WantedResource {
  readonly name: string
  readonly kind?: ResourceKind
}

/** What a warning is about. */
export type WarningRule = 'resources' | 'depth' | 'parallel' | 'conditional' | 'loop' | 'self-loop'

export interface WarningDiagnostic {
  readonly severity: 'warning'
  readonly rule: WarningRule
  readonly message: string
  readonly hint?: string
  readonly span: Span
}

/**
 * The first mistake of an expression.
 *
 * `message` is one line; `print()` (and `String(error)`) shows the source line with a caret and the hint.
 *
 * @example
 * try { parse('DRAFT ⇄ → PUBLISH') } catch (error) { console.error(String(error)) }
 */
export class GrammarSyntaxError extends Error {
  override readonly name = 'GrammarSyntaxError'
  readonly code: SyntaxCode
  readonly hint: string | undefined
  readonly span: Span
  readonly position: Position
  readonly source: Source

  constructor(source: Source, code: SyntaxCode, message: string, span: Span, hint?: string) {
    super(message)
    this.source = source
    this.code = code
    this.span = span
    this.hint = hint
    this.position = locate(source.text, span.start)
  }

  /** Message, place, source line with caret, hint and code. */
  print(): string {
    return printProblem(this.source, this)
  }

  override toString(): string {
    return this.print()
  }
}

/**
 * Shows a problem the way people read it: message, place, the source line with a caret, the hint, the code.
 *
 * Takes syntax errors and the diagnostics of {@link check} alike.
 */
export function printProblem(
  source: string | Source,
  problem: Omit<Problem, 'code' | 'hint'> & { readonly code?: string; readonly hint?: string | undefined },
): string {
  const { text, name = 'expression' } = typeof source === 'string' ? { text: source } : source
  const { line, column } = locate(text, problem.span.start)
  const lines = [
    problem.message,
    `  ${name}:${line}:${column}`,
    ...codeFrame(text, problem.span).map((each) => `  ${each}`),
  ]
  if (problem.hint !== undefined) lines.push(`  ${problem.hint}`)
  if (problem.code !== undefined) lines.push(`  ${problem.code}`)
  return lines.join('\n')
}
