// Breakers, parking and limits, shared by the processes of one host through a store.
//
//   H1. Each process tells what it knows itself, whole; what the others know is never written over.
//   H2. What cannot be read, or is old, is as though it were not there: local state alone decides. Said once.
//   H3. Moments cross the border as wall-clock time; inside a process only the monotonic clock counts.

import { z } from 'zod'
import { parseJson } from './adapters/classify.ts'
import type { Clock } from './clock.ts'
import type { SlidingLimiter } from './limiter.ts'
import type { RouterState } from './state.ts'
import type { LlmLogger } from './telemetry.ts'

const snapshotSchema = z.object({
  writtenAt: z.number(),
  open: z.record(z.string(), z.number()),
  parked: z.record(z.string(), z.object({ until: z.number(), reason: z.enum(['rate_limit', 'quota']) })),
  usage: z.object({ tokens: z.number().nonnegative(), requests: z.number().nonnegative() }).optional(),
})

type SharedSnapshot = z.output<typeof snapshotSchema>

/** Where processes leave what they know for each other. A method that throws means: not now. */
export interface StateStore {
  /** Replaces what this process has left. */
  write(text: string): void
  /** What each of the others has left. */
  readOthers(): readonly string[]
  /** Takes away what this process has left. */
  close(): void
}

export interface SharedStateHost {
  readonly clock: Clock
  readonly logger: LlmLogger
  readonly state: RouterState
  readonly limiter: () => SlidingLimiter | undefined
}

/** What was not written again for so many intervals belongs to a process that is gone. */
const STALE_INTERVALS = 10

export class SharedState {
  readonly #host: SharedStateHost
  readonly #store: StateStore
  readonly #intervalMs: number
  #timer: NodeJS.Timeout | undefined
  #complained = false
  #lastWritten = ''
  #lastWrittenAt = 0

  constructor(store: StateStore, intervalMs: number, host: SharedStateHost) {
    this.#host = host
    this.#store = store
    this.#intervalMs = intervalMs
    this.#timer = setInterval(() => {
      this.#sync()
    }, intervalMs)
    this.#timer.unref()
    this.#sync()
  }

  /** Something that the others should know soon. */
  changed(): void {
    if (this.#timer !== undefined) this.#write()
  }

  close(): void {
    if (this.#timer === undefined) return
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#attempt(() => this.#store.close(), undefined)
  }

  #sync(): void {
    this.#write()
    this.#read()
  }

  #write(): void {
    const { writtenAt, ...content } = this.#own()
    const text = JSON.stringify(content)
    // An idle process writes seldom enough not to wear the disk, often enough not to look gone.
    const fresh = writtenAt - this.#lastWrittenAt < (this.#intervalMs * STALE_INTERVALS) / 3
    if (text === this.#lastWritten && fresh) return
    this.#attempt(() => {
      this.#store.write(JSON.stringify({ writtenAt, ...content }))
      this.#lastWritten = text
      this.#lastWrittenAt = writtenAt
    }, undefined)
  }

  #own(): SharedSnapshot {
    const { clock, state, limiter } = this.#host
    const toWall = clock.wallNow() - clock.now()
    const open = [...state.breakers()].flatMap(([key, { state: circuit }]) =>
      circuit.kind === 'open' ? [[key, Math.round(circuit.until + toWall)] as const] : [],
    )
    const parked = [...state.parking.entries()].map(
      ([key, { until, reason }]) => [key, { until: Math.round(until + toWall), reason }] as const,
    )
    const usage = limiter()?.usage(clock.now())
    return {
      writtenAt: clock.wallNow(),
      open: Object.fromEntries(open),
      parked: Object.fromEntries(parked),
      ...(usage === undefined ? {} : { usage }),
    }
  }

  #read(): void {
    const { clock, state, limiter } = this.#host
    const now = clock.now()
    const toMonotonic = now - clock.wallNow()
    const others = this.#others()
    for (const { open, parked } of others) {
      for (const [key, until] of Object.entries(open)) state.breaker(key).openUntil(until + toMonotonic, now)
      for (const [key, { until, reason }] of Object.entries(parked))
        state.parking.park(key, until + toMonotonic, reason)
    }
    const own = limiter()
    if (own !== undefined)
      own.foreignUsage = {
        tokens: others.reduce((sum, { usage }) => sum + (usage?.tokens ?? 0), 0),
        requests: others.reduce((sum, { usage }) => sum + (usage?.requests ?? 0), 0),
      }
  }

  #others(): SharedSnapshot[] {
    const now = this.#host.clock.wallNow()
    return this.#attempt(() => this.#store.readOthers(), []).flatMap((text) => {
      const read = snapshotSchema.safeParse(parseJson(text))
      if (!read.success) this.#complain()
      return read.success && now - read.data.writtenAt <= this.#intervalMs * STALE_INTERVALS
        ? [read.data]
        : []
    })
  }

  #attempt<T>(work: () => T, otherwise: T): T {
    try {
      return work()
    } catch {
      this.#complain()
      return otherwise
    }
  }

  #complain(): void {
    if (this.#complained) return
    this.#complained = true
    this.#host.logger.log('warn', 'llm state is not shared: what is stored cannot be used', {})
  }
}
