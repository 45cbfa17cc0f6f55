import { parseDuration, type Duration } from './duration.ts'
import { runHost } from './host.ts'

/**
 * Waits, across restarts, until `predicate` is true. It is tried again after everything that happens to the run, and
 * must only read.
 *
 * @returns true once it holds; false when `timeout` passed first.
 */
export async function condition(predicate: () => boolean, timeout?: Duration): Promise<boolean> {
  return runHost('condition').condition(predicate, timeout === undefined ? undefined : parseDuration(timeout))
}

/** Waits, across restarts. @example await sleep('7 days') */
export async function sleep(duration: Duration): Promise<void> {
  return runHost('sleep').sleep(parseDuration(duration))
}

/** A version 4 UUID that is the same when the run is replayed. */
export function uuid(): string {
  return runHost('uuid').uuid()
}
