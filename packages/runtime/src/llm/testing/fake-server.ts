import { setMaxListeners } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { isRecord } from '../adapters/adapter.ts'
import { parseJson } from '../adapters/classify.ts'
import type { FakeAnswer, FakeError, FakeRequest } from './fake-answer.ts'

/** A provider's way to write: what it refuses, and what an answer looks like. */
export interface FakeDialect {
  /** The path under the origin that is the base of the API. */
  readonly basePath: string
  /** What the real one would refuse; undefined when the request is in order. */
  check(request: FakeRequest): FakeError | undefined
  whole(request: FakeRequest, answer: FakeAnswer): unknown
  frames(request: FakeRequest, answer: FakeAnswer): readonly string[]
  headers(request: FakeRequest): Readonly<Record<string, string>>
  errorBody(error: FakeError): unknown
}

/** What comes next: an answer, an error in the provider's own shape, or a function of the request. */
export type FakeStep =
  | FakeAnswer
  | { readonly error: FakeError }
  | ((request: FakeRequest) => FakeAnswer | { readonly error: FakeError })

/**
 * A provider on loopback that speaks the real wire format and misbehaves on demand.
 *
 * @example
 * const fake = await startFakeOpenAi()
 * fake.script({ error: { status: 503 } }, { text: 'Hello' })
 * // … createRouter({ llm: { providers: [{ name: 'p', type: 'openai', model: 'gpt-4o', base_url: fake.url, api_key: 'k' }] } })
 * await fake.close()
 */
export interface FakeServer {
  /** For `base_url`. */
  readonly url: string
  readonly origin: string
  /** Every request so far. */
  readonly requests: readonly FakeRequest[]
  /** Sockets that are open now. */
  readonly connections: number
  /** The next requests are answered by these, in order; then `always` holds. */
  script(...steps: readonly FakeStep[]): void
  /** What is answered when the script is used up; default a good answer. */
  always(step: FakeStep): void
  /** Resolves with the request that arrives next, or with one that has arrived and was not waited for. */
  nextRequest(): Promise<FakeRequest>
  /** Closes the kept-alive connections that are idle, as a server does that restarts. */
  dropIdleConnections(): void
  close(): Promise<void>
}

