import { printProblem, type CheckCode, type Diagnostic, type ErrorDiagnostic } from '@rgen/grammar'

/** An expression that reads well and does not fit the project: every problem at once, each with its place. */
export class PipelineError extends Error {
  override readonly name = 'PipelineError'
  /** The code of the first problem: `V_UNKNOWN`, `V_AMBIGUOUS` or `V_STRICT`. */
  readonly code: CheckCode
  readonly hint: string | undefined
  readonly diagnostics: readonly Diagnostic[]
  /** The expression that the spans of the diagnostics point into. */
  readonly source: string
  readonly #printed: string

  constructor(pipeline: string, source: string, diagnostics: readonly Diagnostic[]) {
    const errors = diagnostics.filter((one): one is ErrorDiagnostic => one.severity === 'error')
    super(
      `Pipeline ${JSON.stringify(pipeline)} does not fit this project: ${errors.map((one) => one.message).join('; ')}.`,
    )
    this.code = errors[0]?.code ?? 'V_UNKNOWN'
    this.hint = errors[0]?.hint
    this.diagnostics = diagnostics
    this.source = source
    this.#printed = errors.map((one) => printProblem({ text: source, name: '--operators' }, one)).join('\n')
  }

  /** Each problem with its source line and caret. */
  print(): string {
    return this.#printed
  }
}
