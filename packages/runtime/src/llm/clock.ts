/**
 * Time as the router sees it. `now` never jumps: a correction of the wall clock must not open or close a circuit.
 */
export interface Clock {
  /** Milliseconds on a monotonic clock; only differences mean anything. */
  now(): number
  /** Milliseconds since 1970: for dates that others sent, and for what is shared between processes. */
  wallNow(): number
  /** Calls back once, after the delay. Returns the way to cancel. */
  setTimer(delayMs: number, callback: () => void): () => void
}

/** The longest delay that Node's timers take; a longer one would fire at once. */
const MAX_TIMER_MS = 2_147_483_647

export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  setTimer: (delayMs, callback) => {
    const timer = setTimeout(callback, Math.min(Math.max(delayMs, 0), MAX_TIMER_MS))
    return () => {
      clearTimeout(timer)
    }
  },
}
