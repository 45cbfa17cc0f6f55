import { emitText, locate, parse, type GrammarSyntaxError } from '@rgen/grammar'

/** What stands below an expression while it is written. */
export interface ExpressionPreview {
  readonly isComplete: boolean
  /** The tree, or the mistake with a caret under its place. */
  readonly text: string
  /** Known names that the word at the end may become, the likeliest first. */
  readonly completions: readonly string[]
}

/** How many names are offered at a time. */
const offered = 6

/**
 * Reads an expression that is being written.
 *
 * @param names What the project has, offered for the last word.
 * @param indent How far the expression stands from the left edge, so that the caret stands under its mistake.
 */
export function previewExpression(text: string, names: readonly string[], indent: number): ExpressionPreview {
  const completions = completionsOf(text, names)
  if (text.trim() === '')
    return { isComplete: false, text: 'Steps and → ⇄ ⊕ →? (or -> <-> + ->?)', completions }
  try {
    return { isComplete: true, text: emitText(parse(text)).trimEnd(), completions }
  } catch (error) {
    return { isComplete: false, text: printMistake(text, error as GrammarSyntaxError, indent), completions }
  }
}

function printMistake(text: string, { message, hint, span }: GrammarSyntaxError, indent: number): string {
  // An expression at a prompt is one line: its column is where the caret belongs.
  const { column } = locate(text, span.start)
  return [`${' '.repeat(indent + column - 1)}^`, message, ...(hint === undefined ? [] : [hint])].join('\n')
}

function completionsOf(text: string, names: readonly string[]): readonly string[] {
  const word = lastWord(text).toLowerCase()
  if (word === '') return names.slice(0, offered)
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
