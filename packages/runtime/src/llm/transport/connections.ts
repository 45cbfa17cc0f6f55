// The connections to one origin. undici's Pool opens a new connection after every request that is broken off, for
// a queue that is empty by then; here a connection that was broken off is gone, and none is opened in its place.

import { buildConnector, Client } from 'undici'

/** A connection that is lent to one request. */
export interface Loan {
  readonly client: Client
  /** It has served before: the server may have closed it meanwhile. */
  readonly reused: boolean
  /** The answer was read to its end: the connection may serve again. */
  giveBack(): void
  /** The request failed or was broken off: closes the connection. */
  drop(): void
}

export class Connections {
  readonly #origin: string
  readonly #connect: buildConnector.connector
  /** The last one that was given back is lent first, so that those too many time out. */
  readonly #idle: Client[] = []
  readonly #all = new Set<Client>()

  constructor(origin: string, connectMs: number) {
    this.#origin = origin
    // The exchange's own timer limits connecting; this one only frees sockets that never connected. One connector
    // for all, so that they share TLS sessions.
    this.#connect = buildConnector({ timeout: Math.max(connectMs * 2, 1000) })
  }

  lend(): Loan {
    const client = this.#idle.pop()
    return client === undefined ? this.lendNew() : this.#loan(client, true)
  }

  lendNew(): Loan {
    // Limits of time are the exchange's.
    const client = new Client(this.#origin, { connect: this.#connect, headersTimeout: 0, bodyTimeout: 0 })
    this.#all.add(client)
    client.on('disconnect', () => {
      if (this.#idle.includes(client)) this.#forget(client)
    })
    return this.#loan(client, false)
  }

  async close(mode: 'drain' | 'abort'): Promise<void> {
    const clients = [...this.#all]
    this.#idle.length = 0
    await Promise.all(clients.map((client) => (mode === 'drain' ? client.close() : client.destroy())))
  }

  #loan(client: Client, reused: boolean): Loan {
    return {
      client,
      reused,
      giveBack: () => {
        if (client.stats.connected) this.#idle.push(client)
        else this.#forget(client)
      },
      drop: () => {
        this.#forget(client)
        void client.destroy()
      },
    }
  }

  #forget(client: Client): void {
    this.#all.delete(client)
    const index = this.#idle.indexOf(client)
    if (index !== -1) this.#idle.splice(index, 1)
  }
}
