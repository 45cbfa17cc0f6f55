// What a tick takes from the database: runs with something in their inbox, timers, steps, schedules. Called inside the
// transaction of a tick, so two processes cannot take the same thing.
import { failureOf, type FailureData } from '../core/failure.ts'
import { decodeStepSettings } from '../core/step-settings.ts'
import { EngineError } from '../errors.ts'
import type { QueuedTaskRow, TaskRow } from '../storage/port.ts'
import type { LiveRun } from './live-run.ts'
import type { WorkerOptions } from './options.ts'
import { anyQueue, capacity, nextTokenAt, occupy, type Registry, type ServiceEntry } from './registry.ts'
import type { Surroundings } from './recorder.ts'
import { runDueSchedules } from './schedule-runner.ts'
import { stepFailure } from './retry.ts'
import type { TickResult } from './tick.ts'

/** Who polls, and what it has in memory. */
export interface Claimant {
  readonly owner: number
  readonly live: ReadonlyMap<number, LiveRun>
  /** Where a scan of all inboxes stands; undefined: no scan. */
  readonly scanFrom: number | undefined
  readonly now: number
}

const batchSize = 512

export class Claims {
  readonly #options: WorkerOptions
  readonly #registry: Registry
  readonly #warned = new Set<string>()

  constructor(options: WorkerOptions, registry: Registry) {
    this.#options = options
    this.#registry = registry
  }

  poll(claimant: Claimant, result: TickResult): void {
    const { storage, logger } = this.#options
    const { owner, now } = claimant
    result.polled = true
    result.backlog = false
    if (claimant.scanFrom !== undefined) this.#scan(claimant, claimant.scanFrom, result)
    for (const key of storage.runs.retryDue(owner, this.#registry.types, now, batchSize)) {
      this.claimRun(key, claimant, result)
    }
    runDueSchedules(storage, now, result.effects, logger)
    this.#expireTasks(now, result)
    this.#claimTasks(owner, now, result)
    for (const key of result.effects.touched) this.claimRun(key, claimant, result)
    const timers = storage.timers.due(owner, this.#registry.types, now, batchSize)
    result.more ||= timers.length >= batchSize
    for (const timer of timers) {
      if (!claimant.live.has(timer.runKey)) this.claimRun(timer.runKey, claimant, result)
      result.timers.push(timer)
    }
    result.wake(storage.timers.nextAt(now))
    result.wake(storage.tasks.nextAt(now))
    result.wake(storage.schedules.nextAt())
    result.wake(storage.runs.nextRetryAt(now))
  }

  /** Takes the slot for a step that has just been scheduled, when it can begin here at once. */
  reserve(queue: string, name: string, now: number, result: TickResult): ReturnType<Surroundings['reserve']> {
    const found = this.#registry.function(queue, name)
    if (found === undefined) {
      // A test has no other process that could know the function.
      if (this.#options.onFault === 'fail') return { registered: this.#registry.functionsOn(queue) }
      this.#warnUnregistered(queue, name)
      return 'queue'
    }
    if (capacity(found.entry, now) < 1) {
      result.backlog = true
      result.wake(nextTokenAt(found.entry, now))
      return 'queue'
    }
    occupy(found.entry)
    return 'here'
  }

  /** Takes a run if it is free and its code is here, and reads what waits for it. */
  claimRun(key: number, { owner, live, now }: Claimant, result: TickResult): void {
    const { storage } = this.#options
    const held = live.get(key)
    const ours = (held !== undefined && !result.lost.has(held)) || result.claimed.has(key)
    if (!ours) {
      const row = storage.runs.get(key)
      if (row?.closedAt !== null || (row.retryAt !== null && row.retryAt > now)) return
      if (this.#registry.run(row.queue, row.type) === undefined) return
      if (!storage.runs.claim(key, owner)) return
      result.claimed.set(key, { ...row, owner, fence: row.fence + 1, status: 'running', retryAt: null })
    }
    result.inboxes.set(key, storage.inbox.ofRun(key))
  }

  #scan(claimant: Claimant, from: number, result: TickResult): void {
    const { owner, now } = claimant
    const keys = this.#options.storage.runs.withInbox(owner, this.#registry.types, now, from, batchSize)
    for (const key of keys) this.claimRun(key, claimant, result)
    if (keys.length >= batchSize) result.scanFrom = keys.at(-1)
  }

  #warnUnregistered(queue: string, name: string): void {
    const names = this.#registry.functionsOn(queue)
    const key = `${queue}/${name}`
    if (names.length === 0 || this.#warned.has(key)) return
    this.#warned.add(key)
    this.#options.logger.log(
      'warn',
      `No function ${name} on queue ${queue} in this process; its step waits`,
      { registered: names },
    )
  }

  #expireTasks(now: number, result: TickResult): void {
    const { storage } = this.#options
    for (const task of storage.tasks.expired(now, batchSize)) {
      const settings = decodeStepSettings(storage.history.at(task.runKey, task.seq)?.meta ?? null)
      const { scheduleToCloseMs = Infinity, scheduleToStartMs } = settings
      const whole = now >= task.scheduledAt + scheduleToCloseMs
      const type = whole ? 'scheduleToCloseTimeout' : 'scheduleToStartTimeout'
      const limit = whole ? scheduleToCloseMs : (scheduleToStartMs ?? 0)
      const error = new EngineError('ENGINE_STEP_TIMEOUT', `Step ${task.name}: ${type} of ${limit} ms passed`)
      const last = task.failure === null ? {} : { cause: JSON.parse(task.failure) as FailureData }
      this.#failTask(task, { ...failureOf(error), type, ...last }, result)
    }
  }

  #failTask(task: TaskRow, cause: FailureData, { effects }: TickResult): void {
    const { storage } = this.#options
    const { runKey, n, name } = task
    storage.tasks.remove(runKey, n)
    if (storage.runs.get(runKey)?.closedAt !== null) return
    const data = JSON.stringify(stepFailure(task, cause))
    storage.inbox.add({ runKey, type: 'StepFailed', n, name, data, meta: null })
    effects.touched.add(runKey)
  }

