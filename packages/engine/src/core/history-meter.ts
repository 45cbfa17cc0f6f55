import { entrySize, type Entry } from './history.ts'

/** When a run is told to continue as new: at whichever comes first. */
export interface ContinueAsNewLimits {
  readonly events: number
  readonly bytes: number
  readonly received: number
}

/** How long a history has grown, and whether it is time for a new one. */
export class HistoryMeter {
  readonly #limits: ContinueAsNewLimits
  #length = 0
  #size = 0
  #received = 0

  constructor(limits: ContinueAsNewLimits) {
    this.#limits = limits
  }

  /** Entries. */
  get length(): number {
    return this.#length
  }

  /** Bytes, as {@link entrySize} counts them. */
  get size(): number {
    return this.#size
  }

  /** Events handed to handlers. */
  get received(): number {
    return this.#received
  }

  get suggestsContinueAsNew(): boolean {
    const { events, bytes, received } = this.#limits
    return this.#length >= events || this.#size >= bytes || this.#received >= received
  }

  add(entry: Entry<string>): void {
    this.#length += 1
    this.#size += entrySize(entry)
  }

  /** Takes back what was added: it will be added again. */
  remove(entry: Entry<string>): void {
    this.#length -= 1
    this.#size -= entrySize(entry)
  }

  receive(): void {
    this.#received += 1
  }
}
