// The REST endpoints of Restack's engine, over whatever driver stands behind the client.

import { randomUUID } from 'node:crypto'
import type { RunKind } from '../api/host.ts'
import type { Restack } from '../client/restack.ts'
import type { EventInput, RunDescription, ScheduleSpec } from '../client/types.ts'
import { HttpRefusal } from './exchange.ts'
import type { Exchange } from './exchange.ts'
import type { PathParameters, Route } from './route.ts'

type Fields = Readonly<Record<string, unknown>>

function fieldsOf({ body }: Exchange): Fields {
  if (body === undefined) return {}
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Fields
  throw new HttpRefusal(400, 'The body must be a JSON object.')
}

function text(fields: Fields, name: string): string | undefined {
  const value = fields[name]
  if (value === undefined) return undefined
  if (typeof value !== 'string' || value === '')
    throw new HttpRefusal(400, `${name} must be a non-empty string.`)
  return value
}

function required(fields: Fields, name: string): string {
  const value = text(fields, name)
  if (value === undefined) throw new HttpRefusal(400, `${name} is missing.`)
  return value
}

/** The parameter is there because the pattern names it. */
function parameter(parameters: PathParameters, name: string): string {
  return parameters[name] ?? ''
}

function startOptions(fields: Fields) {
  const taskQueue = text(fields, 'taskQueue')
  return {
    ...(fields.input !== undefined && { input: fields.input }),
    ...(taskQueue !== undefined && { taskQueue }),
    ...(fields.event !== undefined && { event: fields.event as EventInput }),
    ...(fields.schedule !== undefined && { schedule: fields.schedule as ScheduleSpec }),
  }
}

function startRoute(restack: Restack, kind: RunKind): Route {
  const idName = `${kind}Id`
  return {
    method: 'POST',
    pattern: `/api/${kind}s/:name`,
    answer: async (parameters, exchange) => {
      const fields = fieldsOf(exchange)
      const name = parameter(parameters, 'name')
      const id = text(fields, idName) ?? `${name}-${randomUUID()}`
      const options = startOptions(fields)
      const runId =
        kind === 'agent'
          ? await restack.scheduleAgent({ agentName: name, agentId: id, ...options })
          : await restack.scheduleWorkflow({ workflowName: name, workflowId: id, ...options })
      return { [idName]: id, runId, status: 'running' }
    },
  }
}

function eventRoute(restack: Restack, kind: RunKind): Route {
  return {
    method: 'PUT',
    pattern: `/api/${kind}s/:name/:id/:runId`,
    answer: async (parameters, exchange) => {
      const fields = fieldsOf(exchange)
      const event = { name: required(fields, 'eventName'), input: fields.eventInput }
      const id = parameter(parameters, 'id')
      const runId = parameter(parameters, 'runId')
      const answer: unknown =
        kind === 'agent'
          ? await restack.sendAgentEvent({ event, agent: { agentId: id, runId } })
          : await restack.sendWorkflowEvent({ event, workflow: { workflowId: id, runId } })
      return answer ?? null
    },
  }
}

async function outcome(restack: Restack, run: RunDescription): Promise<Fields> {
  if (run.status === 'running' || run.status === 'suspended') return {}
  try {
    return { output: await restack.getAgentResult<unknown>({ agentId: run.id, runId: run.runId }) }
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}

function describeRoute(restack: Restack, kind: RunKind): Route {
  return {
    method: 'GET',
    pattern: `/api/${kind}s/:name/:id/:runId`,
    answer: async (parameters) => {
      const run = await restack.describe({
        id: parameter(parameters, 'id'),
        runId: parameter(parameters, 'runId'),
      })
      return {
        [`${kind}Id`]: run.id,
        runId: run.runId,
        status: run.status,
        createdAt: run.startedAt,
        ...(run.closedAt !== undefined && { completedAt: run.closedAt }),
        ...(await outcome(restack, run)),
      }
    },
  }
}

function scheduleRoutes({ schedules }: Restack): Route[] {
  const actions: Readonly<Record<string, (id: string, fields: Fields) => Promise<void>>> = {
    pause: (id, fields) => schedules.pause(id, text(fields, 'reason')),
    resume: (id, fields) => schedules.resume(id, text(fields, 'reason')),
    delete: (id) => schedules.delete(id),
    edit: (id, fields) => schedules.edit(id, fields.scheduleSpec as ScheduleSpec),
  }
  return Object.entries(actions).map(([name, act]) => ({
    method: 'POST',
    pattern: `/api/engine/schedule/${name}`,
    answer: async (_parameters, exchange) => {
      const fields = fieldsOf(exchange)
      const id = required(fields, 'scheduleId')
      await act(id, fields)
      return { scheduleId: id, status: name }
    },
  }))
}

/** Start, event, result, schedules, health, and what is registered. */
export function apiRoutes(restack: Restack): readonly Route[] {
  const kinds = ['agent', 'workflow'] as const
  return [
    { method: 'GET', pattern: '/api/engine/health', answer: async () => ({ status: 'ok' }) },
    { method: 'GET', pattern: '/api/engine/endpoints', answer: () => restack.registrations() },
    ...kinds.flatMap((kind) => [
      startRoute(restack, kind),
      eventRoute(restack, kind),
      describeRoute(restack, kind),
    ]),
    ...scheduleRoutes(restack),
  ]
}
