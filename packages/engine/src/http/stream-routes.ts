// What a user interface watches: the state of an agent, the chunks it streams, the list of runs; and an agent as an
// OpenAI-compatible endpoint, which is how voice pipelines and chat front ends reach it.

import type { ServerResponse } from 'node:http'
import type { Restack } from '../client/restack.ts'
import type { RunReference } from '../client/types.ts'
import { ChatCompletion } from './chat-completion.ts'
import type { ChunkHub } from './chunk-hub.ts'
import { HttpRefusal, refusalOf } from './exchange.ts'
import type { Exchange } from './exchange.ts'
import type { Route } from './route.ts'
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

/** Sends what `read` answers whenever the runs have changed and the answer with them; undefined is not sent. */
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
      const answer = await read()
      if (answer === undefined) return
      const text = JSON.stringify(answer)
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

/** The events of a run as they are added to its history, those so far first. */
function historyRoute(restack: Restack): Route {
  return {
    method: 'GET',
    pattern: '/stream/workflows/history',
    stream: async (_parameters, exchange, response) => {
      const runId = exchange.query.get('runId')
      const id = query(exchange, exchange.query.has('agentId') ? 'agentId' : 'workflowId')
      const target = { id, ...(runId !== null && runId !== '' && { runId }) }
      const run = await restack.describe(target)
      let sent = 0
      await sendChanges(restack, new ServerSentEvents(response), exchange.signal, async () => {
        const { events, status } = await restack.history({ id, runId: run.runId })
        const added = events.slice(sent)
        sent = events.length
        return added.length === 0 ? undefined : { status, events: added }
      })
    },
  }
}

/** One request to an agent as to a chat, and those who can serve it. */
interface Chat {
  readonly restack: Restack
  readonly hub: ChunkHub
  readonly target: { readonly id: string; readonly runId: string }
  readonly request: ChatRequest
}

/** What answers a chat: the chunks as they come, or one answer. */
type AnswerChat = (chat: Chat, response: ServerResponse) => Promise<void>

function chatRoute(restack: Restack, hub: ChunkHub, suffix: string, answer: AnswerChat): Route {
  return {
    method: 'POST',
    pattern: `/stream/agents/:agentName/:agentId/:runId${suffix}`,
    stream: async (parameters, exchange, response) => {
      const target = { id: parameters.agentId ?? '', runId: parameters.runId ?? '' }
      await restack.describe(target)
      await answer({ restack, hub, target, request: chatRequestOf(exchange) }, response)
    },
  }
}

/** Agents as chats: Restack's own path always streams, OpenAI's does when the request says so. */
function chatRoutes(restack: Restack, hub: ChunkHub): Route[] {
  const asAsked: AnswerChat = async (chat, response) =>
    chat.request.stream === true ? streamChat(chat, response) : answerChat(chat, response)
  return [chatRoute(restack, hub, '', streamChat), chatRoute(restack, hub, '/chat/completions', asAsked)]
}

interface ChatRequest {
  readonly messages: readonly unknown[]
  readonly tools?: unknown
  readonly stream?: unknown
  readonly model?: unknown
}

function chatRequestOf({ body }: Exchange): ChatRequest {
  const request = (body ?? {}) as Partial<ChatRequest>
  if (!Array.isArray(request.messages)) throw new HttpRefusal(400, 'messages must be a list.')
  return request as ChatRequest
}

/** Sends the agent its messages; calls back with the chunks that it streams until it answers. */
async function converse(
  { restack, hub, target, request: { messages, tools } }: Chat,
  listener: (chunk: unknown) => void,
): Promise<void> {
  const stop = hub.watch(target, listener)
  try {
    await restack.sendAgentEvent({
      event: { name: 'messages', input: { messages, tools, stream: true } },
      agent: { agentId: target.id, runId: target.runId },
    })
  } finally {
    stop()
  }
}

async function streamChat(chat: Chat, response: ServerResponse): Promise<void> {
  const events = new ServerSentEvents(response)
  try {
    await converse(chat, (chunk) => events.send(chunk))
    events.send('[DONE]')
  } catch (error) {
    // The status has been sent: OpenAI's clients look for an error among the chunks.
    events.send({ error: openAiError(error) })
  }
  events.end()
}

async function answerChat(chat: Chat, response: ServerResponse): Promise<void> {
  const completion = new ChatCompletion()
  await converse(chat, (chunk) => completion.add(chunk))
  const { target, request } = chat
  const body = completion.body(target.runId, typeof request.model === 'string' ? request.model : 'agent')
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' })
  response.end(JSON.stringify(body))
}

function openAiError(error: unknown): Readonly<Record<string, unknown>> {
  const { error: message, code = null } = refusalOf(error).body
  return { message, type: 'agent_error', code }
}

/** The routes below `/stream`. */
export function streamRoutes(restack: Restack, hub: ChunkHub): readonly Route[] {
  return [
    stateRoute(restack),
    responsesRoute(restack, hub),
    runsRoute(restack),
    historyRoute(restack),
    ...chatRoutes(restack, hub),
  ]
}
