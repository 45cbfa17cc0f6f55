/** Where variables come from: `process.env`, or a plain object in tests. */
export type Environment = Readonly<Record<string, string | undefined>>

export type Interpolation =
  | {
      readonly kind: 'text'
      readonly text: string
      /** Names of the variables looked up, in order. */
      readonly variables: readonly string[]
    }
  /** At least one variable is not set and has no default. */
  | { readonly kind: 'unset'; readonly unset: readonly string[]; readonly variables: readonly string[] }
  | { readonly kind: 'malformed'; readonly reason: string; readonly hint: string }

/**
 * Resolves `${VAR}` and `${VAR:-default}` in one value. The default is taken when the variable is not set or
 * empty, and may itself hold references; `$${` stands for a literal `${`. What a variable holds is inserted as it
 * is and never scanned again, so a key with quotes, colons or `${` arrives unharmed.
 *
 * @example interpolate('${HOST:-localhost}:80', {}) // { kind: 'text', text: 'localhost:80', variables: ['HOST'] }
 */
export function interpolate(value: string, env: Environment): Interpolation {
  if (!value.includes('${')) return { kind: 'text', text: value, variables: [] }
  const state: Scan = { value, env, at: 0, variables: [], unset: [] }
  try {
    const text = readUntil(state, undefined)
    const { variables, unset } = state
    return unset.length > 0 ? { kind: 'unset', unset, variables } : { kind: 'text', text, variables }
  } catch (error) {
    if (error instanceof MalformedReference)
      return { kind: 'malformed', reason: error.message, hint: error.hint }
    throw error
  }
}

interface Scan {
  readonly value: string
  readonly env: Environment
  at: number
  readonly variables: string[]
  unset: string[]
}

class MalformedReference extends Error {
  readonly hint = 'Write ${NAME} or ${NAME:-default}, and $${ for a literal ${.'
}

function readUntil(scan: Scan, end: '}' | undefined): string {
  let text = ''
  while (scan.at < scan.value.length) {
    if (scan.value.startsWith('$${', scan.at)) {
      text += '${'
      scan.at += 3
    } else if (scan.value.startsWith('${', scan.at)) {
      text += readReference(scan)
    } else if (scan.value[scan.at] === end) {
      return text
    } else {
      text += scan.value[scan.at++] ?? ''
    }
  }
  if (end !== undefined) throw new MalformedReference('a variable reference is not closed with }')
  return text
}

function readReference(scan: Scan): string {
  const start = /\$\{([A-Za-z_][A-Za-z0-9_]*)(:-|\})/y
  start.lastIndex = scan.at
  const match = start.exec(scan.value)
  if (!match) {
    const closed = scan.value.includes('}', scan.at)
    throw new MalformedReference(
      closed ? '${ does not begin a variable reference' : 'a variable reference is not closed with }',
    )
  }
  const [whole, name = '', next] = match
  scan.at += whole.length
  scan.variables.push(name)
  const held = Object.hasOwn(scan.env, name) ? scan.env[name] : undefined
  if (next === '}') {
    if (held === undefined) scan.unset.push(name)
    return held ?? ''
  }
  const unsetBefore = scan.unset
  scan.unset = []
  const fallback = readUntil(scan, '}')
  scan.at += 1
  if (held !== undefined && held !== '') {
    scan.unset = unsetBefore
    return held
  }
  scan.unset = [...unsetBefore, ...scan.unset]
  return fallback
}
