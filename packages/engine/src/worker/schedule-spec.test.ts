import { describe, expect, it } from '@jest/globals'
import type { ScheduleSpec } from '../client/types.ts'
import { parseSchedule } from './schedule-spec.ts'

const nextOf = (spec: ScheduleSpec, after: string): string | undefined => {
  const next = parseSchedule(spec).next(Date.parse(after))
  return next === undefined ? undefined : new Date(next).toISOString()
}

describe('parseSchedule', () => {
  it('reads cron expressions in a time zone, over the change to summer time', () => {
    const spec = { cronExpressions: ['30 9 * * 1-5'], timezone: 'Europe/Berlin' }
    expect(nextOf(spec, '2026-03-27T12:00:00Z')).toBe('2026-03-30T07:30:00.000Z')
    expect(nextOf(spec, '2026-03-27T08:00:00Z')).toBe('2026-03-27T08:30:00.000Z')
  })

  it('reads calendars: all fields must match, and times that are not given are 0', () => {
    expect(nextOf({ calendars: [{ dayOfWeek: '*', hour: 17 }] }, '2026-01-01T17:00:00Z')).toBe(
      '2026-01-02T17:00:00.000Z',
    )
    const friday13 = { calendars: [{ dayOfMonth: 13, dayOfWeek: 'FRIDAY' }] }
    expect(nextOf(friday13, '2026-01-01T00:00:00Z')).toBe('2026-02-13T00:00:00.000Z')
    const ranges = {
      calendars: [{ month: { start: 'JUNE', end: 'AUGUST', step: 2 }, dayOfMonth: [1, 15], hour: 6 }],
    }
    expect(nextOf(ranges, '2026-06-15T06:00:00Z')).toBe('2026-08-01T06:00:00.000Z')
    expect(nextOf({ calendars: [{ year: 2028, month: 2, dayOfMonth: 29 }] }, '2026-01-01T00:00:00Z')).toBe(
      '2028-02-29T00:00:00.000Z',
    )
    expect(nextOf({ calendars: [{ year: 2020 }] }, '2026-01-01T00:00:00Z')).toBeUndefined()
  })

  it('reads intervals with offsets, counted from the epoch', () => {
    expect(nextOf({ intervals: [{ every: '1 hour' }] }, '2026-01-01T10:59:59Z')).toBe(
      '2026-01-01T11:00:00.000Z',
    )
    expect(nextOf({ intervals: [{ every: '1 day', offset: '-8 hours' }] }, '2026-01-01T00:00:00Z')).toBe(
      '2026-01-01T16:00:00.000Z',
    )
  })

  it('takes the earliest of several rules, within its bounds', () => {
    const spec = {
      intervals: [{ every: '1 hour' }, { every: '7 minutes' }],
      startAt: '2026-02-01T00:00:00Z',
      endAt: '2026-02-01T00:05:00Z',
    }
    expect(nextOf(spec, '2026-01-01T00:00:00Z')).toBe('2026-02-01T00:00:00.000Z')
    expect(nextOf(spec, '2026-02-01T00:05:00Z')).toBeUndefined()
  })

  it.each<ScheduleSpec>([
    {},
    { cronExpressions: ['61 * * * *'] },
    { cronExpressions: ['every day'] },
    { cronExpressions: ['* * * * *'], timezone: 'Mars/Olympus' },
    { intervals: [{ every: 'soon' }] },
    { intervals: [{ every: 0 }] },
    { calendars: [{ hour: 25 }] },
    { intervals: [{ every: '1s' }], startAt: 'yesterday-ish' },
  ])('refuses what it cannot read: %j', (spec) => {
    expect(() => parseSchedule(spec)).toThrow(expect.objectContaining({ code: 'ENGINE_SCHEDULE_INVALID' }))
  })
})
