import type { RunFunction } from '../api/run-function.ts'
import type { HistoryEvent, RunHistory } from '../client/types.ts'
import { installRunHost } from '../core/context.ts'
import type { Divergence } from '../core/divergence.ts'
import { Execution } from '../core/execution.ts'
import { isInbound, type HistoryRow } from '../core/history.ts'
import { replay } from '../core/replay.ts'
import { Turns } from '../core/turns.ts'
import { EngineError, isEngineError } from '../errors.ts'
import { installVirtualGlobals } from './virtual-globals.ts'

/** Today's code, by name. */
export interface ReplayResources {
  readonly agents?: Readonly<Record<string, unknown>>
  readonly workflows?: Readonly<Record<string, unknown>>
}

/** What became of a replay. */
export type ReplayResult =
  | { readonly kind: 'same'; readonly events: number }
  /** Today's code asks for something else than the history says. */
  | { readonly kind: 'diverged'; readonly divergence: Divergence; readonly error: EngineError }
  /** Today's code cannot be replayed at all: it awaits something foreign, say. */
  | { readonly kind: 'faulted'; readonly error: EngineError }

/**
 * Runs a recorded history against today's code, without any step, timer or child being run.
 *
 * @throws {EngineError} ENGINE_NOT_REGISTERED when the code has no agent or workflow of the history's type.
 * @example
 * const result = await replayHistory(JSON.parse(await readFile('run.json', 'utf8')), { agents })
 * if (result.kind === 'diverged') console.error(result.error.message) // names the event and the source line
 */
export async function replayHistory(history: RunHistory, resources: ReplayResources): Promise<ReplayResult> {
  installRunHost()
  installVirtualGlobals()
  const { id, runId, type, kind, taskQueue, seed, parent, memo } = history
  const rows = history.events.map(rowOf)
  const faults: EngineError[] = []
  const identity = {
    id,
    runId,
    type,
    kind,
    taskQueue,
    seed,
    parent,
    memo,
    startedAt: rows[0]?.ts ?? 0,
    firstRunId: runId,
    previousRunId: undefined,
  }
  const execution = new Execution(
    identity,
    findBody(type, resources),
    { events: 2_000, bytes: 8 * 1024 * 1024, received: 2_000 },
    { log: () => undefined, fault: (error) => faults.push(error) },
  )
  try {
    await replay(new Turns(), execution, wholeGroups(rows), { strict: false })
    return { kind: 'same', events: rows.length }
  } catch (error) {
    if (!isEngineError(error)) throw error
    const { divergence } = error as EngineError & { readonly divergence?: Divergence }
    return divergence === undefined ? { kind: 'faulted', error } : { kind: 'diverged', divergence, error }
  } finally {
    execution.abandon()
  }
}

function findBody(type: string, { agents, workflows }: ReplayResources): RunFunction {
  const body = agents?.[type] ?? workflows?.[type]
  if (typeof body === 'function') return body as RunFunction
  const names = [...Object.keys(agents ?? {}), ...Object.keys(workflows ?? {})].join(', ')
  throw new EngineError(
    'ENGINE_NOT_REGISTERED',
    `There is no agent or workflow ${type}; there are: [${names}]`,
    {
      hint: 'Replay with the code that exports it.',
    },
  )
}

/** A run that has not begun has its first event without what follows from it. */
function wholeGroups(rows: readonly HistoryRow[]): readonly HistoryRow[] {
  return rows.length === 1 && rows.every(isInbound) ? [] : rows
}

function rowOf({ seq, type, at, n, name, data, meta }: HistoryEvent): HistoryRow {
  return {
    seq,
    type: type as HistoryRow['type'],
    ts: new Date(at).getTime(),
    n: n ?? null,
    name: name ?? null,
    data: data === undefined ? null : JSON.stringify(data),
    meta: meta === undefined ? null : JSON.stringify(meta),
  }
}
