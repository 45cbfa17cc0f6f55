import type { TextLocation } from './cli-error.ts'
import type { ErrorReport, Problem } from './error-report.ts'
import type { Output, Style } from './io.ts'

/**
 * Prints an error: what happened, where with the line and a caret, what to do, the code, and the state of the
 * project. A stack only with `debug`.
 */
export function printError(
  report: ErrorReport,
  output: Output,
  options: { readonly debug?: boolean; readonly afterFailure?: string | undefined } = {},
): void {
  const { style } = output
  const lines = report.problems.flatMap((problem, index) =>
    printProblem(problem, index === 0 ? report.causes : [], style),
  )
  const [{ message }] = report.problems
  const isSaid = options.afterFailure && message.toLowerCase().includes(options.afterFailure)
  const last = [report.code, isSaid ? undefined : options.afterFailure].filter(Boolean).join(' · ')
  if (last) lines.push(`  ${style.dim(last)}`)
  if (options.debug && report.stack) lines.push('', style.dim(report.stack))
  output.write(`${lines.join('\n')}\n`)
}

function printProblem(
  { message, location, hint }: Problem,
  causes: readonly string[],
  style: Style,
): string[] {
  const [first = '', ...rest] = message.split('\n')
  return [
    `${style.red('✖')} ${first}`,
    ...rest.map((line) => `  ${line}`),
    ...causes.flatMap((cause) => `because: ${cause}`.split('\n')).map((line) => `  ${line}`),
    ...(location ? printLocation(location, style).map((line) => `  ${line}`) : []),
    ...(hint ? hint.split('\n').map((line) => `  ${style.cyan(line)}`) : []),
  ]
}

function printLocation({ name, line, column, text }: TextLocation, { dim }: Style): string[] {
  if (line < 1) return [dim(name)]
  const place = dim(`${name}:${line}:${column}`)
  const source = text?.split('\n')[line - 1]?.replace(/\r$/, '')
  if (source === undefined) return [place]
  // A tab stays a tab in front of the caret, so that both lines are indented alike.
  const indent = source.slice(0, column - 1).replace(/[^\t]/g, ' ')
  const gutter = ' '.repeat(String(line).length)
  return [place, `${dim(`${line} |`)} ${source}`, `${dim(`${gutter} |`)} ${indent}^`]
}

/** The same as one line of JSON, for `--json`. Further problems of a configuration file stand under `problems`. */
export function errorAsJson(report: ErrorReport, afterFailure?: string): string {
  const [first, ...others] = report.problems
  return JSON.stringify({
    error: {
      code: report.code,
      ...problemAsJson(first),
      ...(report.causes.length > 0 && { causes: report.causes }),
      ...(others.length > 0 && { problems: others.map(problemAsJson) }),
      exitCode: report.exitCode,
      state: afterFailure,
    },
  })
}

function problemAsJson({ message, location, hint }: Problem) {
  return {
    message,
    hint,
    ...(location && { file: location.name }),
    ...(location && location.line > 0 && { line: location.line, column: location.column }),
  }
}
