// What a user interface watches: the state of an agent, the chunks it streams, the list of runs; and an agent as an
// OpenAI-compatible endpoint, which is how voice pipelines and chat front ends reach it.

import type { Restack } from '../client/restack.ts'
import type { RunReference } from '../client/types.ts'
import type { ChunkHub } from './chunk-hub.ts'
import { HttpRefusal } from './exchange.ts'
import type { Exchange } from './exchange.ts'
import type { PathParameters, Route } from './route.ts'
import { gone, ServerSentEvents } from './server-sent-events.ts'

function query({ query: given }: Exchange, name: string): string {
  const value = given.get(name)
  if (value === null || value === '') throw new HttpRefusal(400, `The query parameter ${name} is missing.`)
  return value
}

function targetOf(exchange: Exchange): RunReference {
  const runId = exchange.query.get('runId')
  return { id: query(exchange, 'agentId'), ...(runId !== null && runId !== '' && { runId }) }
}

/** Sends what `read` answers whenever the runs have changed and the answer with them. */
async function sendChanges(
  restack: Restack,
  events: ServerSentEvents,
  signal: AbortSignal,
  read: () => Promise<unknown>,
): Promise<void> {
  let last: string | undefined
  let queue: Promise<void> = Promise.resolve()
  const send = () => {
    queue = queue.then(async () => {
      const text = JSON.stringify(await read())
      if (text !== last) events.send(text)
      last = text
    })
    queue.catch(() => events.end())
  }
  const stop = restack.onChange(send)
  send()
  await gone(signal)
  stop()
}

function stateRoute(restack: Restack): Route {
  return {
    method: 'GET',
    pattern: '/stream/agent/state',
    stream: async (_parameters, exchange, response) => {
      const { id: agentId, runId } = targetOf(exchange)
      const stateName = query(exchange, 'stateName')
      const read = () => restack.getAgentState<unknown>({ agentId, runId, stateName })
      await read()
      await sendChanges(restack, new ServerSentEvents(response), exchange.signal, read)
    },
  }
}

function responsesRoute(restack: Restack, hub: ChunkHub): Route {
  return {
    method: 'GET',
    pattern: '/stream/agent/responses',
    stream: async (_parameters, exchange, response) => {
      const target = targetOf(exchange)
      await restack.describe(target)
      const events = new ServerSentEvents(response)
      const stop = hub.watch(target, (chunk) => events.send(chunk))
      await gone(exchange.signal)
      stop()
    },
  }
}

function runsRoute(restack: Restack): Route {
  return {
    method: 'GET',
    pattern: '/stream/workflows',
    stream: async (_parameters, exchange, response) => {
      await sendChanges(restack, new ServerSentEvents(response), exchange.signal, () => restack.list())
    },
  }
}

/** The agent's answer to `messages` in the form of OpenAI's chat completions, chunks first when they are asked for. */
async function complete(
  restack: Restack,
  hub: ChunkHub,
  parameters: PathParameters,
  exchange: Exchange,
  events: ServerSentEvents,
): Promise<void> {
  const { messages, tools } = (exchange.body ?? {}) as { messages?: unknown; tools?: unknown }
  if (!Array.isArray(messages)) throw new HttpRefusal(400, 'messages must be a list.')
  const agent = { agentId: parameters.agentId ?? '', runId: parameters.runId ?? '' }
  const stop = hub.watch({ id: agent.agentId, runId: agent.runId }, (chunk) => events.send(chunk))
  try {
    await restack.sendAgentEvent({
      event: { name: 'messages', input: { messages, tools, stream: true } },
      agent,
    })
  } finally {
    stop()
  }
  events.send('[DONE]')
  events.end()
}

function completionRoutes(restack: Restack, hub: ChunkHub): Route[] {
  const base = '/stream/agents/:agentName/:agentId/:runId'
  return [base, `${base}/chat/completions`].map((pattern) => ({
    method: 'POST',
    pattern,
    stream: async (parameters, exchange, response) => {
      await restack.describe({ id: parameters.agentId ?? '', runId: parameters.runId ?? '' })
      await complete(restack, hub, parameters, exchange, new ServerSentEvents(response))
    },
  }))
}

/** The routes below `/stream`. */
export function streamRoutes(restack: Restack, hub: ChunkHub): readonly Route[] {
  return [
    stateRoute(restack),
    responsesRoute(restack, hub),
    runsRoute(restack),
    ...completionRoutes(restack, hub),
  ]
}
