// How a run is started: names on the server, memo, search attribute.
import type { EventInput, RunKind, StartRequest } from '@rgen/engine'
import { encodePayload } from '@rgen/engine/host'
import { engineIdAttributes, localName, serverId, serverQueue, userMemo, type EngineId } from '../names.ts'

/** The part of a start that runs and schedules have in common. */
export interface StartFields extends ReturnType<typeof engineIdAttributes> {
  readonly workflowId: string
  readonly taskQueue: string
  readonly args: unknown[]
  readonly memo: Record<string, unknown>
}

/** @throws {EngineError} ENGINE_PAYLOAD_NOT_JSON, ENGINE_PAYLOAD_TOO_LARGE */
export function startFields(engineId: EngineId, request: StartRequest): StartFields {
  const { id, type, taskQueue, input, memo, kind } = request
  return {
    workflowId: serverId(engineId, id),
    taskQueue: serverQueue(engineId, taskQueue),
    args: encodePayload(input, `The input of ${type}`) === null ? [] : [input],
    memo: { ...memo, agent: kind === 'agent', ...(engineId === undefined ? {} : { engineId }) },
    ...engineIdAttributes(engineId),
  }
}

/** Runs that others started say nothing about their kind: the name's ending does. */
export function kindOf(type: string, memo: Readonly<Record<string, unknown>> | undefined): RunKind {
  if (typeof memo?.['agent'] === 'boolean') return memo['agent'] ? 'agent' : 'workflow'
  return /workflow$/i.test(type) ? 'workflow' : 'agent'
}

/** A start as it was asked for. */
export function startTarget(
  engineId: EngineId,
  type: string,
  taskQueue: string,
  input: unknown,
  event: EventInput | undefined,
  memo: Readonly<Record<string, unknown>>,
): Omit<StartRequest, 'id'> {
  const own = userMemo(memo)
  return {
    kind: kindOf(type, memo),
    type,
    taskQueue: localName(engineId, taskQueue),
    ...(input === undefined || input === null ? {} : { input }),
    ...(event === undefined
      ? {}
      : { event: { name: event.name, ...(event.input === undefined ? {} : { input: event.input }) } }),
    ...(own === undefined ? {} : { memo: own }),
  }
}
