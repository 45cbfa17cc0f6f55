/** The real world's time, as the engine uses it. Tests pass a virtual one. */
export interface Clock {
  /** Milliseconds since the epoch; never decreases. For due dates and what people read. */
  now(): number
  /** Milliseconds since some moment; not affected by changes of the wall clock. For elapsed time. */
  monotonic(): number
  /** Calls back after a time; the answer takes that back. */
  after(milliseconds: number, callback: () => void): () => void
}

// Captured here: agent code sees a Date that the engine has put in place of this one.
const wall = Date.now

/** Longest delay that setTimeout takes. */
const maxDelayMs = 2_147_483_647

/**
 * The clock of the machine. When the wall clock is set back, time goes on from where it was, so that nothing that is
 * due waits for the difference; when it jumps ahead (also after the machine slept), time follows.
 */
export function systemClock(wallClock: () => number = wall, elapsed = () => performance.now()): Clock {
  let offset = wallClock() - elapsed()
  return {
    now: () => {
      const steady = elapsed() + offset
      const now = wallClock()
      if (now <= steady) return Math.floor(steady)
      offset += now - steady
      return now
    },
    monotonic: elapsed,
    after: (milliseconds, callback) => {
      const timer = setTimeout(callback, Math.min(Math.max(0, milliseconds), maxDelayMs))
      return () => clearTimeout(timer)
    },
  }
}
