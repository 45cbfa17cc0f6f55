import { EngineError } from '../errors.ts'
import type { EngineDriver } from './driver.ts'
import type {
  Chunk,
  ListFilter,
  RunReference,
  ScheduleRequest,
  ScheduleSpec,
  SendRequest,
  Service,
  ServiceDefinition,
  StartRequest,
} from './types.ts'

/**
 * A driver as one of several holders has it: closing it stops the services and ends the calls and subscriptions of this
 * holder alone.
 */
export class DriverLease implements EngineDriver {
  readonly #driver: EngineDriver
  readonly #release: () => Promise<void>
  readonly #services = new Set<Service>()
  readonly #subscriptions = new Set<() => void>()
  readonly #calls = new Set<(reason: EngineError) => void>()
  #closed = false

  constructor(driver: EngineDriver, release: () => Promise<void>) {
    this.#driver = driver
    this.#release = release
  }

  async startService(definition: ServiceDefinition) {
    const started = await this.#call((driver) => driver.startService(definition))
    const service: Service = {
      stop: async (options) => {
        this.#services.delete(service)
        await started.stop(options)
      },
    }
    this.#services.add(service)
    return service
  }

  start(request: StartRequest) {
    return this.#call((driver) => driver.start(request))
  }

  sendEvent(request: SendRequest) {
    return this.#call((driver) => driver.sendEvent(request))
  }

  state(target: RunReference, stateName: string) {
    return this.#call((driver) => driver.state(target, stateName))
  }

  result(target: RunReference) {
    return this.#call((driver) => driver.result(target))
  }

  list(filter: ListFilter) {
    return this.#call((driver) => driver.list(filter))
  }

  describe(target: RunReference) {
    return this.#call((driver) => driver.describe(target))
  }

  history(target: RunReference) {
    return this.#call((driver) => driver.history(target))
  }

  cancel(target: RunReference) {
    return this.#call((driver) => driver.cancel(target))
  }

  terminate(target: RunReference, reason: string | undefined) {
    return this.#call((driver) => driver.terminate(target, reason))
  }

  fork(target: RunReference, seq: number, id: string) {
    return this.#call((driver) => driver.fork(target, seq, id))
  }

  registrations() {
    return this.#call((driver) => driver.registrations())
  }

  createSchedule(request: ScheduleRequest) {
    return this.#call((driver) => driver.createSchedule(request))
  }

  editSchedule(id: string, spec: ScheduleSpec) {
    return this.#call((driver) => driver.editSchedule(id, spec))
  }

  pauseSchedule(id: string, note: string | undefined) {
    return this.#call((driver) => driver.pauseSchedule(id, note))
  }

  resumeSchedule(id: string, note: string | undefined) {
    return this.#call((driver) => driver.resumeSchedule(id, note))
  }

  deleteSchedule(id: string) {
    return this.#call((driver) => driver.deleteSchedule(id))
  }

  triggerSchedule(id: string) {
    return this.#call((driver) => driver.triggerSchedule(id))
  }

  listSchedules() {
    return this.#call((driver) => driver.listSchedules())
  }

  describeSchedule(id: string) {
    return this.#call((driver) => driver.describeSchedule(id))
  }

  onChunk(target: RunReference, listener: (chunk: Chunk) => void) {
    return this.#subscribe(this.#driver.onChunk(target, listener))
  }

  onChange(listener: () => void) {
    return this.#subscribe(this.#driver.onChange(listener))
  }

  async close() {
    if (this.#closed) return
    this.#closed = true
    for (const unsubscribe of this.#subscriptions) unsubscribe()
    for (const service of [...this.#services]) await service.stop()
    for (const reject of this.#calls) reject(new EngineError('ENGINE_CLOSED', 'The engine was closed'))
    await this.#release()
  }

  #subscribe(unsubscribe: () => void): () => void {
    this.#subscriptions.add(unsubscribe)
    return () => {
      this.#subscriptions.delete(unsubscribe)
      unsubscribe()
    }
  }

  async #call<T>(begin: (driver: EngineDriver) => Promise<T>): Promise<T> {
    if (this.#closed) throw new EngineError('ENGINE_CLOSED', 'This engine was closed')
    let end: (reason: EngineError) => void = () => undefined
    const closed = new Promise<never>((_resolve, reject) => (end = reject))
    this.#calls.add(end)
    try {
      return await Promise.race([begin(this.#driver), closed])
    } finally {
      this.#calls.delete(end)
    }
  }
}
