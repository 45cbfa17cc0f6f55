import { runHost, type CancelScope } from './host.ts'

/**
 * Runs `body` so that what it begins can be cancelled together: steps, sleeps, conditions and children.
 *
 * @example
 * const search = cancelScope(() => step<F>({}).search(query))
 * const found = await condition(() => cancelled, '1 minute') ? search.cancel() : await search.result
 */
export function cancelScope<T>(body: () => Promise<T>): CancelScope<T> {
  return runHost('cancelScope').cancelScope(body)
}
