import { currentFunctionHost } from '@rgen/engine/host'
import { workflowInfo } from '@rgen/engine/workflow'

/** The steps of a pipeline by kind, named as they are registered. */
export interface FakedSteps {
  readonly agents?: readonly string[]
  readonly workflows?: readonly string[]
  readonly functions?: readonly string[]
}

type Fake = () => Promise<unknown>

/** Fakes to register in place of steps, and the names of those that ran, in the order in which they began. */
export interface FakeSteps {
  readonly trace: readonly string[]
  readonly agents: Readonly<Record<string, Fake>>
  readonly workflows: Readonly<Record<string, Fake>>
  readonly functions: Readonly<Record<string, Fake>>
}

/** What fakes answer: the same for all, or by the name under which a step is registered. */
export type FakeAnswer = Readonly<Record<string, unknown>> | ((name: string) => unknown)

/**
 * Stands in for the steps of a pipeline under test.
 *
 * @param answer What the fakes answer: the flags that the pipeline's rules look at.
 * @example
 * const { trace, ...fakes } = fakeSteps({ functions: ['fetch', 'store'] }, { done: true })
 * const engine = await createTestEngine({ ...fakes, workflows: { blogWorkflow } })
 */
export function fakeSteps(steps: FakedSteps, answer: FakeAnswer = {}): FakeSteps {
  const answerOf = (name: string): unknown => (typeof answer === 'function' ? answer(name) : answer)
  const trace: string[] = []
  const begun = new Set<string>()
  const child = (name: string) => async () => {
    // The engine replays children, and a replay is no second call. On a real engine this process calls them as steps.
    const { runId } = currentFunctionHost()?.info().workflowExecution ?? workflowInfo()
    if (!begun.has(runId)) trace.push(name)
    begun.add(runId)
    return answerOf(name)
  }
  const step = (name: string) => async () => {
    trace.push(name)
    return answerOf(name)
  }
  return {
    trace,
    agents: fakesOf(steps.agents, child),
    workflows: fakesOf(steps.workflows, child),
    functions: fakesOf(steps.functions, step),
  }
}

function fakesOf(names: readonly string[] = [], fake: (name: string) => Fake): Record<string, Fake> {
  return Object.fromEntries(names.map((name) => [name, fake(name)]))
}
