import { describe, expect, it } from '@jest/globals'
import { decideRestart, failuresThatCount } from './restart-policy.ts'

const policy = { max: 5, windowMs: 60_000, baseMs: 200, capMs: 15_000, stableAfterMs: 30_000 }

describe('decideRestart', () => {
  it('doubles the wait with each failure, up to the cap, with jitter that only shortens', () => {
    const waits = [1, 2, 3, 4, 5].map((count) => decideRestart(Array<number>(count).fill(0), 0, policy, 1))
    expect(waits).toEqual([200, 400, 800, 1_600, 3_200].map((delayMs) => ({ kind: 'wait', delayMs })))
    expect(decideRestart([0], 0, policy, 0)).toEqual({ kind: 'wait', delayMs: 150 })
    expect(decideRestart([0, 0, 0], 0, { ...policy, capMs: 500 }, 1)).toEqual({ kind: 'wait', delayMs: 500 })
  })

  it('gives up at one failure more than allowed inside the window', () => {
    expect(decideRestart([0, 1, 2, 3, 4, 5], 5, policy, 0)).toEqual({ kind: 'quarantine' })
  })

  it('forgets a failure older than the window', () => {
    expect(decideRestart([0, 1, 2, 3, 4, 60_005], 60_005, policy, 1)).toEqual({ kind: 'wait', delayMs: 200 })
  })

  it('never waits less than nothing, whatever the clock does', () => {
    expect(decideRestart([100], 0, policy, 0)).toEqual({ kind: 'wait', delayMs: 150 })
  })
})

describe('failuresThatCount', () => {
  it('begins anew after the server has been well for long enough', () => {
    expect(failuresThatCount([1, 2], 1_000, 31_000, policy)).toEqual([])
    expect(failuresThatCount([1, 2], 1_000, 30_999, policy)).toEqual([1, 2])
    expect(failuresThatCount([1, 2], undefined, 99_000, policy)).toEqual([1, 2])
  })
})
