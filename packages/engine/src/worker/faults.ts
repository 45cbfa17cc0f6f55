import { failureOf } from '../core/failure.ts'
import { EngineError, isEngineError } from '../errors.ts'
import type { RunRow } from '../storage/port.ts'
import type { Effects } from './effects.ts'
import { closeRun } from './operations.ts'
import type { WorkerOptions } from './options.ts'

const firstPauseMs = 1_000
const longestPauseMs = 60_000

/** Whatever kept a run from going on, as an error of ours. */
export function faultOf(cause: unknown): EngineError {
  if (isEngineError(cause)) return cause
  return new EngineError('ENGINE_NONDETERMINISM', 'The run could not be rebuilt', { cause })
}

/** Inside a transaction: suspends a run that cannot go on, for longer each time; in a test, ends it. */
export function writeFault(
  { storage, logger, onFault }: WorkerOptions,
  row: RunRow,
  fault: EngineError,
  effects: Effects,
  now: number,
): void {
  const { id, runId, type, key, fence, faults } = row
  logger.log('error', `${type} ${id} is at fault: ${fault.message}`, {
    workflowId: id,
    runId,
    workflowType: type,
    code: fault.code,
    ...(fault.hint === undefined ? {} : { hint: fault.hint }),
  })
  const failure = JSON.stringify(failureOf(fault))
  if (onFault === 'fail') {
    closeRun(storage, row, 'failed', failure, now, effects)
    return
  }
  const retryAt = now + Math.min(firstPauseMs * 2 ** Math.min(faults, 10), longestPauseMs)
  storage.runs.suspend(key, fence, failure, retryAt)
  effects.wake(retryAt)
  effects.touched.delete(key)
}
