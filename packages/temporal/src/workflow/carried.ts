// What a run hands to the next one beside its input: events that it accepted and did not handle. It travels as a
// second argument, which is absent when there is nothing to carry, so that Python sees one argument as always.

/** An event that was accepted by an earlier run, or is given at the start of a scheduled one. */
export interface CarriedEvent {
  /** Update id: a sender that asks again with the same id gets the answer of the carried event. */
  readonly id: string
  readonly name: string
  readonly input?: unknown
}

/** The second argument of a run. */
export interface Carried {
  readonly 'rgen.carried': readonly CarriedEvent[]
}

/** The second argument for these events; none when there are none. */
export function carriedArguments(events: readonly CarriedEvent[]): readonly [] | readonly [Carried] {
  return events.length === 0 ? [] : [{ 'rgen.carried': events }]
}

/** The events of a second argument. */
export function carriedEvents(argument: unknown): readonly CarriedEvent[] {
  if (typeof argument !== 'object' || argument === null || !('rgen.carried' in argument)) return []
  return argument['rgen.carried'] as readonly CarriedEvent[]
}
