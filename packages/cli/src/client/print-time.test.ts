import { describe, expect, it } from '@jest/globals'
import { printElapsed, printTime } from './print-time.ts'

describe('printElapsed', () => {
  it.each([
    [0, '0 ms'],
    [999.4, '999 ms'],
    [1_000, '1.0 s'],
    [59_900, '59.9 s'],
    [60_000, '1 m'],
    [200_000, '3 m 20 s'],
    [3_600_000, '1 h'],
    [18_120_000, '5 h 2 m'],
    [86_400_000 * 3 + 3_600_000 * 4, '3 d 4 h'],
    [86_400_000 + 61_000, '1 d'],
  ])('writes %d ms as %s', (milliseconds, text) => expect(printElapsed(milliseconds)).toBe(text))
})

describe('printTime', () => {
  it('writes a moment in the local time zone', () => {
    expect(printTime(new Date(2026, 0, 2, 3, 4, 5))).toBe('2026-01-02 03:04:05')
  })
})
