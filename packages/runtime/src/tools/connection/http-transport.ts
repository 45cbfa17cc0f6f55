// The client's end of a server that is reached over HTTP: the SDK's transports, and what they leave out.
//
//   H1. A result that was read in the same macrotask as a notification is delivered one macrotask later: whatever
//       preceded it has been handled by then (as S1 of stdio-transport.ts).
//   H2. A request whose stream ends without an answer fails at once: streams of the protocol do not resume, and the
//       caller would wait for its timeout.
//   H3. No more of an answer is read than a message may hold.
import {
  ClientCredentialsProvider,
  SSEClientTransport,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client'
import type {
  JSONRPCMessage,
  MessageExtraInfo,
  RequestId,
  Transport,
  TransportSendOptions,
} from '@modelcontextprotocol/client'
import type { ServerTransport } from '../config/schema.ts'
import { boundedFetch } from './bounded-fetch.ts'
import { madeUpAnswer, maxMessageBytes } from './made-up-answer.ts'

type HttpSettings = Extract<ServerTransport, { kind: 'http' | 'sse' }>

/**
 * A transport over HTTP with the credentials of the configuration. They go to the server's own origin alone: the SDK
 * does not follow a redirect that leaves it.
 */
export function httpTransport(settings: HttpSettings): Transport {
  const { auth, headers } = settings
  const bearer = auth !== 'none' && auth.type === 'bearer' ? { authorization: `Bearer ${auth.token}` } : {}
  const oversized = new Set<RequestId>()
  const options = {
    requestInit: { headers: { ...headers, ...bearer } },
    fetch: boundedFetch(maxMessageBytes, (request) => {
      const id = requestIdOf(request?.body)
      if (id !== undefined) oversized.add(id)
    }),
    ...(auth !== 'none' && auth.type === 'oauth' ? { authProvider: clientCredentials(auth) } : {}),
  }
  const url = new URL(settings.url)
  if (settings.kind === 'http')
    return deferResults(failBrokenRequests(new StreamableHTTPClientTransport(url, options), oversized))
  // Deprecated by the protocol, and still what some servers speak: the user chose it by name.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  return deferResults(new SSEClientTransport(url, options))
}

type OAuthSettings = Extract<HttpSettings['auth'], { type: 'oauth' }>

function clientCredentials(auth: OAuthSettings): ClientCredentialsProvider {
  const options = {
    clientId: auth.client_id,
    clientSecret: auth.client_secret,
    clientName: 'rgen',
    ...(auth.scope === undefined ? {} : { scope: auth.scope }),
  }
  if (auth.issuer !== undefined)
    return new ClientCredentialsProvider({ ...options, expectedIssuer: auth.issuer })
  // Without issuer the server's own metadata names who may see the secret; `rgen doctor` advises against it.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  return new ClientCredentialsProvider(options)
}

function requestIdOf(body: unknown): RequestId | undefined {
  if (typeof body !== 'string') return undefined
  return (JSON.parse(body) as { readonly id?: RequestId }).id
}

/** H2. Those in `oversized` were broken off by us. */
function failBrokenRequests<T extends Transport>(transport: T, oversized: Set<RequestId>): T {
  const send = transport.send.bind(transport)
  return Object.assign(transport, {
    async send(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
      const isRequest = 'method' in message && 'id' in message
      // Whoever brings a handler of its own (a stream of notices) knows what to do.
      if (!isRequest || options?.onRequestStreamEnd !== undefined) return send(message, options)
      const { id } = message
      await send(message, {
        ...options,
        // Behind the answer, if there was one: the SDK passes over an answer to a request that has ended.
        onRequestStreamEnd: () =>
          transport.onmessage?.(madeUpAnswer(id, oversized.delete(id) ? 'too large' : 'broken off')),
      })
    },
  })
}

type Receive = NonNullable<Transport['onmessage']>

/** H1. */
function deferResults<T extends Transport>(transport: T): T {
  let receive: Receive | undefined
  /** Counts macrotasks in which a notification was delivered. */
  let turn = 0
  let notifiedAt = -1
  const deferred = <M extends JSONRPCMessage>(message: M, extra?: MessageExtraInfo): void => {
    if ('method' in message) {
      receive?.(message, extra)
      notifiedAt = turn
      setImmediate(() => turn++)
    } else if (notifiedAt === turn) setImmediate(() => receive?.(message, extra))
    else receive?.(message, extra)
  }
  return Object.defineProperty(transport, 'onmessage', {
    configurable: true,
    get: () => (receive === undefined ? undefined : deferred),
    set: (handler: Receive | undefined) => {
      if (handler !== deferred) receive = handler
    },
  })
}