/** Starts a fake on a free port of loopback, or on the given one. */
export async function startFakeServer(
  dialect: FakeDialect,
  options: { readonly port?: number } = {},
): Promise<FakeServer> {
  const requests: FakeRequest[] = []
  const steps: FakeStep[] = []
  const waiting: ((request: FakeRequest) => void)[] = []
  const sockets = new Set<Socket>()
  let seen = 0
  let standard: FakeStep = {}
  const stopping = new AbortController()
  // One for each answer that is being delayed.
  setMaxListeners(0, stopping.signal)

  const server = createServer({ keepAlive: true }, (incoming, outgoing) => {
    void receive(incoming, outgoing).then(
      async (request) => {
        requests.push(request)
        waiting.shift()?.(request)
        const step = steps.shift() ?? standard
        await answer(
          dialect,
          request,
          typeof step === 'function' ? step(request) : step,
          outgoing,
          stopping.signal,
        )
      },
      () => undefined,
    )
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  return {
    url: origin + dialect.basePath,
    origin,
    requests,
    get connections() {
      return sockets.size
    },
    script: (...more) => {
      steps.push(...more)
    },
    always: (step) => {
      standard = step
    },
    nextRequest: () => {
      const request = requests[seen++]
      return request === undefined
        ? new Promise((resolve) => waiting.push(resolve))
        : Promise.resolve(request)
    },
    dropIdleConnections: () => {
      server.closeIdleConnections()
    },
    close: async () => {
      stopping.abort()
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

async function receive(incoming: IncomingMessage, outgoing: ServerResponse): Promise<FakeRequest> {
  const chunks: Buffer[] = []
  const closed = new Promise<'client' | 'complete'>((resolve) => {
    outgoing.on('close', () => resolve(outgoing.writableFinished ? 'complete' : 'client'))
  })
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString('utf8')
  const body = parseJson(text)
  return {
    path: incoming.url ?? '/',
    headers: incoming.headers,
    body: isRecord(body) ? body : undefined,
    text,
    at: Date.now(),
    closed,
  }
}

async function answer(
  dialect: FakeDialect,
  request: FakeRequest,
  step: FakeAnswer | { readonly error: FakeError },
  outgoing: ServerResponse,
  stopping: AbortSignal,
): Promise<void> {
  const refusal = dialect.check(request)
  const error = refusal ?? ('error' in step ? step.error : undefined)
  if (error !== undefined) {
    outgoing.writeHead(error.status, {
      ...dialect.headers(request),
      'content-type': 'application/json',
      ...error.headers,
    })
    outgoing.end(JSON.stringify(dialect.errorBody(error)))
    return
  }
  await act(dialect, request, step as FakeAnswer, outgoing, stopping)
}

async function act(
  dialect: FakeDialect,
  request: FakeRequest,
  step: FakeAnswer,
  outgoing: ServerResponse,
  stopping: AbortSignal,
): Promise<void> {
  if (step.delayMs !== undefined)
    await sleep(step.delayMs, undefined, { signal: stopping }).catch(() => undefined)
  if (step.hang === 'headers' || outgoing.destroyed) return
  if (step.drop !== undefined) {
    if (step.drop === 'reset') outgoing.socket?.resetAndDestroy()
    else outgoing.socket?.destroy()
    return
  }
  const streamed = request.body?.stream === true && step.body === undefined
  const pieces = streamed
    ? (step.frames ?? dialect.frames(request, step))
    : [wholeBody(dialect, request, step)]
  const contentType = streamed ? 'text/event-stream; charset=utf-8' : 'application/json'
  outgoing.writeHead(step.status ?? 200, {
    ...dialect.headers(request),
    'content-type': contentType,
    ...step.headers,
  })
  await write(
    outgoing,
    cutBytes(
      pieces.map((piece) => Buffer.from(piece)),
      step,
    ),
    step,
    stopping,
  )
}

function wholeBody(dialect: FakeDialect, request: FakeRequest, step: FakeAnswer): string | Uint8Array {
  if (typeof step.body === 'string' || step.body instanceof Uint8Array) return step.body
  return JSON.stringify(step.body ?? dialect.whole(request, step))
}

/** Applies `cutAfterBytes` and `splitEvery`. */
function cutBytes(pieces: readonly Buffer[], { cutAfterBytes, splitEvery }: FakeAnswer): Buffer[] {
  if (cutAfterBytes === undefined && splitEvery === undefined) return [...pieces]
  if (splitEvery === undefined) {
    let left = cutAfterBytes ?? 0
    return pieces.flatMap((piece) => {
      const part = piece.subarray(0, left)
      left -= part.length
      return part.length === 0 ? [] : [part]
    })
  }
  const all = Buffer.concat(pieces).subarray(0, cutAfterBytes)
  return Array.from({ length: Math.ceil(all.length / splitEvery) }, (_, index) =>
    all.subarray(index * splitEvery, (index + 1) * splitEvery),
  )
}

async function write(
  outgoing: ServerResponse,
  pieces: readonly Buffer[],
  step: FakeAnswer,
  stopping: AbortSignal,
): Promise<void> {
  outgoing.flushHeaders()
  for (const piece of pieces) {
    if (outgoing.destroyed) return
    const flushed = outgoing.write(piece)
    if (!flushed) await drained(outgoing)
    if (step.chunkDelayMs !== undefined)
      await sleep(step.chunkDelayMs, undefined, { signal: stopping }).catch(() => undefined)
    // A write of its own for every piece: what is cut must arrive cut.
    else if (step.splitEvery !== undefined) await new Promise((resolve) => setImmediate(resolve))
  }
  if (step.hang === 'body') return
  if (step.cutAfterBytes !== undefined && (step.cut ?? 'reset') === 'reset') {
    // What was written must leave before the connection breaks.
    await new Promise((resolve) => setImmediate(resolve))
    outgoing.socket?.destroy()
    return
  }
  outgoing.end()
}

/** Until there is room again, or nobody reads any more. */
function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      outgoing.off('drain', done)
      outgoing.off('close', done)
      resolve()
    }
    outgoing.on('drain', done)
    outgoing.on('close', done)
  })
}
