// What may be done to schedules, as writes inside a transaction; schedule-runner.ts starts what is due.
import type {
  RunReference,
  ScheduleDescription,
  ScheduleRequest,
  ScheduleSpec,
  StartRequest,
} from '../client/types.ts'
import { EngineError } from '../errors.ts'
import type { ScheduleRow, Storage } from '../storage/port.ts'
import type { Effects } from './effects.ts'
import { triggerSchedule } from './schedule-runner.ts'
import { parseSchedule, type ScheduleRules } from './schedule-spec.ts'

/** The schedule of an id. @throws {EngineError} ENGINE_SCHEDULE_NOT_FOUND */
export function findSchedule(storage: Storage, id: string): ScheduleRow {
  const schedule = storage.schedules.get(id)
  if (schedule !== undefined) return schedule
  throw new EngineError('ENGINE_SCHEDULE_NOT_FOUND', `There is no schedule ${id}`)
}

/** Keeps a schedule, whose rules were parsed from its spec. @throws {EngineError} ENGINE_ID_IN_USE */
export function createSchedule(
  storage: Storage,
  { id, spec, target }: ScheduleRequest,
  rules: ScheduleRules,
  now: number,
  effects: Effects,
): void {
  const nextAt = rules.next(now) ?? null
  const row = { id, spec: JSON.stringify(spec), target: JSON.stringify(target), createdAt: now, nextAt }
  if (!storage.schedules.add(row)) {
    throw new EngineError('ENGINE_ID_IN_USE', `There is a schedule ${id} already`, {
      hint: 'Edit it, or delete it first.',
    })
  }
  if (nextAt !== null) effects.wake(nextAt)
}

export function editSchedule(
  storage: Storage,
  { id, spec }: Pick<ScheduleRequest, 'id' | 'spec'>,
  rules: ScheduleRules,
  now: number,
  effects: Effects,
): void {
  findSchedule(storage, id)
  const nextAt = rules.next(now) ?? null
  storage.schedules.edit(id, JSON.stringify(spec), nextAt)
  if (nextAt !== null) effects.wake(nextAt)
}

export function pauseSchedule(storage: Storage, id: string, note: string | undefined): void {
  const { nextAt } = findSchedule(storage, id)
  storage.schedules.pause(id, true, note ?? null, nextAt)
}

/** Goes on with the first moment from now on: what passed during the pause is not made up for. */
export function resumeSchedule(
  storage: Storage,
  id: string,
  note: string | undefined,
  now: number,
  effects: Effects,
): void {
  const rules = parseSchedule(JSON.parse(findSchedule(storage, id).spec) as ScheduleSpec)
  const nextAt = rules.next(now) ?? null
  storage.schedules.pause(id, false, note ?? null, nextAt)
  if (nextAt !== null) effects.wake(nextAt)
}

export function deleteSchedule(storage: Storage, id: string): void {
  findSchedule(storage, id)
  storage.schedules.remove(id)
}

/** Starts a run of a schedule out of turn. */
export function runScheduleNow(storage: Storage, id: string, now: number, effects: Effects): RunReference {
  const schedule = findSchedule(storage, id)
  const run = triggerSchedule(storage, schedule, now, now, effects)
  storage.schedules.ran(id, now, run, schedule.nextAt)
  return run
}

/** A schedule as its users see it. */
export function describeSchedule(row: ScheduleRow): ScheduleDescription {
  const { id, spec, target, paused, note, nextAt, lastAt, lastId, lastRunId } = row
  return {
    id,
    spec: JSON.parse(spec) as ScheduleSpec,
    target: JSON.parse(target) as Omit<StartRequest, 'id'>,
    paused: paused === 1,
    note: note ?? undefined,
    nextAt: nextAt === null || paused === 1 ? undefined : new Date(nextAt),
    lastAt: lastAt === null ? undefined : new Date(lastAt),
    lastRun: lastId === null || lastRunId === null ? undefined : { id: lastId, runId: lastRunId },
  }
}
