import type { StepSettings } from '../api/host.ts'

/** A step that this process has claimed and is about to run. */
export interface Dispatch {
  readonly runKey: number
  readonly n: number
  readonly queue: string
  readonly name: string
  readonly attempt: number
  readonly input: string | null
  readonly settings: StepSettings
  readonly scheduledAt: number
  /** Details of the last heartbeat of an earlier attempt. */
  readonly details: string | null
  readonly run: { readonly id: string; readonly runId: string; readonly type: string }
}

/** What leaves the process once the transaction that caused it has been committed. */
export class Effects {
  /** Runs that have something new in their inbox. */
  readonly touched = new Set<number>()
  /** Run ids of runs that closed. */
  readonly closed = new Set<string>()
  /** Keys of runs that closed: they leave memory. */
  readonly closedKeys = new Set<number>()
  /** Events that were answered. */
  readonly answered = new Set<string>()
  /** Steps to run here. */
  readonly dispatches: Dispatch[] = []
  /** Steps whose result nobody wants any more. */
  readonly aborted: { readonly runKey: number; readonly n: number }[] = []
  /** The earliest moment at which something becomes due. */
  wakeAt = Number.POSITIVE_INFINITY

  wake(at: number): void {
    if (at < this.wakeAt) this.wakeAt = at
  }
}
