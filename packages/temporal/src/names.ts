// What things are called on the server. Restack's convention puts the id of the engine in front of ids and queues, so
// that several engines share a namespace; users never see it. With plain Temporal names are what they are.

import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common'

/** An engine id, or undefined for plain Temporal names. */
export type EngineId = string | undefined

/** The id of a run, child or schedule on the server. An id that carries the prefix already is left alone. */
export function serverId(engineId: EngineId, id: string): string {
  if (engineId === undefined || id.startsWith(`${engineId}-`)) return id
  return `${engineId}-${id}`
}

/** The task queue on the server. */
export function serverQueue(engineId: EngineId, queue: string): string {
  return engineId === undefined ? queue : `${engineId}-${queue}`
}

/** The id or queue as users write it. */
export function localName(engineId: EngineId, name: string): string {
  return engineId !== undefined && name.startsWith(`${engineId}-`) ? name.slice(engineId.length + 1) : name
}

/** Search attribute by which a Restack engine finds what is its own. */
export const engineIdAttribute = 'engineId'

const engineIdKey = defineSearchAttributeKey(engineIdAttribute, SearchAttributeType.TEXT)

/** The search attribute of a run, when it follows Restack's conventions. */
export function engineIdAttributes(engineId: EngineId): {
  readonly typedSearchAttributes?: { readonly key: typeof engineIdKey; readonly value: string }[]
} {
  return engineId === undefined ? {} : { typedSearchAttributes: [{ key: engineIdKey, value: engineId }] }
}

/** Activity by which a run sends an event to another run. */
export const sendEventActivity = 'rgen.engine.sendEvent'

/** Type of the idle run whose memo says what a queue's services have registered. */
export const registrationType = 'rgenRegistration'

/** Its id begins with this; the queue follows. */
export const registrationIdPrefix = 'rgen-registration-'

/** Type of the workflow by which the UI of a Restack engine runs a function, and the queue where it looks for it. */
export const playgroundType = 'playgroundRun'
export const playgroundQueue = 'playground'

/** Memo of scheduled runs that holds the schedule as its owner wrote it; the server knows only what it made of that. */
export const specMemo = 'rgen.spec'

/** What of a memo is the user's: the rest is Restack's convention and our own. */
export function userMemo(
  memo: Readonly<Record<string, unknown>> | undefined,
): Readonly<Record<string, unknown>> | undefined {
  const { agent: _agent, engineId: _engineId, [specMemo]: _spec, ...own } = memo ?? {}
  return Object.keys(own).length === 0 ? undefined : own
}
