import type { LogSink } from '../client/types.ts'
import type { ContinueAsNewLimits } from '../core/history-meter.ts'
import type { Storage } from '../storage/port.ts'
import type { Clock } from './clock.ts'
import type { Dispatch } from './effects.ts'
import type { Activated } from './tick.ts'

/** Where crash tests may end the process. */
export type CrashPoint = 'before-commit' | 'after-commit' | 'step-begun' | 'step-ended' | 'replaying'

/** What a worker is given: its database, its world, its rules. */
export interface WorkerOptions {
  readonly storage: Storage
  readonly clock: Clock
  readonly logger: LogSink
  readonly limits: ContinueAsNewLimits
  /** Nobody else has this database: nothing need be polled. */
  readonly exclusive: boolean
  /** suspend: try again later. fail: end the run, for tests. */
  readonly onFault: 'suspend' | 'fail'
  /** Rebuild runs from their histories after every activation. */
  readonly strictReplay: boolean
  /** Closed runs are removed after this time. */
  readonly retentionMs: number
  /** Idle runs leave memory after this time. */
  readonly idleRunMs: number
  /** A worker without a beat for this time is dead to the others. */
  readonly leaseMs: number
  readonly published: (dispatch: Dispatch, chunk: unknown) => void
  /** Called when runs may have changed, here or in another process. */
  readonly changed: () => void
  /** Called after a commit, so that other engines of this process on the same file look at once. */
  readonly committed: () => void
  /** Called whenever there is nothing left to do now. */
  readonly idle: () => void
  /** Called at named points, at commits with what is committed; crash tests end the process there. */
  readonly reached: (point: CrashPoint, activated?: readonly Activated[]) => void
}
