import type { Diagnostic } from '@rgen/grammar'
import { CliError, type Misspelling, type TextLocation } from './cli-error.ts'

/** One thing that is wrong. */
export interface Problem {
  readonly message: string
  readonly location: TextLocation | undefined
  readonly hint: string | undefined
}

/** What can be known about whatever was thrown. */
export interface ErrorReport {
  /** At least one. A configuration file tells all of its problems at once. */
  readonly problems: readonly [Problem, ...Problem[]]
  /** Messages of the errors behind it, as far as they say more. */
  readonly causes: readonly string[]
  readonly code: string | undefined
  readonly exitCode: number
  readonly stack: string | undefined
}

type Fields = Readonly<Record<string, unknown>>

/**
 * Reads code, hint, place and causes off an error of any of our packages. They are recognised by shape, since two
 * copies of one package may share a process.
 */
export async function reportOf(thrown: unknown): Promise<ErrorReport> {
  if (!(thrown instanceof Error)) {
    const message =
      typeof thrown === 'string'
        ? thrown
        : `Something was thrown: ${JSON.stringify(thrown) as string | undefined}`
    const problem = { message, location: undefined, hint: undefined }
    return { problems: [problem], causes: [], code: undefined, exitCode: 1, stack: undefined }
  }
  const fields = thrown as Error & Fields
  return {
    problems: problemsOf(fields) ??
      (await diagnosticsOf(fields)) ?? [
        {
          message: thrown.message || thrown.name,
          location: locationOf(fields),
          hint: await hintOf(thrown, fields),
        },
      ],
    // Ours were worded with the cause at hand, and who stopped knows why.
    causes: thrown instanceof CliError || fields.code === 'GEN_QUIT' ? [] : causesOf(thrown),
    code: textAt(fields, 'code'),
    exitCode: exitCodeOf(fields),
    stack: thrown.stack,
  }
}

/** The problems that a `ConfigError` lists: places without their text, which may hold a secret. */
function problemsOf({ problems }: Fields): readonly [Problem, ...Problem[]] | undefined {
  if (!Array.isArray(problems)) return undefined
  const [first, ...rest] = (problems as readonly Fields[]).map((problem) => ({
    message: textAt(problem, 'message') ?? '',
    location: locationOf(problem),
    hint: textAt(problem, 'hint'),
  }))
  return first && [first, ...rest]
}

/** The errors of an expression that does not fit its project, each with its place in the expression. */
async function diagnosticsOf({
  diagnostics,
  source,
}: Fields): Promise<readonly [Problem, ...Problem[]] | undefined> {
  if (!Array.isArray(diagnostics) || typeof source !== 'string') return undefined
  const { locate } = await import('@rgen/grammar')
  const [first, ...rest] = (diagnostics as readonly Diagnostic[])
    .filter(({ severity }) => severity === 'error')
    .map(({ message, hint, span }) => {
      const { line, column } = locate(source, span.start)
      return { message, hint, location: { name: '--operators', line, column, text: source } }
    })
  return first && [first, ...rest]
}

/**
 * The hint, with the word that was meant in front. It is searched only now: the search lives in a package that a
 * command that works need not load.
 */
async function hintOf(thrown: Error, fields: Fields): Promise<string | undefined> {
  const hint = textAt(fields, 'hint')
  const { misspelling } = thrown as { misspelling?: Misspelling }
  if (misspelling === undefined) return hint
  const { didYouMean } = await import('@rgen/runtime/did-you-mean')
  const { word, candidates, show } = misspelling
  const meant = didYouMean(word, candidates)
  return meant === undefined ? hint : [`Did you mean ${show(meant)}?`, hint].filter(Boolean).join(' ')
}

/** Causes that repeat what the message says already are left out. */
function causesOf(thrown: Error): string[] {
  const causes: string[] = []
  let said = thrown.message
  for (
    let cause = thrown.cause, depth = 0;
    cause instanceof Error && depth < 5;
    cause = cause.cause, depth++
  ) {
    if (cause.message !== '' && !said.includes(cause.message)) causes.push(cause.message)
    said += `\n${cause.message}`
  }
  return causes
}

function locationOf(fields: Fields): TextLocation | undefined {
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
  return typeof line === 'number'
    ? { name: file, line, column: typeof column === 'number' ? column : 1 }
    : { name: file, line: 0, column: 0 }
}

function isLocation(value: unknown): value is TextLocation {
  const place = value as Partial<TextLocation> | null | undefined
  return typeof place === 'object' && typeof place?.name === 'string' && typeof place.line === 'number'
}

/** Ctrl+C at a question ends a command as it ends any other. */
function exitCodeOf({ exitCode, code }: Fields): number {
  if (code === 'GEN_QUIT') return 130
  return typeof exitCode === 'number' ? exitCode : 1
}

function textAt(fields: Fields, name: string): string | undefined {
  const value = fields[name]
  return typeof value === 'string' ? value : undefined
}
