import { runHost } from './host.ts'

/** The name of a value that can be read from outside while the run goes on. */
export interface StateDefinition<T> {
  readonly name: string
  readonly type: 'state'
  /** Carries the type only. */
  readonly value?: T
}

/** Names a state. @example const progress = defineState<number>('progress') */
export function defineState<T = unknown>(name: string): StateDefinition<T> {
  return { name, type: 'state' }
}

/**
 * Says how a state is read. The function must only read: it runs outside of the journal, at any time, also on a run
 * that has closed.
 */
export function onState<T>(state: StateDefinition<T>, read: () => T): void {
  runHost('onState').onState(state.name, read)
}
