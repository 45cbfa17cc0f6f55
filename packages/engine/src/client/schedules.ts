import type { EngineDriver } from './driver.ts'
import type { RunReference, ScheduleDescription, ScheduleRequest, ScheduleSpec } from './types.ts'

/** Schedules of an engine: made by `scheduleAgent({ …, schedule })` or here. */
export class Schedules {
  readonly #driver: EngineDriver

  constructor(driver: EngineDriver) {
    this.#driver = driver
  }

  /** @throws {EngineError} ENGINE_SCHEDULE_INVALID when a rule cannot be read, ENGINE_ID_IN_USE when the id exists. */
  async create(request: ScheduleRequest): Promise<void> {
    return this.#driver.createSchedule(request)
  }

  /** Replaces the times of a schedule. @throws {EngineError} ENGINE_SCHEDULE_NOT_FOUND */
  async edit(id: string, spec: ScheduleSpec): Promise<void> {
    return this.#driver.editSchedule(id, spec)
  }

  /** Stops starting runs until {@link Schedules.resume}. */
  async pause(id: string, note?: string): Promise<void> {
    return this.#driver.pauseSchedule(id, note)
  }

  async resume(id: string, note?: string): Promise<void> {
    return this.#driver.resumeSchedule(id, note)
  }

  /** Removes a schedule; runs that it started go on. */
  async delete(id: string): Promise<void> {
    return this.#driver.deleteSchedule(id)
  }

  /** Starts a run now, paused or not. */
  async trigger(id: string): Promise<RunReference> {
    return this.#driver.triggerSchedule(id)
  }

  async list(): Promise<readonly ScheduleDescription[]> {
    return this.#driver.listSchedules()
  }

  async describe(id: string): Promise<ScheduleDescription> {
    return this.#driver.describeSchedule(id)
  }
}
