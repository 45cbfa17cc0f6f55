import type { Io } from './io.ts'

/** Ctrl+C, once and again. */
export interface Interrupt {
  /** Answers at the first signal: end in order. */
  readonly first: Promise<'SIGINT' | 'SIGTERM'>
  /** Answers at the second: end now. */
  readonly second: Promise<void>
  /** Gives signals back to their default. */
  release(): void
}

/** Listens for the signals that ask a long-running command to end. */
export function listenForInterrupt(io: Io): Interrupt {
  let onFirst!: (signal: 'SIGINT' | 'SIGTERM') => void
  let onSecond!: () => void
  let count = 0
  const first = new Promise<'SIGINT' | 'SIGTERM'>((resolve) => (onFirst = resolve))
  const second = new Promise<void>((resolve) => (onSecond = resolve))
  const release = io.onSignal((signal) => {
    count += 1
    if (count === 1) onFirst(signal)
    else onSecond()
  })
  return { first, second, release }
}
