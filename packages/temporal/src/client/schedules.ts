// Schedules, in our words and Temporal's.
import type {
  CalendarField,
  CalendarSpec,
  CalendarValue,
  ScheduleDescription,
  ScheduleSpec,
  StartRequest,
} from '@rgen/engine'
import { EngineError, parseDuration } from '@rgen/engine/host'
import {
  ScheduleOverlapPolicy,
  type ScheduleDescription as TemporalDescription,
  type ScheduleOptions,
  type ScheduleSpec as TemporalSpec,
  type ScheduleSummary,
} from '@temporalio/client'
import { engineIdAttributes, localName, serverId, specMemo, type EngineId } from '../names.ts'
import { carriedArguments, carriedOf } from '../workflow/carried.ts'
import { startFields, startTarget } from './start.ts'

const defaultCatchupMs = 60_000

/**
 * The times of a schedule.
 *
 * @throws {EngineError} ENGINE_SCHEDULE_INVALID when it names no time at all.
 */
export function toTemporalSpec(spec: ScheduleSpec): TemporalSpec {
  const { calendars = [], intervals = [], cronExpressions = [], timezone, startAt, endAt } = spec
  if (calendars.length + intervals.length + cronExpressions.length === 0) {
    throw new EngineError(
      'ENGINE_SCHEDULE_INVALID',
      'A schedule needs calendars, intervals or cronExpressions',
    )
  }
  return {
    calendars: calendars.map((calendar) => toTemporalCalendar(calendar)),
    intervals: intervals.map(({ every, offset }) => intervalOf(parseDuration(every), offset)),
    cronExpressions: [...cronExpressions],
    ...(timezone === undefined ? {} : { timezone }),
    ...(startAt === undefined ? {} : { startAt: new Date(startAt) }),
    ...(endAt === undefined ? {} : { endAt: new Date(endAt) }),
  }
}

/** Temporal counts offsets from 0 up to the interval; ours may be negative: 8 hours before midnight. */
function intervalOf(
  everyMs: number,
  offset: number | string | undefined,
): { every: number; offset?: number } {
  if (offset === undefined) return { every: everyMs }
  const negative = typeof offset === 'number' ? offset < 0 : offset.trim().startsWith('-')
  const size = parseDuration(typeof offset === 'number' ? Math.abs(offset) : offset.trim().replace(/^-/, ''))
  const offsetMs = (negative ? -size : size) % everyMs
  return { every: everyMs, offset: offsetMs < 0 ? offsetMs + everyMs : offsetMs }
}

type TemporalCalendar = NonNullable<TemporalSpec['calendars']>[number]

/** Fields that are left out mean any time with us, except minute and second; with Temporal, hour is 0, too. */
function toTemporalCalendar(calendar: CalendarSpec): TemporalCalendar {
  const { comment, hour = '*', ...fields } = calendar
  const entries = Object.entries({ ...fields, hour }).map(
    ([name, field]) => [name, toTemporalField(field)] as const,
  )
  return { ...Object.fromEntries(entries), ...(comment === undefined ? {} : { comment }) }
}

function toTemporalField(field: CalendarField): unknown {
  const values: readonly CalendarValue[] = Array.isArray(field) ? field : [field as CalendarValue]
  const converted = values.map((value) => toTemporalValue(value))
  return converted.length === 1 ? converted[0] : converted
}

function toTemporalValue(value: CalendarValue): unknown {
  if (typeof value === 'string')
    return value === '*' ? '*' : /^\d+$/.test(value) ? Number(value) : value.toUpperCase()
  if (typeof value === 'number') return value
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [
      name,
      typeof part === 'string' ? toTemporalValue(part) : part,
    ]),
  )
}

/** A schedule to create. Its event, if any, is handed to each run as one that was accepted before it started. */
export function toScheduleOptions(
  engineId: EngineId,
  id: string,
  spec: ScheduleSpec,
  target: Omit<StartRequest, 'id'>,
): ScheduleOptions {
  const { args, ...fields } = startFields(engineId, { ...target, id })
  const { event } = target
  const carried =
    event === undefined ? [] : carriedArguments({ events: [{ ...event, id: `schedule:${id}` }], answers: {} })
  const first = carried.length > 0 && args.length === 0 ? [null] : args
  return {
    scheduleId: serverId(engineId, id),
    spec: toTemporalSpec(spec),
    action: {
      type: 'startWorkflow',
      workflowType: target.type,
      args: [...first, ...carried],
      ...fields,
      memo: { ...fields.memo, [specMemo]: spec },
    },
    policies: policiesOf(spec),
    ...engineIdAttributes(engineId),
  }
}

/** What happens when runs overlap, and how late a start may be. */
export function policiesOf({
  overlap,
  catchupWindow,
}: ScheduleSpec): NonNullable<ScheduleOptions['policies']> {
  return {
    overlap: overlap === 'allow' ? ScheduleOverlapPolicy.ALLOW_ALL : ScheduleOverlapPolicy.SKIP,
    catchupWindow: catchupWindow === undefined ? defaultCatchupMs : parseDuration(catchupWindow),
  }
}

/** What is known of a schedule, in our words. */
export function fromTemporalDescription(
  engineId: EngineId,
  description: TemporalDescription,
): ScheduleDescription {
  const { scheduleId, state, info, action, spec } = description
  const last = info.recentActions.at(-1)
  const started = last?.action.type === 'startWorkflow' ? last.action.workflow : undefined
  const [input, carried] = (action.args ?? []) as readonly unknown[]
  const event = carriedOf(carried).events[0]
  const actionMemo = { ...action.memo }
  return {
    id: localName(engineId, scheduleId),
    spec: (action.memo?.[specMemo] as ScheduleSpec | undefined) ?? specOfServer(spec),
    target: startTarget(engineId, action.workflowType, action.taskQueue, input, event, actionMemo),
    paused: state.paused,
    note: state.note === '' ? undefined : state.note,
    nextAt: info.nextActionTimes[0],
    lastAt: last?.takenAt,
    lastRun:
      started === undefined
        ? undefined
        : { id: localName(engineId, started.workflowId), runId: started.firstExecutionRunId },
  }
}

function specOfServer(spec: TemporalDescription['spec']): ScheduleSpec {
  return {
    ...(spec.calendars === undefined ? {} : { calendars: spec.calendars }),
    ...(spec.intervals === undefined
      ? {}
      : {
          intervals: spec.intervals.map(({ every, offset }) => ({
            every,
            ...(offset > 0 ? { offset } : {}),
          })),
        }),
    ...(spec.timezone === undefined ? {} : { timezone: spec.timezone }),
  }
}

/** Whether a line of a list belongs to this engine. */
export function isOwnSchedule(engineId: EngineId, { scheduleId }: ScheduleSummary): boolean {
  return engineId === undefined || scheduleId.startsWith(`${engineId}-`)
}
