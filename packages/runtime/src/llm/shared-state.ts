// Breakers, parking and limits, shared by the processes of one host through a folder.
//
//   H1. Each process writes its own file, whole, by rename; so nothing is locked and nothing is half-read.
//   H2. What cannot be read, or is old, is as though it were not there: local state alone decides. Said once.
//   H3. Moments cross the border as wall-clock time; inside a process only the monotonic clock counts.

import { randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import type { Clock } from './clock.ts'
import type { RouterSettings } from './config.ts'
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

export interface SharedStateHost {
  readonly root: string
  readonly clock: Clock
  readonly logger: LlmLogger
  readonly state: RouterState
  readonly limiter: () => SlidingLimiter | undefined
}

export interface SharedState {
  /** Something that the others should know soon. */
  changed(): void
  close(): void
}

/** A file that was not rewritten for so many intervals belongs to a process that is gone. */
const STALE_INTERVALS = 10
/** And after so long it is removed by whoever sees it. */
const REMOVE_AFTER_MS = 3_600_000

export function openSharedState(
  settings: RouterSettings['shared_state'],
  host: SharedStateHost,
): SharedState {
  return new FolderState(settings, host)
}

class FolderState implements SharedState {
  readonly #host: SharedStateHost
  readonly #folder: string
  readonly #name = `${process.pid}-${randomUUID().slice(0, 8)}.json`
  readonly #intervalMs: number
  #timer: NodeJS.Timeout | undefined
  #complained = false
  #lastWritten = ''

  constructor({ path, interval }: RouterSettings['shared_state'], host: SharedStateHost) {
    this.#host = host
    this.#folder = resolve(host.root, path)
    this.#intervalMs = interval * 1000
    this.#timer = setInterval(() => {
      this.#sync()
    }, this.#intervalMs)
    this.#timer.unref()
    this.#sync()
  }

  changed(): void {
    if (this.#timer !== undefined) this.#write()
  }

  close(): void {
    if (this.#timer === undefined) return
    clearInterval(this.#timer)
    this.#timer = undefined
    rmSync(join(this.#folder, this.#name), { force: true })
  }

  #sync(): void {
    this.#write()
    this.#read()
  }

  #write(): void {
    try {
      const { writtenAt, ...content } = this.#own()
      const text = JSON.stringify(content)
      // An idle process refreshes its file seldom enough not to wear the disk, often enough not to look gone.
      const fresh = writtenAt - this.#lastWrittenAt < (this.#intervalMs * STALE_INTERVALS) / 3
      if (text === this.#lastWritten && fresh) return
      mkdirSync(this.#folder, { recursive: true })
      const file = join(this.#folder, this.#name)
      writeFileSync(`${file}.tmp`, JSON.stringify({ writtenAt, ...content }))
      renameSync(`${file}.tmp`, file)
      this.#lastWritten = text
      this.#lastWrittenAt = writtenAt
    } catch {
      this.#complain()
    }
  }

  #lastWrittenAt = 0

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
    let names: string[]
    try {
      names = readdirSync(this.#folder).filter((name) => name.endsWith('.json') && name !== this.#name)
    } catch {
      this.#complain()
      return []
    }
    return names.flatMap((name) => {
      const snapshot = this.#readOne(join(this.#folder, name))
      if (snapshot === undefined) return []
      const ageMs = this.#host.clock.wallNow() - snapshot.writtenAt
      if (ageMs > REMOVE_AFTER_MS) rmSync(join(this.#folder, name), { force: true })
      return ageMs > this.#intervalMs * STALE_INTERVALS ? [] : [snapshot]
    })
  }

  #readOne(file: string): SharedSnapshot | undefined {
    try {
      return snapshotSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
    } catch (error) {
      // It may have been removed between listing and reading: its process has ended.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#complain()
      return undefined
    }
  }

  #complain(): void {
    if (this.#complained) return
    this.#complained = true
    this.#host.logger.log('warn', 'llm state is not shared: its folder cannot be used', {
      folder: this.#folder,
    })
  }
}
