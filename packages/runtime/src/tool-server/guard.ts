// Who may talk to a server on this machine. A page in the user's browser can reach every loopback port (DNS
// rebinding), so Host and Origin are checked before anything else, always.
import { timingSafeEqual, createHash } from 'node:crypto'
import { hostHeaderValidationResponse, originValidationResponse } from '@modelcontextprotocol/server'
import { ToolError } from '../tools/errors.ts'

/** What a request must show. */
export interface GuardOptions {
  /** Host names that requests may name, besides those of this machine. No ports. */
  readonly allowedHosts?: readonly string[]
  /** Host names of the web pages that may call, besides those of this machine. */
  readonly allowedOrigins?: readonly string[]
  /** When set, each request must carry it as `Authorization: Bearer …`. */
  readonly bearerToken?: string | undefined
}

const loopback: readonly string[] = ['localhost', '127.0.0.1', '[::1]']

/**
 * Refuses a bind that would open a server without a token to the network.
 *
 * @throws {ToolError} `TOOL_UNSAFE_BIND`
 */
export function assertSafeBind(host: string, { bearerToken, allowedHosts = [] }: GuardOptions): void {
  if (['127.0.0.1', '::1', 'localhost'].includes(host)) return
  if (bearerToken && allowedHosts.length > 0) return
  throw new ToolError('TOOL_UNSAFE_BIND', `Listening on ${host} would let the network call these tools.`, {
    hint: 'Listen on 127.0.0.1, or set bearerToken and allowedHosts (for the service BEARER_TOKEN and mcp.allowed_hosts).',
  })
}

/** Checks Host, Origin and token, in this order. */
export function createGuard(options: GuardOptions): (request: Request) => Response | undefined {
  const hosts = [...loopback, ...(options.allowedHosts ?? [])]
  const origins = [...hosts, ...(options.allowedOrigins ?? [])]
  const expected = options.bearerToken ? digest(options.bearerToken) : undefined
  return (request) =>
    hostHeaderValidationResponse(request, hosts) ??
    originValidationResponse(request, origins) ??
    (expected === undefined || carries(request, expected) ? undefined : unauthorized())
}

function carries(request: Request, expected: Buffer): boolean {
  const [, token] = /^Bearer (\S+)$/iu.exec(request.headers.get('authorization') ?? '') ?? []
  // Digests have one length, which timingSafeEqual demands and the token must not reveal.
  return token !== undefined && timingSafeEqual(digest(token), expected)
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

function unauthorized(): Response {
  return Response.json(
    { jsonrpc: '2.0', error: { code: -32_001, message: 'A bearer token is required.' }, id: null },
    { status: 401, headers: { 'www-authenticate': 'Bearer' } },
  )
}
