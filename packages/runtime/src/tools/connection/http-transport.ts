import {
  ClientCredentialsProvider,
  SSEClientTransport,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client'
import type { JSONRPCMessage, MessageExtraInfo, Transport } from '@modelcontextprotocol/client'
import type { ServerTransport } from '../config/schema.ts'

type HttpSettings = Extract<ServerTransport, { kind: 'http' | 'sse' }>

/**
 * A transport over HTTP with the credentials of the configuration. They go to the server's own origin alone: the SDK
 * does not follow a redirect that leaves it.
 */
export function httpTransport(settings: HttpSettings): Transport {
  const { auth, headers } = settings
  const bearer = auth !== 'none' && auth.type === 'bearer' ? { authorization: `Bearer ${auth.token}` } : {}
  const options = {
    requestInit: { headers: { ...headers, ...bearer } },
    ...(auth !== 'none' && auth.type === 'oauth' ? { authProvider: clientCredentials(auth) } : {}),
  }
  const url = new URL(settings.url)
  if (settings.kind === 'http') return deferResults(new StreamableHTTPClientTransport(url, options))
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

type Receive = NonNullable<Transport['onmessage']>

/** Delivers results after the notifications that preceded them, as StdioTransport does: else a last progress is lost. */
export function deferResults<T extends Transport>(transport: T): T {
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
