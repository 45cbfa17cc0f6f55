import type { Output } from './io.ts'
import { CliError, type TextLocation } from './cli-error.ts'

/**
 * What can be known about an error that any of our packages threw. They are recognised by shape, since two copies
 * of one package may share a process.
 */
export interface ErrorReport {
  readonly message: string
  readonly code: string | undefined
  readonly hint: string | undefined
  readonly location: TextLocation | undefined
  readonly exitCode: number
  readonly stack: string | undefined
}

/** Reads code, hint and place off whatever was thrown. */
export async function reportOf(thrown: unknown): Promise<ErrorReport> {
  if (!(thrown instanceof Error))
    return {
      ...nothingKnown,
      message: typeof thrown === 'string' ? thrown : `Something was thrown: ${JSON.stringify(thrown)}`,
    }
  const fields = thrown as Error & Record<string, unknown>
  return {
    message: thrown.message,
    code: typeof fields.code === 'string' ? fields.code : undefined,
    hint: await hintOf(thrown, fields),
    location: locationOf(fields),
    exitCode: typeof fields.exitCode === 'number' ? fields.exitCode : 1,
    stack: thrown.stack,
  }
}

/** Looks for the word that was meant only now: the search lives in a package that a command that works need not load. */
async function hintOf(thrown: Error, fields: Record<string, unknown>): Promise<string | undefined> {
  const hint = typeof fields.hint === 'string' ? fields.hint : undefined
  if (!(thrown instanceof CliError) || !thrown.misspelling) return hint
  const { didYouMean } = await import('@rgen/runtime')
  const { word, candidates, show } = thrown.misspelling
  const meant = didYouMean(word, candidates)
  return meant === undefined ? hint : [`Did you mean ${show(meant)}?`, hint].filter(Boolean).join(' ')
}

const nothingKnown = {
  code: undefined,
  hint: undefined,
  location: undefined,
  exitCode: 1,
  stack: undefined,
} as const

function locationOf(fields: Record<string, unknown>): TextLocation | undefined {
  if (isLocation(fields.location)) return fields.location
  const { position, source } = fields as {
    position?: Partial<TextLocation>
    source?: { text: string; name?: string }
  }
  if (typeof position?.line === 'number' && typeof position.column === 'number' && source)
    return {
      name: source.name ?? 'expression',
      line: position.line,
      column: position.column,
      text: source.text,
    }
  const { file, line, column } = fields
  if (typeof file !== 'string') return undefined
  return typeof line === 'number' && typeof column === 'number'
    ? { name: file, line, column }
    : { name: file, line: 0, column: 0 }
}

function isLocation(value: unknown): value is TextLocation {
  const place = value as Partial<TextLocation> | null | undefined
  return typeof place === 'object' && typeof place?.name === 'string' && typeof place.line === 'number'
}

/**
 * Prints an error: what happened, where with the line and a caret, what to do, the code, and the state of the
 * project.
 */
export function printError(
  report: ErrorReport,
  output: Output,
  options: { readonly debug?: boolean; readonly afterFailure?: string | undefined } = {},
): void {
  const { red, dim, cyan } = output.style
  const [first = '', ...rest] = report.message.split('\n')
  const lines = [`${red('✖')} ${first}`, ...rest.map((line) => `  ${line}`)]
  if (report.location) lines.push(...printLocation(report.location, dim).map((line) => `  ${line}`))
  if (report.hint) lines.push(...report.hint.split('\n').map((line) => `  ${cyan(line)}`))
  const last = [report.code, options.afterFailure].filter(Boolean).join(' · ')
  if (last) lines.push(`  ${dim(last)}`)
  if (options.debug && report.stack) lines.push('', dim(report.stack))
  output.write(`${lines.join('\n')}\n`)
}

function printLocation(location: TextLocation, dim: (text: string) => string): string[] {
  const { name, line, column, text } = location
  if (line < 1) return [dim(name)]
  const place = dim(`${name}:${line}:${column}`)
  const source = text?.split('\n')[line - 1]?.replace(/\r$/, '')
  if (source === undefined) return [place]
  // A tab stays a tab in front of the caret, so that both lines are indented alike.
  const indent = source.slice(0, column - 1).replace(/[^\t]/g, ' ')
  const gutter = ' '.repeat(String(line).length)
  return [place, `${dim(`${line} |`)} ${source}`, `${dim(`${gutter} |`)} ${indent}^`]
}

/** The same as one line of JSON, for `--json`. */
export function errorAsJson(report: ErrorReport, afterFailure?: string): string {
  const { message, code, hint, location, exitCode } = report
  return JSON.stringify({
    error: {
      code,
      message,
      hint,
      ...(location && {
        file: location.name,
        ...(location.line > 0 && { line: location.line, column: location.column }),
      }),
      exitCode,
      state: afterFailure,
    },
  })
}
