// What a server writes to its standard error: the last lines for the reports of its failures, and the log, which a
// flood must neither fill nor slow.
import type { ToolLog } from '../ports.ts'
import { lineSplitter } from './line-splitter.ts'

const maxLineBytes = 8 * 1024
const maxLinesPerSecond = 100
const tailLines = 20

/** The standard error of one server over all its lives. */
export class ServerOutput {
  readonly #tail: string[] = []
  readonly #write: (line: string, suppressed: number) => void
  #second = 0
  #written = 0
  #suppressed = 0

  constructor(server: string, log: ToolLog, redact: (text: string) => string) {
    this.#write = (line, suppressed) => {
      const more = suppressed > 0 ? { suppressedLines: suppressed } : {}
      log.log('info', redact(line), { server, stream: 'stderr', ...more })
    }
  }

  /** A reader for the standard error of one process. */
  reader(): (chunk: Buffer) => void {
    return lineSplitter(maxLineBytes, ({ text, cut }) => this.#line(cut ? `${text} [line cut]` : text))
  }

  /** The last lines, newest last; for errors and `rgen doctor`. */
  get tail(): readonly string[] {
    return this.#tail
  }

  /** Forgets the lines of an earlier life. */
  clear(): void {
    this.#tail.length = 0
  }

  #line(line: string): void {
    if (line.trim() === '') return
    this.#tail.push(line)
    if (this.#tail.length > tailLines) this.#tail.shift()
    const second = Math.floor(performance.now() / 1_000)
    if (second !== this.#second) {
      this.#second = second
      this.#written = 0
    }
    if (this.#written++ >= maxLinesPerSecond) {
      this.#suppressed++
      return
    }
    this.#write(line, this.#suppressed)
    this.#suppressed = 0
  }
}
