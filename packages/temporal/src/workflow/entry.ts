// What the generated entry of a bundle imports: turns agents and workflows into Temporal workflows.
import type { RunFunction, RunKind } from '@rgen/engine/host'
import { carriedOf } from './carried.ts'
import { Run, type RunSettings } from './run.ts'

export { playground } from './playground.ts'
export { standIn } from './stand-in.ts'

/** A Temporal workflow that runs an agent or workflow of ours. */
export function runEntry(
  kind: RunKind,
  body: RunFunction,
  settings: RunSettings,
): (input?: unknown, carried?: unknown) => Promise<unknown> {
  return async (input, carried) => new Run(kind, settings).execute(body, input, carriedOf(carried))
}

/** The idle run whose memo says what a queue's services have registered. */
export async function registration(): Promise<never> {
  return new Promise<never>(() => undefined)
}
