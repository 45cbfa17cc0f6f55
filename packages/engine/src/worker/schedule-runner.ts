import type { LogSink, ScheduleSpec, StartRequest } from '../client/types.ts'
import { failureOf } from '../core/failure.ts'
import { isEngineError } from '../errors.ts'
import type { ScheduleRow, Storage } from '../storage/port.ts'
import type { Effects } from './effects.ts'
import { startRun } from './operations.ts'
import { parseSchedule } from './schedule-spec.ts'

/** Starts what schedules say, inside a transaction: two processes cannot start the same moment twice. */
export function runDueSchedules(storage: Storage, now: number, effects: Effects, logger: LogSink): void {
  for (const schedule of storage.schedules.due(now)) runDue(storage, schedule, now, effects, logger)
}

function runDue(
  storage: Storage,
  schedule: ScheduleRow,
  now: number,
  effects: Effects,
  logger: LogSink,
): void {
  const rules = parseSchedule(JSON.parse(schedule.spec) as ScheduleSpec)
  const due = schedule.nextAt ?? now
  const missed = now - due > rules.catchupMs
  // What was missed while no service ran is not caught up one by one.
  const nextAt = rules.next(missed ? now - rules.catchupMs : due) ?? null
  const overlaps = rules.overlap === 'skip' && isRunning(storage, schedule)
  const started =
    missed || overlaps ? undefined : startScheduled(storage, schedule, due, now, effects, logger)
  if (missed || overlaps) {
    const reason = missed ? 'its time passed while no service ran' : 'the run before is still going'
    logger.log('info', `Schedule ${schedule.id} skipped a run: ${reason}`, {
      due: new Date(due).toISOString(),
    })
  }
  storage.schedules.ran(schedule.id, due, started, nextAt)
  if (nextAt !== null) effects.wake(nextAt)
}

function isRunning(storage: Storage, { lastId }: ScheduleRow): boolean {
  return lastId !== null && storage.runs.open(lastId) !== undefined
}

function startScheduled(
  storage: Storage,
  schedule: ScheduleRow,
  due: number,
  now: number,
  effects: Effects,
  logger: LogSink,
): { readonly id: string; readonly runId: string } | undefined {
  try {
    return triggerSchedule(storage, schedule, due, now, effects)
  } catch (error) {
    if (!isEngineError(error)) throw error
    logger.log('error', `Schedule ${schedule.id} could not start its run`, { error: failureOf(error) })
    return undefined
  }
}

/** Starts a run of a schedule, named after the moment it stands for. */
export function triggerSchedule(
  storage: Storage,
  { id: scheduleId, target }: Pick<ScheduleRow, 'id' | 'target'>,
  at: number,
  now: number,
  effects: Effects,
): { readonly id: string; readonly runId: string } {
  const moment = new Date(at).toISOString().replace('.000Z', 'Z')
  const id = `${scheduleId}-${moment}`
  const request = { ...(JSON.parse(target) as Omit<StartRequest, 'id'>), id }
  const { runId } = startRun(storage, request, now, effects)
  return { id, runId }
}
