import { Cron } from 'croner'
import { parseDuration, parseOffset } from '../api/duration.ts'
import { EngineError } from '../errors.ts'
import type { CalendarField, CalendarSpec, CalendarValue, ScheduleSpec } from '../client/types.ts'

/** Rules of a schedule, read: each answers its first moment after a given one. */
export interface ScheduleRules {
  /** The first moment after `after` (milliseconds since the epoch) that any rule names, or undefined for never. */
  next(after: number): number | undefined
  readonly overlap: 'skip' | 'allow'
  readonly catchupMs: number
}

type Rule = (after: number) => number | undefined

/**
 * Reads a schedule.
 *
 * @throws {EngineError} ENGINE_SCHEDULE_INVALID naming the rule that cannot be read, or when there is none.
 */
export function parseSchedule(spec: ScheduleSpec): ScheduleRules {
  const timezone = spec.timezone ?? 'UTC'
  const rules: readonly Rule[] = [
    ...(spec.cronExpressions ?? []).map((expression) => cronRule(expression, timezone, false)),
    ...(spec.calendars ?? []).map((calendar) => calendarRule(calendar, timezone)),
    ...(spec.intervals ?? []).map(({ every, offset }) => intervalRule(every, offset)),
  ]
  if (rules.length === 0) throw invalid('it names no times')
  const startAt = spec.startAt === undefined ? Number.NEGATIVE_INFINITY : momentOf(spec.startAt)
  const endAt = spec.endAt === undefined ? Number.POSITIVE_INFINITY : momentOf(spec.endAt)
  return {
    next: (after) => {
      const from = Math.max(after, startAt - 1)
      const moments = rules.map((rule) => rule(from)).filter((moment) => moment !== undefined)
      const first = Math.min(...moments)
      return Number.isFinite(first) && first <= endAt ? first : undefined
    },
    overlap: spec.overlap ?? 'skip',
    catchupMs: readDuration(spec.catchupWindow ?? 60_000),
  }
}

function invalid(reason: string, cause?: unknown): EngineError {
  return new EngineError('ENGINE_SCHEDULE_INVALID', `The schedule cannot be read: ${reason}`, {
    hint: 'Give calendars, intervals or cronExpressions, and a timezone such as "Europe/Berlin".',
    cause,
  })
}

function momentOf(value: Date | string): number {
  const moment = new Date(value).getTime()
  if (Number.isNaN(moment)) throw invalid(`${JSON.stringify(value)} is not a date`)
  return moment
}

function readDuration(value: number | string): number {
  try {
    return parseDuration(value)
  } catch (cause) {
    throw invalid(`${JSON.stringify(value)} is not a duration`, cause)
  }
}

function intervalRule(every: number | string, offset: number | string = 0): Rule {
  const everyMs = readDuration(every)
  if (everyMs < 1) throw invalid('an interval must be at least 1 ms')
  let offsetMs: number
  try {
    offsetMs = parseOffset(offset)
  } catch (cause) {
    throw invalid(`${JSON.stringify(offset)} is not a duration`, cause)
  }
  return (after) => Math.floor((after - offsetMs) / everyMs) * everyMs + offsetMs + everyMs
}

function cronRule(expression: string, timezone: string, bothDays: boolean): Rule {
  const rule = readCron(expression, timezone, bothDays)
  return namesEveryHour(expression)
    ? everyHourRule(rule, readCron(expression, 'UTC', bothDays), timezone)
    : rule
}

function readCron(expression: string, timezone: string, bothDays: boolean): Rule {
  let cron: Cron
  try {
    cron = new Cron(expression, { timezone, domAndDow: bothDays, paused: true })
    cron.nextRun(new Date(0))
  } catch (cause) {
    throw invalid(`${JSON.stringify(expression)} in time zone ${timezone}: ${String(cause)}`, cause)
  }
  return (after) => {
    // Within an hour that comes for the second time, croner answers times of the first.
    for (let from = after; ; from += 1_800_000) {
      const next = cron.nextRun(new Date(from))?.getTime()
      if (next === undefined || next > after) return next
    }
  }
}

function namesEveryHour(expression: string): boolean {
  const fields = expression.trim().split(/\s+/)
  return fields[0] === '@hourly' || fields.at(fields.length > 5 ? 2 : 1) === '*'
}

/**
 * When clocks are set back an hour comes twice, and cron names its times once. What happens every hour, or more often,
 * must not pause for it: times are looked up as if one offset had always held, too, and taken where it does hold.
 */
function everyHourRule(rule: Rule, utcRule: Rule, timezone: string): Rule {
  const offsetAt = offsetsOf(timezone)
  return (after) => {
    const next = rule(after)
    if (next === undefined) return undefined
    const withOffset = (offset: number): number => (utcRule(after + offset) ?? Number.NaN) - offset
    const moments = [offsetAt(after), offsetAt(next)]
      .map((offset) => ({ offset, moment: withOffset(offset) }))
      .filter(({ offset, moment }) => Number.isFinite(moment) && offsetAt(moment) === offset)
      .map(({ moment }) => moment)
    return Math.min(next, ...moments)
  }
}

/** How far local time is ahead of UTC at a moment, in milliseconds. */
function offsetsOf(timeZone: string): (moment: number) => number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' })
  return (moment) => {
    const [, sign = '+', hours = 0, minutes = 0] =
      /GMT(?:([+-])(\d\d):(\d\d))?/.exec(format.format(new Date(moment))) ?? []
    return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
  }
}

function calendarRule(calendar: CalendarSpec, timezone: string): Rule {
  const {
    second = 0,
    minute = 0,
    hour = 0,
    dayOfMonth = '*',
    month = '*',
    dayOfWeek = '*',
    year = '*',
  } = calendar
  const fields = [second, minute, hour, dayOfMonth, month, dayOfWeek, year].map(cronField)
  return cronRule(fields.join(' '), timezone, true)
}

function listOf(field: CalendarField): readonly CalendarValue[] {
  return Array.isArray(field) ? (field as readonly CalendarValue[]) : [field as CalendarValue]
}

function cronField(field: CalendarField): string {
  return listOf(field)
    .map((value) => {
      if (typeof value !== 'object') return cronValue(value)
      const range =
        value.end === undefined ? cronValue(value.start) : `${cronValue(value.start)}-${cronValue(value.end)}`
      return value.step === undefined ? range : `${range}/${value.step}`
    })
    .join(',')
}

/** Month and day names are known by their first three letters. */
function cronValue(value: number | string): string {
  return typeof value === 'string' && /^[A-Za-z]{3,}$/.test(value)
    ? value.slice(0, 3).toUpperCase()
    : String(value)
}
