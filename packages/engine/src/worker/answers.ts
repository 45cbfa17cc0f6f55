// What callers wait for, read from the database until it is there: results of runs, answers to events, states of runs
// whose code is in another process.
import type { RunReference } from '../client/types.ts'
import { errorOf, isRefusal, type FailureData } from '../core/failure.ts'
import { decodePayload } from '../core/payload.ts'
import { EngineError } from '../errors.ts'
import type { QueryRow, Storage } from '../storage/port.ts'
import { findRun, runFailure } from './operations.ts'
import type { Check } from './waiters.ts'

/** Resolves once the check finds something; it is tried whenever what `key` names has changed. */
export type Wait = <T>(key: string, check: Check<T>) => Promise<T>

/** What the handler of an event answered. Rejects with what it threw. */
export function answerToEvent(storage: Storage, wait: Wait, eventId: string, name: string): Promise<unknown> {
  return wait(eventId, () => {
    const row = storage.events.get(eventId)
    if (row === undefined || row.state === 'accepted') return undefined
    if (row.state === 'completed') return { value: decodePayload(row.data) }
    throw eventError(name, JSON.parse(row.data ?? '{}') as FailureData)
  })
}

/** The result of a run and of those it continued as. Rejects when the last of them failed, or is gone. */
export async function resultOfRun(storage: Storage, wait: Wait, target: RunReference): Promise<unknown> {
  let run = findRun(storage, target)
  for (;;) {
    const { key, runId } = run
    run = await wait(runId, () => {
      const row = storage.runs.get(key)
      if (row === undefined) throw runRemoved(target)
      return row.closedAt === null ? undefined : { value: row }
    })
    if (run.status === 'completed') return decodePayload(run.result)
    if (run.status !== 'continued-as-new') throw errorOf(runFailure(run))
    const next = storage.runs.successor(runId)
    if (next === undefined) throw runRemoved(target)
    run = next
  }
}

/** The query for a state once a process that has the run's code has answered it. */
export function answeredQuery(storage: Storage, wait: Wait, queryId: string): Promise<QueryRow> {
  return wait(queryId, () => {
    const row = storage.queries.get(queryId)
    return row === undefined || row.state === 'asked' ? undefined : { value: row }
  })
}

/** The state that an answered query holds. Throws what the other process ran into. */
export function stateOf({ state, data }: QueryRow): unknown {
  if (state === 'answered') return decodePayload(data)
  throw errorOf(JSON.parse(data ?? '{}') as FailureData)
}

function runRemoved({ id }: RunReference): EngineError {
  return new EngineError('ENGINE_RUN_NOT_FOUND', `Run ${id} has been removed`)
}

function eventError(name: string, failure: FailureData): Error {
  const error = errorOf(failure)
  if (isRefusal(failure)) return error
  return new EngineError('ENGINE_EVENT_FAILED', `Event ${name} failed: ${failure.message}`, { cause: error })
}
