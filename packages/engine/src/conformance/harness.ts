import type { Restack } from '../client/restack.ts'
import type { LogLevel } from '../api/host.ts'
import { isEngineError } from '../errors.ts'
import type { Notes } from './functions.ts'

/** A line that an agent or a function wrote. */
export interface LogLine {
  readonly level: LogLevel
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** An engine under test, on which a service offers the agents, workflows and functions of the suite. */
export interface Harness {
  readonly restack: Restack
  readonly notes: Notes
  readonly lines: readonly LogLine[]
  /** Ends the service with all that it has in memory, and starts another one. */
  restart(): Promise<void>
}

/** One case: what it shows, and how. Rejects when the engine does something else. */
export interface ConformanceCase {
  readonly title: string
  readonly run: (harness: Harness) => Promise<void>
}

/** A case; `id` names its runs, a new one each time. */
export function conformanceCase(
  title: string,
  run: (harness: Harness, id: string) => Promise<void>,
): ConformanceCase {
  return { title, run: (harness) => run(harness, `conformance-${crypto.randomUUID()}`) }
}

const patienceMs = 15_000

/** Asks until the answer is one: for what an engine may show a little later. */
export async function eventually<T>(ask: () => Promise<T | undefined>, what: string): Promise<T> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (performance.now() > deadline) throw new Error(`It never happened: ${what}`)
    await new Promise((done) => setTimeout(done, 50))
  }
}

/** A state of a run that may have started only just: until its code ran once, it offers none. */
export async function stateOf(restack: Restack, agentId: string, stateName: string): Promise<unknown> {
  return eventually(async () => {
    try {
      return { value: (await restack.getAgentState({ agentId, stateName })) as unknown }
    } catch (error) {
      if (isEngineError(error, 'ENGINE_UNKNOWN_STATE')) return undefined
      throw error
    }
  }, `state ${stateName}`).then(({ value }) => value)
}
