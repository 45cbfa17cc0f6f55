// What a run hands to the next one beside its input: events that it accepted and did not handle. It travels as a
// second argument, which is absent when there is nothing to carry, so that Python sees one argument as always.
import type { FailureData } from '@rgen/engine/host'

/** An event that was accepted by an earlier run, or is given at the start of a scheduled one. */
export interface CarriedEvent {
  /** Update id: under it a sender finds the answer. */
  readonly id: string
  readonly name: string
  readonly input?: unknown
}

/** What became of an event. */
export type EventAnswer =
  | { readonly state: 'waiting' | 'unknown' }
  | { readonly state: 'completed'; readonly value?: unknown }
  | { readonly state: 'failed'; readonly failure: FailureData }

/** All that is handed over. */
export interface Carried {
  readonly events: readonly CarriedEvent[]
  /** Answers to events that had been handed over before: their senders may not have asked yet. */
  readonly answers: Readonly<Record<string, EventAnswer>>
}

const key = 'rgen.carried'

/** Query by which the sender of an event that was handed over asks for its answer, by update id. */
export const answerQuery = 'rgen.event.answer'

/** The second argument of the next run; none when there is nothing to carry. */
export function carriedArguments(carried: Carried): readonly [] | readonly [unknown] {
  const nothing = carried.events.length === 0 && Object.keys(carried.answers).length === 0
  return nothing ? [] : [{ [key]: carried }]
}

/** What a second argument holds. */
export function carriedOf(argument: unknown): Carried {
  if (typeof argument !== 'object' || argument === null || !(key in argument))
    return { events: [], answers: {} }
  return argument[key] as Carried
}
