import type { ConfigProblem } from './config-error.ts'
import { interpolate, type Environment } from './interpolate.ts'
import { matchesPath } from './path.ts'
import type { ConfigPath, Position, Tree } from './yaml-tree.ts'

/** One reference to an environment variable. */
export interface VariableUse extends Position {
  readonly name: string
  readonly path: ConfigPath
  /** Whether the variable is set; for a `lenient` value, whether it is set and not empty. */
  readonly set: boolean
}

export interface ResolvedValues {
  readonly value: unknown
  readonly problems: readonly ConfigProblem[]
  readonly variables: readonly VariableUse[]
  /** The variables for whose sake a value was left out, or something stands in for it. */
  readonly unresolved: readonly VariableUse[]
  /** Paths of values that hold something from the environment. */
  readonly interpolated: readonly ConfigPath[]
}

interface Request {
  readonly file: string
  readonly env: Environment | undefined
  readonly lenient?: readonly string[]
  readonly standIns?: Readonly<Record<string, string>>
  readonly verbatim?: readonly string[]
}

/** Marks a value that is to be left out. */
const leftOut = Symbol('left out')

/** Turns the tree into plain data, resolving variables in texts, value by value; keys are left alone. */
export function resolveValues(tree: Tree, request: Request): ResolvedValues {
  const problems: ConfigProblem[] = []
  const variables: VariableUse[] = []
  const unresolved: VariableUse[] = []
  const interpolated: ConfigPath[] = []

  const visit = (node: Tree, path: ConfigPath): unknown => {
    if (node.kind === 'list')
      return node.items.map((item, index) => visit(item, [...path, index])).filter((item) => item !== leftOut)
    if (node.kind === 'map') {
      const values = [...node.entries].map(
        ([key, entry]) => [key, visit(entry.value, [...path, key])] as const,
      )
      return Object.fromEntries(values.filter(([, value]) => value !== leftOut))
    }
    const verbatim = node.value !== null && matchesAny(request.verbatim, path)
    const value = verbatim ? node.written : node.value
    return typeof value === 'string' ? resolveText(value, path, node.at) : value
  }

  const resolveText = (text: string, path: ConfigPath, at: Position): unknown => {
    const { env } = request
    if (env === undefined) return text
    const lenient = matchesAny(request.lenient, path)
    const result = interpolate(text, lenient ? withoutEmpty(env) : env)
    if (result.kind === 'malformed') {
      const { reason, hint } = result
      problems.push({ code: 'CONFIG_INVALID', message: reason, hint, file: request.file, path, ...at })
      return text
    }
    const unset = new Set(result.kind === 'unset' ? result.unset : [])
    const uses = result.variables.map((name) => ({ name, path, set: isSet(name, env, lenient), ...at }))
    variables.push(...uses)
    if (result.variables.length > 0) interpolated.push(path)
    if (result.kind === 'text') return result.text
    const standIn = standInFor(request.standIns, path)
    if (lenient || standIn !== undefined) {
      unresolved.push(...uses.filter(({ name }) => unset.has(name)))
      return standIn ?? leftOut
    }
    for (const name of unset) problems.push(unsetVariable(name, path, request.file, at))
    return ''
  }

  const value = visit(tree, [])
  return { value, problems, variables, unresolved, interpolated }
}

function unsetVariable(name: string, path: ConfigPath, file: string, at: Position): ConfigProblem {
  return {
    code: 'CONFIG_UNSET_VARIABLE',
    message: `the environment variable ${name} is not set`,
    hint: `Set it, or give a default: \${${name}:-…}.`,
    file,
    path,
    ...at,
  }
}

function isSet(name: string, env: Environment, lenient: boolean): boolean {
  const held = Object.hasOwn(env, name) ? env[name] : undefined
  return held !== undefined && !(lenient && held === '')
}

function withoutEmpty(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([, held]) => held !== ''))
}

function matchesAny(patterns: readonly string[] | undefined, path: ConfigPath): boolean {
  return patterns?.some((pattern) => matchesPath(pattern, path)) ?? false
}

function standInFor(standIns: Request['standIns'], path: ConfigPath): string | undefined {
  return Object.entries(standIns ?? {}).find(([pattern]) => matchesPath(pattern, path))?.[1]
}
