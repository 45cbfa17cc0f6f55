import { describe, expect, it } from '@jest/globals'
import { systemClock } from './clock.ts'

describe('systemClock', () => {
  const world = { wall: 1_000_000, elapsed: 500 }
  const pass = (milliseconds: number): void => {
    world.wall += milliseconds
    world.elapsed += milliseconds
  }

  it('goes on from where it was when the wall clock is set back', () => {
    const clock = systemClock(
      () => world.wall,
      () => world.elapsed,
    )
    const before = clock.now()
    pass(10)
    world.wall -= 3_600_000
    expect(clock.now() - before).toBe(10)
    pass(5)
    expect(clock.now() - before).toBe(15)
  })

  it('follows the wall clock when it jumps ahead', () => {
    const clock = systemClock(
      () => world.wall,
      () => world.elapsed,
    )
    const before = clock.now()
    world.wall += 3_600_000
    expect(clock.now() - before).toBe(3_600_000)
    pass(7)
    expect(clock.now() - before).toBe(3_600_007)
  })

  it('leaves elapsed time alone', () => {
    const clock = systemClock(
      () => world.wall,
      () => world.elapsed,
    )
    const before = clock.monotonic()
    world.wall += 3_600_000
    pass(3)
    expect(clock.monotonic() - before).toBe(3)
  })
})
