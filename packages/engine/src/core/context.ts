import { AsyncLocalStorage } from 'node:async_hooks'
import { provideRunHost } from '../api/host.ts'
import type { Scope } from './scope.ts'

/** Which run, and which scope of it, the code that is executing belongs to. */
export const currentScope = new AsyncLocalStorage<Scope>()

/** Makes the agent API of this process reach the run that is executing. Calling it again changes nothing. */
export function installRunHost(): void {
  provideRunHost(() => currentScope.getStore())
}
