import type { Clock } from '../clock.ts'
import { Connections } from './connections.ts'
import { HttpExchange, StaleSocketError } from './http-exchange.ts'
import type { Cancellation, PhaseLimits, Transport, WireRequest, WireResponse } from './transport.ts'

/** HTTP over undici: kept connections for each origin. */
export class UndiciTransport implements Transport {
  readonly #origins = new Map<string, Connections>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async send(request: WireRequest, limits: PhaseLimits, cancellation: Cancellation): Promise<WireResponse> {
    const connections = this.#connectionsTo(request.origin, limits.connectMs)
    const endsAt = this.#clock.now() + limits.totalMs
    try {
      return await new HttpExchange(this.#clock, limits, cancellation).start(connections.lend(), request)
    } catch (error) {
      if (!(error instanceof StaleSocketError)) throw error
      // On a new connection: another kept one may be as stale as this one.
      const left = { ...limits, totalMs: endsAt - this.#clock.now() }
      return await new HttpExchange(this.#clock, left, cancellation).start(connections.lendNew(), request)
    }
  }

  async close(mode: 'drain' | 'abort'): Promise<void> {
    const origins = [...this.#origins.values()]
    this.#origins.clear()
    await Promise.all(origins.map((connections) => connections.close(mode)))
  }

  #connectionsTo(origin: string, connectMs: number): Connections {
    let connections = this.#origins.get(origin)
    if (connections === undefined) {
      connections = new Connections(origin, connectMs)
      this.#origins.set(origin, connections)
    }
    return connections
  }
}
