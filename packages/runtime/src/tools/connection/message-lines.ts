// Messages of the protocol, one a line. Memory is bounded: of a line over the limit its two ends are kept, in which
// the number of the request that it answers is found.

/** A result that is longer than a line may be. */
export interface OversizedLine {
  /** The request that it answers, when it can be told. */
  readonly id: number | undefined
}

/** What a stream of lines is made of. */
export interface MessageLinesHandlers {
  readonly onMessage: (message: object) => void
  /** A line that is no message: a stray `console.log`, most often. */
  readonly onPlainText: (line: string) => void
  /** Called once; nothing is read afterwards. */
  readonly onOversized: (line: OversizedLine) => void
}

const keptEnd = 1_024
/** Beyond this an endless line is not followed to its end. */
const followFactor = 8

/** Reads messages from chunks as they come: several in one, or one in several. */
export class MessageLines {
  readonly #handlers: MessageLinesHandlers
  readonly #maxBytes: number
  #rest: Buffer[] = []
  #size = 0
  #oversized: { readonly head: string; tail: Buffer; size: number } | undefined
  #ended = false

  constructor(maxBytes: number, handlers: MessageLinesHandlers) {
    this.#maxBytes = maxBytes
    this.#handlers = handlers
  }

  push(chunk: Buffer): void {
    let start = 0
    for (let end = chunk.indexOf(10); end !== -1 && !this.#ended; end = chunk.indexOf(10, start)) {
      this.#add(chunk.subarray(start, end))
      this.#endLine()
      start = end + 1
    }
    if (!this.#ended && start < chunk.length) this.#add(chunk.subarray(start))
  }

  #add(part: Buffer): void {
    if (this.#oversized !== undefined) {
      this.#follow(this.#oversized, part)
      return
    }
    this.#rest.push(part)
    this.#size += part.length
    if (this.#size <= this.#maxBytes) return
    const whole = Buffer.concat(this.#rest)
    this.#rest = []
    this.#oversized = {
      head: whole.toString('utf8', 0, keptEnd),
      tail: Buffer.from(whole.subarray(-keptEnd)),
      size: this.#size,
    }
    this.#size = 0
  }

  #follow(line: { tail: Buffer; size: number }, part: Buffer): void {
    line.size += part.length
    line.tail = Buffer.from(Buffer.concat([line.tail, part.subarray(-keptEnd)]).subarray(-keptEnd))
    if (line.size > this.#maxBytes * followFactor) this.#endLine()
  }

  #endLine(): void {
    if (this.#oversized !== undefined) {
      this.#ended = true
      const { head, tail } = this.#oversized
      this.#handlers.onOversized({ id: answeredRequest(head, tail.toString('utf8')) })
      return
    }
    const [only] = this.#rest
    const line = (this.#rest.length === 1 ? only : Buffer.concat(this.#rest))?.toString('utf8') ?? ''
    this.#rest = []
    this.#size = 0
    this.#read(line)
  }

  #read(text: string): void {
    // .NET writes a byte order mark before the first message.
    const line = text.startsWith('\uFEFF') ? text.slice(1) : text
    if (line.trim() === '') return
    let value: unknown
    try {
      value = JSON.parse(line)
    } catch {
      this.#handlers.onPlainText(line)
      return
    }
    // The revision of March 2025 knew batches.
    for (const message of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (isMessage(message)) this.#handlers.onMessage(message)
      else this.#handlers.onPlainText(line)
    }
  }
}

function isMessage(value: unknown): value is object {
  return typeof value === 'object' && value !== null && 'jsonrpc' in value && value.jsonrpc === '2.0'
}

/** Some servers write the id first, others last. */
function answeredRequest(head: string, tail: string): number | undefined {
  const first = /^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*(\d+)\b/u.exec(head)
  const last = /"id"\s*:\s*(\d+)\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}\s*$/u.exec(tail)
  const id = (first ?? last)?.[1]
  return id === undefined ? undefined : Number(id)
}
