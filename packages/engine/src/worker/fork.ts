import { failureOf } from '../core/failure.ts'
import { entrySize, isClosing, isInbound, type HistoryRow } from '../core/history.ts'
import { decodeStepSettings } from '../core/step-settings.ts'
import { EngineError } from '../errors.ts'
import type { RunRow, Storage } from '../storage/port.ts'
import type { Effects } from './effects.ts'
import { insertRun } from './operations.ts'
import { queueDeadline } from './recorder.ts'

/**
 * Starts a new run whose history begins like that of another: with everything before event `seq`. What was pending there
 * is pending here: steps run again, timers wait for the rest of their time.
 *
 * @throws {EngineError} ENGINE_FORK when there is nothing before `seq`, ENGINE_ID_IN_USE when the new id is running.
 */
export function forkRun(
  storage: Storage,
  run: RunRow,
  seq: number,
  id: string,
  now: number,
  effects: Effects,
): string {
  if (storage.runs.open(id) !== undefined) {
    throw new EngineError('ENGINE_ID_IN_USE', `The id ${id} is already running`, {
      hint: 'Choose another id.',
    })
  }
  const { rows, again } = cutAt(storage.history.read(run.key), seq)
  const [started] = rows
  if (started === undefined) {
    throw new EngineError('ENGINE_FORK', `Run ${run.id} has no event before ${seq}`, {
      hint: 'Give the number of an event after the first: the new run shares everything before it.',
    })
  }
  const { type, kind, queue, memo, seed } = run
  const parent = { parentKey: null, parentN: null, parentPolicy: null, previousRunId: null }
  const { key, runId } = insertRun(
    storage,
    { id, type, kind, queue, memo, seed, ...parent },
    started.data,
    now,
    effects,
  )
  if (rows.length === 1) return runId
  storage.inbox.clear(key)
  let size = entrySize(started)
  for (const row of rows.slice(1)) {
    storage.history.append(key, row)
    size += entrySize(row)
  }
  const fresh = storage.runs.get(key)
  storage.runs.advance(key, fresh?.fence ?? 0, rows.length, size)
  restorePending(storage, key, again === undefined ? rows : [...rows, again], now, effects)
  if (again !== undefined) {
    const { type: inbound, n, name, data, meta } = again
    storage.inbox.add({ runKey: key, type: inbound, n, name, data, meta })
    effects.touched.add(key)
  }
  return runId
}

interface Cut {
  readonly rows: readonly HistoryRow[]
  /** What happened last, when what it caused is not shared: today's code gets it once more. */
  readonly again: HistoryRow | undefined
}

/** Whole groups are shared; a cut within one leaves its event to be applied again. */
function cutAt(rows: readonly HistoryRow[], seq: number): Cut {
  const closing = rows.find((row) => isClosing(row) || row.type === 'RunTerminated')
  const cut = rows.find((row) => row.seq >= Math.min(seq, closing?.seq ?? seq))
  if (cut === undefined) return { rows, again: undefined }
  const before = rows.filter((row) => row.seq < cut.seq)
  if (isInbound(cut)) return { rows: before, again: undefined }
  const group = before.findLast(isInbound)
  if (group === undefined || group.seq === 0) return { rows: before.slice(0, 1), again: undefined }
  return { rows: rows.filter((row) => row.seq < group.seq), again: group }
}

function restorePending(
  storage: Storage,
  key: number,
  rows: readonly HistoryRow[],
  now: number,
  effects: Effects,
): void {
  const settled = new Set<number | null>()
  for (const { type, n } of rows) {
    if (/^(StepCompleted|StepFailed|StepCancelled|TimerFired|TimerCancelled)$/.test(type)) settled.add(n)
    if (/^(ChildCompleted|ChildFailed|ChildStartFailed|EventReplied|EventRejected)$/.test(type))
      settled.add(n)
  }
  for (const row of rows) {
    const { type, n, name, seq, ts, meta } = row
    if (n === null || settled.has(n)) continue
    if (type === 'StepScheduled') {
      const settings = decodeStepSettings(meta)
      const expires = queueDeadline(now, now, settings)
      const task = {
        runKey: key,
        n,
        seq,
        queue: settings.taskQueue,
        name: name ?? '',
        attempt: 1,
        owner: null,
      }
      storage.tasks.add({ ...task, due: now, expires, scheduledAt: now })
      effects.wake(now)
    } else if (type === 'TimerStarted') {
      const due = ts + (JSON.parse(meta ?? '{}') as { ms: number }).ms
      storage.timers.add(key, n, due)
      effects.wake(due)
    } else if (type === 'ChildRequested' || type === 'EventSent') {
      refuse(storage, key, row)
      effects.touched.add(key)
    }
  }
}

/** Children and answers belong to the run that was forked. */
function refuse(storage: Storage, runKey: number, { type, n, name }: HistoryRow): void {
  const what = type === 'EventSent' ? `The answer to event ${name ?? ''}` : `Child ${name ?? ''}`
  const data = JSON.stringify(
    failureOf(new EngineError('ENGINE_FORK', `${what} belongs to the run that was forked`)),
  )
  const refusal = type === 'EventSent' ? 'EventRejected' : 'ChildFailed'
  storage.inbox.add({ runKey, type: refusal, n, name, data, meta: null })
}
