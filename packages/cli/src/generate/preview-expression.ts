import {
  check,
  emitText,
  GrammarSyntaxError,
  locate,
  parse,
  printProblem,
  type ErrorDiagnostic,
  type Resource,
  type Span,
} from '@rgen/grammar'

/** What stands below an expression while it is written. */
export interface ExpressionPreview {
  readonly isComplete: boolean
  /** The tree and what in it is new, or the mistake with a caret under its place. */
  readonly text: string
  /** Known names that the word at the end may become, the likeliest first. */
  readonly completions: readonly string[]
}

/** How many names are offered at a time, and how many new steps are named. */
const offered = 6

/** Where an expression stands on the screen, so that a caret stands under its mistake. */
export interface Place {
  /** How far it stands from the left edge. */
  readonly indent: number
  /** How wide the screen is. */
  readonly columns: number
}

/**
 * Reads an expression that is being written.
 *
 * @param steps What the project has, offered for the last word.
 */
export function previewExpression(text: string, steps: readonly Resource[], place: Place): ExpressionPreview {
  const offer = (expectsStep: boolean) => completionsOf(text, steps, expectsStep)
  if (text.trim() === '')
    return { isComplete: false, text: 'Steps and → ⇄ ⊕ →? (or -> <-> || ->?)', completions: offer(true) }
  try {
    return { ...checked(text, steps, place), completions: offer(false) }
  } catch (error) {
    if (!(error instanceof GrammarSyntaxError)) throw error
    return {
      isComplete: false,
      text: printMistake(text, error, place),
      completions: offer(error.code === 'E_END'),
    }
  }
}

/** What becomes of an expression that reads well; a name that is two things has to be told apart before it is taken. */
function checked(
  text: string,
  resources: readonly Resource[],
  place: Place,
): Omit<ExpressionPreview, 'completions'> {
  const tree = parse(text)
  const result = check(tree, { resources })
  if (result.ok) return { isComplete: true, text: emitText(result.plan).trimEnd() }
  const errors = result.diagnostics.filter((each): each is ErrorDiagnostic => each.severity === 'error')
  const ambiguous = errors.find(({ code }) => code === 'V_AMBIGUOUS')
  if (ambiguous) return { isComplete: false, text: printMistake(text, ambiguous, place) }
  return {
    isComplete: true,
    text: [emitText(tree).trimEnd(), ...errors.slice(0, offered).map(newStep)].join('\n'),
  }
}

interface Mistake {
  readonly message: string
  readonly hint?: string | undefined
  readonly span: Span
}

function newStep({ name = '', nearest }: ErrorDiagnostic): string {
  return `${name} is new${nearest === undefined ? '' : `; the nearest that there is: ${nearest}`}`
}

function printMistake(text: string, mistake: Mistake, { indent, columns }: Place): string {
  const { message, hint, span } = mistake
  // The terminal breaks a longer line, and a caret below would stand under something else.
  if (indent + text.length >= columns) return printProblem(text, { message, hint, span })
  const { column } = locate(text, span.start)
  return [`${' '.repeat(indent + column - 1)}^`, message, ...(hint === undefined ? [] : [hint])].join('\n')
}

/** Where no step can stand, none is offered. */
function completionsOf(text: string, steps: readonly Resource[], expectsStep: boolean): readonly string[] {
  const names = steps.map(({ name }) => name)
  const word = lastWord(text).toLowerCase()
  if (word === '') return expectsStep ? names.slice(0, offered) : []
  return names
    .filter((name) => name.toLowerCase().startsWith(word) && name.toLowerCase() !== word)
    .slice(0, offered)
}

/** The text with its last word completed. */
export function complete(text: string, name: string): string {
  const word = lastWord(text)
  return `${text.slice(0, text.length - word.length)}${name} `
}

function lastWord(text: string): string {
  return /[\w-]*$/.exec(text)?.[0] ?? ''
}
