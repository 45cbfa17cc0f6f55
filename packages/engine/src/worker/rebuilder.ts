// Brings runs into memory: from nothing, or from their histories.
import { findDivergence, nondeterminism } from '../core/divergence.ts'
import { Execution } from '../core/execution.ts'
import type { FailureData } from '../core/failure.ts'
import type { HistoryRow } from '../core/history.ts'
import { activate, replay } from '../core/replay.ts'
import type { Turns } from '../core/turns.ts'
import { EngineError, isEngineError } from '../errors.ts'
import type { RunRow } from '../storage/port.ts'
import type { WorkerOptions } from './options.ts'
import type { Registry } from './registry.ts'
import type { Activated } from './tick.ts'

export class Rebuilder {
  readonly #options: WorkerOptions
  readonly #registry: Registry
  readonly #turns: Turns

  constructor(options: WorkerOptions, registry: Registry, turns: Turns) {
    this.#options = options
    this.#registry = registry
    this.#turns = turns
  }

  /** An execution that has not begun. @throws {EngineError} ENGINE_NOT_REGISTERED */
  create(row: RunRow, fault: (error: EngineError) => void): Execution {
    const { storage, logger, limits } = this.#options
    const body = this.#registry.run(row.queue, row.type)
    if (body === undefined) {
      throw new EngineError('ENGINE_NOT_REGISTERED', `No service here runs ${row.type}`, {
        hint: 'Start a service that registers it.',
      })
    }
    const parent = row.parentKey === null ? undefined : storage.runs.get(row.parentKey)
    const identity = {
      id: row.id,
      runId: row.runId,
      type: row.type,
      kind: row.kind,
      taskQueue: row.queue,
      seed: row.seed,
      startedAt: row.startedAt,
      firstRunId: row.firstRunId,
      previousRunId: row.previousRunId ?? undefined,
      parent: parent === undefined ? undefined : { id: parent.id, runId: parent.runId },
      memo: row.memo === null ? undefined : (JSON.parse(row.memo) as Record<string, unknown>),
    }
    return new Execution(identity, body, limits, {
      log: (level, message, fields) => logger.log(level, message, fields),
      fault,
    })
  }

  /** Brings an execution to where its history ends. @throws {EngineError} ENGINE_NONDETERMINISM, ENGINE_FOREIGN_AWAIT */
  async rebuild(execution: Execution, row: RunRow): Promise<void> {
    const { reached, strictReplay } = this.#options
    reached('replaying')
    const mend = row.fault !== null && (JSON.parse(row.fault) as FailureData).code === 'ENGINE_FOREIGN_AWAIT'
    await replay(this.#turns, execution, this.#rows(row), { strict: strictReplay, mend })
  }

  /** Reads a state from the history alone. */
  async readState(run: RunRow, name: string): Promise<string | null> {
    const row = this.#options.storage.runs.get(run.key) ?? run
    const execution = this.create(row, () => undefined)
    try {
      await replay(this.#turns, execution, this.#rows(row), { strict: false })
      return execution.readState(name)
    } finally {
      execution.abandon()
    }
  }

  /** In strict mode the last activation of a run is run once more from the beginning: nothing later would do so. */
  async verifyClosing({ live: { row }, execution, inbound }: Activated): Promise<void> {
    if (!execution.closed || execution.fault !== undefined || inbound === undefined) return
    const again = this.create(row, () => undefined)
    try {
      await replay(this.#turns, again, this.#rows(row), { strict: true })
      again.replaying = true
      await activate(this.#turns, again, inbound, execution.time)
      const seq = row.nextSeq
      const recorded = execution.peek().map((command, index) => ({ ...command, seq: seq + 1 + index }))
      const divergence = findDivergence({ recorded, asked: again.take(), seq }, true)
      if (divergence !== undefined) execution.fault = nondeterminism(`${row.type} ${row.id}`, divergence)
    } catch (error) {
      if (!isEngineError(error)) throw error
      execution.fault = error
    } finally {
      again.abandon()
    }
  }

  #rows({ key, nextSeq }: RunRow): readonly HistoryRow[] {
    return this.#options.storage.history.read(key).filter(({ seq }) => seq < nextSeq)
  }
}
