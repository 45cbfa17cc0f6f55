import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { request } from 'node:http'
import { WebSocket } from 'ws'
import { condition, defineEvent, defineState, onEvent, onState, step } from '../agent.ts'
import { Restack } from '../client/restack.ts'
import { publish, streamToWebsocket } from '../function.ts'
import { serveEndpoints } from './serve-endpoints.ts'
import type { EndpointOptions, Endpoints } from './serve-endpoints.ts'

const functions = {
  async speak({ words }: { words: string[] }) {
    for (const content of words) publish({ choices: [{ delta: { content } }] })
    return words.join('')
  },
}

let relayed: { contents: readonly string[]; apiAddress: string }
const relayFunctions = {
  relay: async () => {
    async function* chunks() {
      for (const content of relayed.contents) yield { choices: [{ delta: { content } }] }
    }
    return streamToWebsocket({ apiAddress: relayed.apiAddress, data: chunks() })
  },
}

async function relayAgent() {
  onEvent(defineEvent('messages'), () => step<typeof relayFunctions>({}).relay())
  await condition(() => false)
}

async function silentAgent() {
  onEvent(defineEvent('other'), () => true)
  await condition(() => false)
}

async function chatAgent() {
  const seen: string[] = []
  let ended = false
  onState(defineState('seen'), () => seen)
  onEvent(defineEvent('messages'), async ({ messages }: { messages: { content: string }[] }) => {
    seen.push(...messages.map(({ content }) => content))
    return step<typeof functions>({}).speak({ words: ['Hel', 'lo'] })
  })
  onEvent(defineEvent('end'), () => {
    ended = true
  })
  await condition(() => ended)
  return { seen }
}

let restack: Restack
let endpoints: Endpoints
let url: string

async function serve(options: EndpointOptions = {}): Promise<void> {
  endpoints = await serveEndpoints(restack, { ports: [0], ...options })
  url = endpoints.urls[0]!
}

async function call(method: string, path: string, body?: unknown) {
  const response = await fetch(`${url}${path}`, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

/** Starts a chat agent and answers where it is found. */
async function startChat(agentId: string): Promise<string> {
  const { body } = await call('POST', '/api/agents/chatAgent', { agentId })
  return `/api/agents/chatAgent/${agentId}/${body.runId as string}`
}

/** The data lines of a stream. */
async function* eventsOf(response: Response): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of response.body!) {
    const lines = (rest + new TextDecoder().decode(chunk)).split('\n\n')
    rest = lines.pop()!
    yield* lines.map((line) => line.replace(/^data: /, ''))
  }
}

/** The first `count` data lines of a stream. */
async function readEvents(response: Response, count: number): Promise<string[]> {
  const events: string[] = []
  for await (const event of eventsOf(response)) {
    events.push(event)
    if (events.length >= count) break
  }
  return events
}

beforeEach(async () => {
  restack = new Restack({ database: ':memory:' })
  await restack.startService({
    agents: { chatAgent, relayAgent, silentAgent },
    functions: { ...functions, ...relayFunctions },
    endpoints: false,
  })
})

afterEach(async () => {
  await endpoints.close()
  await restack.close()
})

