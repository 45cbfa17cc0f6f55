import { randomUUID } from 'node:crypto'
import { EngineError } from '@rgen/engine'
import type { Registration, Restack } from '@rgen/engine'
import { didYouMean } from '../config/did-you-mean.ts'

/** `Research`, `research-agent` and `researchAgent` are one name. */
function spelling(name: string): string {
  const letters = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
  return letters.replace(/(?:agent|workflow)$/, '')
}

function find(name: string, registrations: readonly Registration[]): Registration {
  const runnable = registrations.filter(({ kind }) => kind !== 'function')
  const found =
    runnable.find((one) => one.name === name) ?? runnable.find((one) => spelling(one.name) === spelling(name))
  if (found !== undefined) return found
  const names = runnable.map((one) => one.name).sort()
  const nearest = didYouMean(spelling(name), names.map(spelling))
  const meant = names.find((one) => spelling(one) === nearest)
  throw new EngineError('ENGINE_NOT_REGISTERED', `The service has no agent or workflow "${name}".`, {
    hint: meant === undefined ? `It has: ${names.join(', ') || 'none'}.` : `Did you mean ${meant}?`,
  })
}

/**
 * Starts an agent or a workflow of the running service, in any spelling of its name, and waits for its result.
 *
 * @param input JSON; checked by the service against the schema of the agent or workflow.
 * @throws {EngineError} ENGINE_NOT_REGISTERED when there is no such name; otherwise what the run failed with.
 * @example
 * const client = await connect()
 * const { analysis } = await runByName<ResearchOutput>(client, 'Research', { topic: 'natural selection' })
 */
export async function runByName<Result = unknown>(
  client: Restack,
  name: string,
  input?: unknown,
): Promise<Result> {
  const found = find(name, await client.registrations())
  const id = `${found.name}-${randomUUID()}`
  const options = { taskQueue: found.taskQueue, ...(input !== undefined && { input }) }
  if (found.kind === 'agent') {
    await client.scheduleAgent({ agentName: found.name, agentId: id, ...options })
    return client.getAgentResult<Result>({ agentId: id })
  }
  await client.scheduleWorkflow({ workflowName: found.name, workflowId: id, ...options })
  return client.getWorkflowResult<Result>({ workflowId: id })
}
