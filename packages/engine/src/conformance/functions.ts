// Functions of the conformance suite. What they are called with is noted by key, so that a test can look.
import { FunctionFailure, functionInfo, heartbeat, publish } from '../function.ts'
import type { Restack } from '../client/restack.ts'
import { textSchema } from './schema.ts'

/** Calls that functions noted, by key. */
export type Notes = Map<string, unknown[]>

/** The functions, which reach the engine for events to their own agent. */
export function conformanceFunctions(notes: Notes, engine: () => Restack) {
  const note = (key: string, value: unknown): void => {
    notes.set(key, [...(notes.get(key) ?? []), value])
  }
  const greet = async ({ name }: { name: string }): Promise<string> => `hello ${name}`
  return {
    double: async (n: number): Promise<number> => n * 2,
    echo: async (value: unknown): Promise<unknown> => value,
    failing: async (): Promise<never> => {
      throw new TypeError('out of order')
    },
    fatal: async (): Promise<never> => {
      throw FunctionFailure.nonRetryable('no such customer', 'NotFound', { id: 7 })
    },
    flaky: async ({ key, until }: { key: string; until: number }): Promise<string> => {
      const { attempt, heartbeatDetails, idempotencyKey } = functionInfo()
      note(key, { attempt, heartbeatDetails, idempotencyKey })
      heartbeat({ page: attempt })
      if (attempt < until) throw new Error('again')
      return 'done'
    },
    hang: async (): Promise<never> => {
      const { signal } = functionInfo()
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))))
    },
    note: async ({ key, value }: { key: string; value: unknown }): Promise<void> => note(key, value),
    huge: async (): Promise<string> => 'x'.repeat(2 * 1024 * 1024 + 1),
    greet: Object.assign(greet, { input: textSchema('name') }),
    tellOwnAgent: async ({ event, input }: { event: string; input: unknown }): Promise<unknown> => {
      const { workflowId, runId } = functionInfo().workflowExecution
      return engine().sendAgentEvent({ event: { name: event, input }, agent: { agentId: workflowId, runId } })
    },
    chunks: async (texts: readonly string[]): Promise<number> => {
      for (const text of texts) publish({ text })
      return texts.length
    },
  }
}

/** What agents of the suite import as a type. */
export type Functions = ReturnType<typeof conformanceFunctions>
