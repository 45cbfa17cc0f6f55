import type { RunFunction } from '@rgen/engine'
import { agentInfo, condition } from '@rgen/engine/agent'

/**
 * Agents as they run while their engine is drained: those under way go on, those that begin (because an agent continued
 * as new, say) wait at their first line, to be moved. Children stay with their parents.
 *
 * @param underWay Run ids of the runs that had begun before.
 */
export function holdFreshRuns(
  runs: Readonly<Record<string, unknown>>,
  underWay: ReadonlySet<string>,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(runs).map(([name, run]) => [
      name,
      typeof run === 'function' ? held(run as RunFunction, underWay) : run,
    ]),
  )
}

function held(run: RunFunction, underWay: ReadonlySet<string>): RunFunction {
  const body = async (input: unknown): Promise<unknown> => {
    const { runId, parent } = agentInfo()
    if (parent === undefined && !underWay.has(runId)) await condition(() => false)
    return run(input)
  }
  const { input, output, description, mcp } = run
  return Object.assign(
    body,
    Object.fromEntries(
      Object.entries({ input, output, description, mcp }).filter(([, value]) => value !== undefined),
    ),
  )
}
