// Server-sent events from bytes, after the WHATWG rules: any of the three line ends, a byte-order mark, comments,
// multi-line data, and characters cut anywhere. Linear in the bytes, however they are cut.

export interface SseEvent {
  /** Empty when the event has no name. */
  readonly event: string
  readonly data: string
}

const LF = 10
const CR = 13

/** No provider's event comes near this; a line without end would fill the memory. */
const MAX_EVENT_CHARACTERS = 8 * 1024 * 1024

/**
 * Splits a stream of bytes into events. Feed it with {@link push}; ask {@link end} for what a server left without
 * the closing blank line (Kong ends with `data: [DONE]` and nothing after it).
 *
 * @example new SseParser().push(Buffer.from('data: hi\n\n')) // [{ event: '', data: 'hi' }]
 */
export class SseParser {
  readonly #decoder = new TextDecoder('utf-8')
  /** Pieces of the line that is not complete yet. */
  #line = ''
  #event = ''
  #data: string | undefined
  /** The last character was CR: an LF that follows belongs to it. */
  #afterCr = false
  /** An event grew beyond what anybody sends; nothing is read any more. */
  overflowed = false

  /** Returns the events that these bytes complete. */
  push(bytes: Uint8Array): SseEvent[] {
    return this.#feed(this.#decoder.decode(bytes, { stream: true }))
  }

  /** No more bytes will come: returns the event that lacked its blank line, if there is one. */
  end(): SseEvent[] {
    const events = this.#feed(this.#decoder.decode())
    if (this.#line !== '') this.#takeLine(events)
    this.#dispatch(events)
    return events
  }

  #feed(text: string): SseEvent[] {
    const events: SseEvent[] = []
    if (this.overflowed) return events
    let start = 0
    if (this.#afterCr && text.length > 0) {
      this.#afterCr = false
      if (text.charCodeAt(0) === LF) start = 1
    }
    for (let lineFeed = -2, carriage = -2; ;) {
      // -1 means "none in the rest"; look again only once passed, so that the whole stays linear.
      if (lineFeed !== -1 && lineFeed < start) lineFeed = text.indexOf('\n', start)
      if (carriage !== -1 && carriage < start) carriage = text.indexOf('\r', start)
      const end = lineFeed === -1 ? carriage : carriage === -1 ? lineFeed : Math.min(lineFeed, carriage)
      if (end === -1) break
      this.#line = this.#line === '' ? text.slice(start, end) : this.#line + text.slice(start, end)
      this.#takeLine(events)
      start = end + 1
      if (text.charCodeAt(end) !== CR) continue
      if (start === text.length) this.#afterCr = true
      else if (text.charCodeAt(start) === LF) start++
    }
    this.#line += text.slice(start)
    if (this.#line.length + (this.#data?.length ?? 0) > MAX_EVENT_CHARACTERS) {
      this.overflowed = true
      this.#line = ''
      this.#data = undefined
    }
    return events
  }

  #takeLine(events: SseEvent[]): void {
    const line = this.#line
    this.#line = ''
    if (line === '') {
      this.#dispatch(events)
      return
    }
    const colon = line.indexOf(':')
    if (colon === 0) return
    const field = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(line.charCodeAt(colon + 1) === 32 ? colon + 2 : colon + 1)
    if (field === 'data') this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`
    else if (field === 'event') this.#event = value
  }

  #dispatch(events: SseEvent[]): void {
    if (this.#data !== undefined) events.push({ event: this.#event, data: this.#data })
    this.#data = undefined
    this.#event = ''
  }
}
