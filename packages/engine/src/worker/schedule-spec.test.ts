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

  /** The hours of UTC at which a schedule comes, from a moment on. */
  const hoursOf = (spec: ScheduleSpec, from: string, count: number): string[] => {
    const moments: string[] = []
    while (moments.length < count) moments.push(nextOf(spec, moments.at(-1) ?? from)!)
    return moments.map((moment) => moment.slice(8, 16))
  }
  const berlin = { timezone: 'Europe/Berlin' }

  it('takes an hour that comes twice once, and moves one that does not come to the next', () => {
    const daily = { cronExpressions: ['30 2 * * *'], ...berlin }
    expect(hoursOf(daily, '2026-10-24T12:00:00Z', 2)).toEqual(['25T00:30', '26T01:30'])
    expect(hoursOf(daily, '2026-03-28T12:00:00Z', 2)).toEqual(['29T01:30', '30T00:30'])
  })

  it('never names a time that has passed', () => {
    const newYork = { cronExpressions: ['30 1 * * *'], timezone: 'America/New_York' }
    expect(nextOf(newYork, '2026-11-01T06:10:00Z')).toBe('2026-11-02T06:30:00.000Z')
  })

  it.each<ScheduleSpec>([
    { cronExpressions: ['0 * * * *'], ...berlin },
    { cronExpressions: ['0 0 * * * *'], ...berlin },
    { cronExpressions: ['@hourly'], ...berlin },
    { calendars: [{ hour: '*' }], ...berlin },
  ])('comes every hour over both changes of the clock: %j', (spec) => {
    const autumn = ['24T23:00', '25T00:00', '25T01:00', '25T02:00', '25T03:00']
    expect(hoursOf(spec, '2026-10-24T22:30:00Z', 5)).toEqual(autumn)
    expect(hoursOf(spec, '2026-03-28T23:30:00Z', 3)).toEqual(['29T00:00', '29T01:00', '29T02:00'])
  })

  it('comes every half hour, on the days that are named, west of Greenwich too', () => {
    const sundays = { cronExpressions: ['*/30 * * * 0'], timezone: 'America/New_York' }
    expect(hoursOf(sundays, '2026-11-01T05:00:00Z', 4)).toEqual([
      '01T05:30',
      '01T06:00',
      '01T06:30',
      '01T07:00',
    ])
    expect(hoursOf(sundays, '2026-11-02T04:30:00Z', 1)).toEqual(['08T05:00'])
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
