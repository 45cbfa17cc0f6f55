import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import type { WorkerRow } from '../storage/port.ts'

/** How a process presents itself to others on the same file. */
export type ProcessIdentity = Pick<WorkerRow, 'pid' | 'host' | 'birth'>

/** This process. `host` tells containers apart that share a file but not their process ids. */
export function thisProcess(): ProcessIdentity {
  return { pid: process.pid, host: `${hostname()} ${processNamespace()}`, birth: birthOf(process.pid) ?? '' }
}

function processNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

/** When a process began, in the kernel's terms: a process id alone may have been given to another one. */
function birthOf(pid: number): string | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return status.slice(status.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}

/** Whether a process on this host is certainly gone. */
export function isGone(worker: ProcessIdentity, self: ProcessIdentity): boolean {
  if (worker.host !== self.host) return false
  try {
    process.kill(worker.pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
  return worker.birth !== '' && birthOf(worker.pid) !== worker.birth
}

/**
 * Tells which other workers are dead: gone from this host, or without a beat for `leaseMs` of our own monotonic time.
 * No wall clock is compared, so a clock that was set cannot kill a worker.
 */
export class Liveness {
  readonly #self: ProcessIdentity
  readonly #leaseMs: number
  readonly #seen = new Map<number, { readonly beat: number; readonly since: number }>()

  constructor(self: ProcessIdentity, leaseMs: number) {
    this.#self = self
    this.#leaseMs = leaseMs
  }

  dead(workers: readonly WorkerRow[], monotonicNow: number): readonly number[] {
    return workers.filter((worker) => this.#isDead(worker, monotonicNow)).map(({ key }) => key)
  }

  #isDead(worker: WorkerRow, now: number): boolean {
    if (isGone(worker, this.#self)) return true
    const seen = this.#seen.get(worker.key)
    if (seen?.beat !== worker.beat) {
      this.#seen.set(worker.key, { beat: worker.beat, since: now })
      return false
    }
    return now - seen.since >= this.#leaseMs
  }
}
