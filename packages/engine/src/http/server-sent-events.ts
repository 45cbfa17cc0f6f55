import type { ServerResponse } from 'node:http'

/** A watcher that reads too slowly is let go at this many bytes, so that memory stays bounded. */
const maxBufferedBytes = 4_000_000

/** Writes server-sent events to one watcher. */
export class ServerSentEvents {
  readonly #response: ServerResponse

  constructor(response: ServerResponse) {
    this.#response = response
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      connection: 'keep-alive',
    })
    response.flushHeaders()
  }

  send(data: unknown): void {
    if (this.#response.destroyed) return
    this.#response.write(`data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`)
    if (this.#response.writableLength > maxBufferedBytes) this.#response.destroy()
  }

  end(): void {
    this.#response.end()
  }
}

/** Resolves when the caller has gone away. */
export function gone(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