describe('serveEndpoints', () => {
  it('starts an agent, sends it events, and answers its result once it has ended', async () => {
    await serve()
    const path = await startChat('a')
    expect(await call('GET', path)).toMatchObject({ status: 200, body: { agentId: 'a', status: 'running' } })
    const said = await call('PUT', path, {
      eventName: 'messages',
      eventInput: { messages: [{ content: 'hi' }] },
    })
    expect(said.body).toBe('Hello')
    expect((await call('PUT', path, { eventName: 'end' })).status).toBe(200)
    await restack.getAgentResult({ agentId: 'a' })
    expect(await call('GET', path)).toMatchObject({ body: { status: 'completed', output: { seen: ['hi'] } } })
  })

  it.each([
    ['a run that does not exist', 'GET', '/api/agents/chatAgent/none/none', undefined, 404],
    ['a path that does not exist', 'GET', '/api/agentz', undefined, 404],
    ['a method that the path does not have', 'PUT', '/api/agents/chatAgent', {}, 405],
    ['a body that is no object', 'POST', '/api/agents/chatAgent', [1], 400],
    ['an event without a name', 'PUT', '/api/agents/chatAgent/a/b', {}, 400],
    ['an escape that is none', 'GET', '/api/agents/chatAgent/%E0%A4%A/b', undefined, 404],
  ])('refuses %s', async (_what, method, path, body, status) => {
    await serve()
    const answer = await call(method, path, body)
    expect(answer).toMatchObject({ status, body: { error: expect.any(String) } })
  })

  it('refuses an id that is running', async () => {
    await serve()
    await startChat('twice')
    expect(await call('POST', '/api/agents/chatAgent', { agentId: 'twice' })).toMatchObject({
      status: 409,
      body: { code: 'ENGINE_ID_IN_USE' },
    })
  })

  it('refuses a body over the limit before it is read whole', async () => {
    await serve()
    const response = await fetch(`${url}/api/agents/chatAgent`, {
      method: 'POST',
      body: 'x'.repeat(3_000_000),
    }).catch(() => undefined)
    expect(response === undefined || response.status === 413).toBe(true)
    expect(await restack.list()).toEqual([])
  })

  it('refuses a foreign host, a foreign origin, and a caller without the token', async () => {
    await serve({ bearerToken: 'open sesame' })
    const status = (headers: Record<string, string>) =>
      new Promise<number>((resolve, reject) => {
        request(`${url}/api/engine/health`, { headers }, (response) => {
          response.resume()
          resolve(response.statusCode ?? 0)
        })
          .once('error', reject)
          .end()
      })
    const authorization = 'Bearer open sesame'
    expect(await status({ authorization })).toBe(200)
    expect(await status({ authorization, host: 'evil.example' })).toBe(403)
    expect(await status({ authorization, origin: 'https://evil.example' })).toBe(403)
    expect(await status({})).toBe(401)
    expect(await status({ authorization: 'Bearer open' })).toBe(401)
  })

  describe('beyond loopback', () => {
    const health = { method: 'GET', pattern: '/health', open: true, answer: async () => 'ok' } as const
    const host = '0.0.0.0'
    const status = async (path: string, headers: Record<string, string> = {}) =>
      (await fetch(`${url}${path}`, { headers })).status

    it.each([undefined, ''])('tells its health alone while the token is %j', async (bearerToken) => {
      await serve({ host, bearerToken, routes: [health] })
      expect(await status('/health')).toBe(200)
      expect(await status('/api/engine/health')).toBe(401)
      expect(await status('/nothing')).toBe(401)
      expect(await status('/api/engine/health', { authorization: 'Bearer ' })).toBe(401)
      expect((await call('POST', '/api/agents/chatAgent', { agentId: 'x' })).status).toBe(401)
      expect(await restack.list()).toEqual([])
    })

    it('opens no stream of chunks without a token', async () => {
      await serve({ host })
      const producer = new WebSocket(`${url.replace('http', 'ws')}/stream/ws/agent?agentId=w`)
      const error = await new Promise<Error>((resolve) => producer.once('error', resolve))
      expect(error.message).toContain('401')
    })

    it('lets in whoever knows the token, by any host name, and nobody else', async () => {
      await serve({ host, bearerToken: 'open sesame', routes: [health] })
      const authorization = 'Bearer open sesame'
      expect(await status('/health')).toBe(200)
      expect(await status('/api/engine/health')).toBe(401)
      expect(await status('/api/engine/health', { authorization })).toBe(200)
      const named = new Promise<number | undefined>((resolve, reject) => {
        const headers = { authorization, host: 'desk.default.svc:6233' }
        request(`${url}/api/engine/health`, { headers }, (response) => {
          response.resume()
          resolve(response.statusCode)
        })
          .once('error', reject)
          .end()
      })
      expect(await named).toBe(200)
      expect(await status('/api/engine/health', { authorization, origin: 'https://evil.example' })).toBe(403)
    })
  })

  it('streams the state of an agent whenever it changes', async () => {
    await serve()
    const path = await startChat('s')
    const stream = await fetch(`${url}/stream/agent/state?agentId=s&stateName=seen`)
    const events = readEvents(stream, 2)
    await call('PUT', path, { eventName: 'messages', eventInput: { messages: [{ content: 'hi' }] } })
    expect(await events).toEqual(['[]', '["hi"]'])
  })

  it('streams the history of a run: what there is, then what is added', async () => {
    await serve()
    await startChat('h')
    const watching = await fetch(`${url}/stream/workflows/history?workflowId=h`)
    await restack.sendAgentEvent({ event: { name: 'end' }, agent: { agentId: 'h' } })
    const messages: { status: string; events: { seq: number; type: string }[] }[] = []
    for await (const event of eventsOf(watching)) {
      messages.push(JSON.parse(event))
      if (messages.at(-1)?.status === 'completed') break
    }
    const events = messages.flatMap((each) => each.events)
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_event, index) => index))
    expect(events.at(-1)?.type).toBe('RunCompleted')
  })

  it('is an OpenAI-compatible endpoint of an agent: chunks as they come, then [DONE]', async () => {
    await serve()
    const { body } = await call('POST', '/api/agents/chatAgent', { agentId: 'o' })
    const response = await fetch(
      `${url}/stream/agents/chatAgent/o/${body.runId as string}/chat/completions`,
      {
        method: 'POST',
        body: JSON.stringify({ messages: [{ role: 'user', content: 'hi' }], stream: true }),
      },
    )
    const events = await readEvents(response, 3)
    expect(
      events.map((event) => (event === '[DONE]' ? event : JSON.parse(event).choices[0].delta.content)),
    ).toEqual(['Hel', 'lo', '[DONE]'])
  })

  describe('to OpenAI’s clients', () => {
    const messages = [{ role: 'user', content: 'hi' }]

    async function post(agent: string, suffix: string, body: object): Promise<Response> {
      await serve()
      const { body: started } = await call('POST', `/api/agents/${agent}`, { agentId: 'o' })
      const path = `/stream/agents/${agent}/o/${started.runId as string}${suffix}`
      return fetch(`${url}${path}`, { method: 'POST', body: JSON.stringify(body) })
    }

    it('answers in one piece when no stream is asked for', async () => {
      const response = await post('chatAgent', '/chat/completions', { messages, model: 'mine' })
      expect(await response.json()).toMatchObject({
        object: 'chat.completion',
        model: 'mine',
        choices: [{ message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
      })
    })

    it('always streams on Restack’s own path', async () => {
      const events = await readEvents(await post('chatAgent', '', { messages }), 3)
      expect(events.at(-1)).toBe('[DONE]')
    })

    it('says in the stream, or with a status, that the agent failed', async () => {
      const streamed = await readEvents(
        await post('silentAgent', '/chat/completions', { messages, stream: true }),
        1,
      )
      expect(JSON.parse(streamed[0]!)).toMatchObject({
        error: { message: expect.stringContaining('has no handler for messages') },
      })
      await endpoints.close()
      await restack.terminate({ id: 'o' })
      expect((await post('silentAgent', '/chat/completions', { messages })).status).toBe(404)
    })

    it('loses no chunk of a function that streams over the WebSocket, however soon the answer follows', async () => {
      const contents = Array.from({ length: 200 }, (_, index) => `${index} `)
      await serve()
      relayed = { contents, apiAddress: new URL(url).host }
      const { body } = await call('POST', '/api/agents/relayAgent', { agentId: 'r' })
      const path = `/stream/agents/relayAgent/r/${body.runId as string}/chat/completions`
      const { body: answer } = await call('POST', path, { messages })
      expect(answer).toMatchObject({ choices: [{ message: { content: contents.join('') } }] })
    })
  })

  it('relays what a producer sends over its WebSocket to whoever watches the agent', async () => {
    await serve()
    await startChat('w')
    const watching = await fetch(`${url}/stream/agent/responses?agentId=w`)
    const producer = new WebSocket(`${url.replace('http', 'ws')}/stream/ws/agent?agentId=w`)
    await new Promise((resolve) => producer.once('open', resolve))
    producer.send('{"n":1}')
    producer.send('{"n":2}')
    producer.send('[DONE]')
    expect(await readEvents(watching, 2)).toEqual(['{"n":1}', '{"n":2}'])
    producer.close()
  })

  it('takes a free port when the wanted one is taken, or leaves it out', async () => {
    await serve()
    const port = Number(new URL(url).port)
    const other = await serveEndpoints(restack, { ports: [port], taken: 'take a free one' })
    expect(other.urls).toHaveLength(1)
    expect(other.urls[0]).not.toBe(url)
    const none = await serveEndpoints(restack, { ports: [port] })
    expect(none).toMatchObject({ urls: [], leftOut: [port] })
    await Promise.all([other.close(), none.close()])
  })
})
