/** What a fake provider answers to one request, faults included. Everything has a default: `{}` is a good answer. */
export interface FakeAnswer {
  /** The assistant's text. */
  readonly text?: string
  readonly toolCalls?: readonly { readonly id?: string; readonly name: string; readonly arguments: unknown }[]
  /** In the dialect's own words, right or wrong. */
  readonly finishReason?: string | null
  /** In place of the usage figures, as it is: missing (`null`), a string, negative … */
  readonly usage?: unknown
  readonly refusal?: string
  /** The name that the answer gives its model; default the one that was asked for. */
  readonly model?: string

  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** In place of everything: text and bytes are sent as they are, anything else as JSON. */
  readonly body?: unknown
  /** In place of the frames of a stream: sent as they are. */
  readonly frames?: readonly string[]

  /** Before the headers. */
  readonly delayMs?: number
  /** Between the pieces of a stream. */
  readonly chunkDelayMs?: number
  /** Accepts the request, then never sends headers, or never more than what `cutAfterBytes` lets through. */
  readonly hang?: 'headers' | 'body'
  /** Closes the socket without an answer (`reset`: with RST). */
  readonly drop?: 'close' | 'reset'
  /** Sends only so many bytes of the body; then `cut` decides. */
  readonly cutAfterBytes?: number
  /** `reset` (default): the connection breaks. `end`: the body ends as though it were complete. */
  readonly cut?: 'reset' | 'end'
  /** Cuts the body into writes of so many bytes, anywhere. */
  readonly splitEvery?: number
}

/** An error in the dialect of the provider. */
export interface FakeError {
  readonly status: number
  readonly message?: string
  readonly type?: string
  readonly code?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A request as it arrived. */
export interface FakeRequest {
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Parsed; undefined when it was not JSON. */
  readonly body: Readonly<Record<string, unknown>> | undefined
  /** The raw text. */
  readonly text: string
  /** Milliseconds from 1970. */
  readonly at: number
  /** Resolves when the client has closed the connection, or the answer is complete. */
  readonly closed: Promise<'client' | 'complete'>
}
