// Arithmetic on text from a model. The parser is expr-eval-fork (3.0.1 and later hold the fixes of CVE-2025-12735
// and CVE-2025-13204); it is given no variables, no member access, no assignment, and tables without a prototype,
// so that a name is either listed here or unknown.
import { Parser } from 'expr-eval-fork'
import { ToolError } from '../tools/errors.ts'

const maxLength = 500
const maxDepth = 50

const unary = [
  ...['sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh'],
  ...['sqrt', 'cbrt', 'log', 'log2', 'ln', 'lg', 'log10', 'expm1', 'log1p', 'exp'],
  ...['abs', 'ceil', 'floor', 'round', 'trunc', 'sign', '-', '+', '!'],
]
const binary = ['+', '-', '*', '/', '%', '^']
const functions = ['min', 'max', 'pow', 'hypot', 'atan2', 'fac', 'roundTo']
const constants = ['PI', 'E']

/**
 * The value of an arithmetic expression: `+ - * / % ^ !`, parentheses, `PI`, `E`, and the functions of a pocket
 * calculator (`sqrt`, `log`, `min`, `round` …). Never evaluates code.
 *
 * @param expression At most 500 characters, nested at most 50 deep.
 * @throws {ToolError} `TOOL_INVALID_ARGUMENTS` for anything else, unknown names, and results that are not finite.
 * @example calculate('2 * (3 + 4) ^ 2') // 98
 */
export function calculate(expression: string): number {
  const text = readable(expression)
  let value: unknown
  try {
    const parsed = arithmetic().parse(text)
    const unknown = parsed.symbols({ withMembers: true }).find((name) => !known.has(name))
    if (unknown !== undefined) throw new ToolError('TOOL_INVALID_ARGUMENTS', `Unknown name "${unknown}".`)
    value = parsed.evaluate({})
  } catch (error) {
    if (error instanceof ToolError) throw error
    const reason = error instanceof RangeError ? 'it is nested too deeply' : messageOf(error)
    throw new ToolError('TOOL_INVALID_ARGUMENTS', `"${text}" cannot be calculated: ${reason}.`)
  }
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw new ToolError(
      'TOOL_INVALID_ARGUMENTS',
      `"${text}" has no finite value (division by zero, overflow, or outside the domain of a function).`,
    )
  return value === 0 ? 0 : value
}

const known: ReadonlySet<string> = new Set([...unary, ...functions, ...constants])

/** The expression in the parser's spelling, or a refusal before the parser has seen it. */
function readable(expression: string): string {
  if (expression.trim() === '') throw new ToolError('TOOL_INVALID_ARGUMENTS', 'The expression is empty.')
  if (expression.length > maxLength)
    throw new ToolError(
      'TOOL_INVALID_ARGUMENTS',
      `The expression has ${expression.length} characters; at most ${maxLength} are read.`,
    )
  const text = expression
    .replaceAll('**', '^')
    .replaceAll('×', '*')
    .replaceAll('÷', '/')
    .replaceAll('−', '-')
    .replaceAll('π', 'PI')
    .trim()
  const foreign = /[^\w\s.+\-*/^%!(),]/u.exec(text)
  if (foreign) throw new ToolError('TOOL_INVALID_ARGUMENTS', `"${foreign[0]}" is not part of arithmetic.`)
  if (depthOf(text) > maxDepth)
    throw new ToolError('TOOL_INVALID_ARGUMENTS', `The expression is nested more than ${maxDepth} deep.`)
  return text
}

function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  for (const character of text) {
    if (character === '(') deepest = Math.max(deepest, ++depth)
    else if (character === ')') depth--
  }
  return deepest
}

function arithmetic(): Parser {
  const parser = new Parser({
    allowMemberAccess: false,
    operators: bare({
      assignment: false,
      fndef: false,
      array: false,
      in: false,
      concatenate: false,
      comparison: false,
      logical: false,
      conditional: false,
      random: false,
      length: false,
    }),
  })
  const tables = parser as unknown as Record<string, Record<string, unknown>>
  tables.unaryOps = only(tables.unaryOps, unary)
  tables.binaryOps = only(tables.binaryOps, binary)
  tables.ternaryOps = bare({})
  tables.functions = only(tables.functions, functions)
  tables.consts = only(tables.consts, constants)
  return parser
}

function only(table: Record<string, unknown> | undefined, names: readonly string[]): Record<string, unknown> {
  return bare(Object.fromEntries(names.map((name) => [name, table?.[name]])))
}

/** The library looks names up with `in`; without a prototype `constructor` is no name. */
function bare<T extends object>(entries: T): T {
  return Object.assign(Object.create(null) as T, entries)
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/u, '')
}