  #claimTasks(owner: number, now: number, result: TickResult): void {
    const { storage } = this.#options
    for (const entry of this.#registry.services) {
      const limit = Math.min(capacity(entry, now), batchSize)
      const { taskQueue } = entry.definition
      const queue = taskQueue === anyQueue ? undefined : taskQueue
      const tasks = limit < 1 ? [] : storage.tasks.queued(queue, entry.names, now, limit)
      for (const task of tasks) this.#claimTask(task, owner, entry, result)
      if (limit < 1 || tasks.length >= limit) {
        result.backlog = true
        result.wake(nextTokenAt(entry, now))
      }
      result.more ||= tasks.length >= batchSize
    }
  }

  #claimTask(task: QueuedTaskRow, owner: number, entry: ServiceEntry, result: TickResult): void {
    const { storage } = this.#options
    const { runKey, n, queue, name, attempt, scheduledAt, details, input, id, runId, type } = task
    const settings = decodeStepSettings(task.settings)
    const { maximumAttempts } = settings.retry
    if (maximumAttempts > 0 && attempt > maximumAttempts) {
      // The process that ran the last attempt ended: whether it had its effect is not known.
      const failure = JSON.parse(task.failure ?? '{}') as FailureData
      this.#failTask({ ...task, attempt: maximumAttempts }, failure, result)
      return
    }
    if (!storage.tasks.claim(runKey, n, owner)) return
    occupy(entry)
    result.effects.dispatches.push({
      runKey,
      n,
      queue,
      name,
      attempt,
      input,
      settings,
      scheduledAt,
      details,
      run: { id, runId, type },
    })
  }
}
