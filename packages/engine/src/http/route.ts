import type { ServerResponse } from 'node:http'
import type { Exchange } from './exchange.ts'

/** The parts of a path that a pattern names. */
export type PathParameters = Readonly<Record<string, string>>

/** Something that is answered: JSON from `answer`, or whatever `stream` writes. */
export type Route = {
  readonly method: 'GET' | 'POST' | 'PUT'
  /** `/api/agents/:name/:id`. */
  readonly pattern: string
  /** Answered to whoever reaches the port, without the guards: for what says nothing of the project. */
  readonly open?: true
} & (
  | { readonly answer: (parameters: PathParameters, exchange: Exchange) => Promise<unknown> }
  | {
      readonly stream: (
        parameters: PathParameters,
        exchange: Exchange,
        response: ServerResponse,
      ) => Promise<void>
    }
)

/** The parameters of a path, or undefined when the pattern does not fit. */
export function matchPath(pattern: string, path: string): PathParameters | undefined {
  const wanted = pattern.split('/')
  const given = path.replace(/\/$/, '').split('/')
  if (wanted.length !== given.length) return undefined
  const parameters: Record<string, string> = {}
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? ''
    if (!part.startsWith(':')) {
      if (part !== value) return undefined
    } else {
      try {
        parameters[part.slice(1)] = decodeURIComponent(value)
      } catch {
        return undefined
      }
    }
  }
  return parameters
}

/** The route of a request with its parameters, or why there is none. */
export function findRoute(
  routes: readonly Route[],
  method: string,
  path: string,
): { readonly route: Route; readonly parameters: PathParameters } | { readonly status: 404 | 405 } {
  let status: 404 | 405 = 404
  for (const route of routes) {
    const parameters = matchPath(route.pattern, path)
    if (parameters === undefined) continue
    if (route.method === method) return { route, parameters }
    status = 405
  }
  return { status }
}
