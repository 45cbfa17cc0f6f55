// This process among those that share the file: its row, its beat, and what becomes of others that are dead.
import type { Registration } from '../client/types.ts'
import { isGone, Liveness, thisProcess } from './liveness.ts'
import type { WorkerOptions } from './options.ts'
import { registrationRows, type Registry, type ServiceEntry } from './registry.ts'

export class Membership {
  readonly #options: WorkerOptions
  readonly #registry: Registry
  readonly #self = thisProcess()
  readonly #liveness: Liveness
  #key: number | undefined

  constructor(options: WorkerOptions, registry: Registry) {
    this.#options = options
    this.#registry = registry
    this.#liveness = new Liveness(this.#self, options.leaseMs)
  }

  /** Key of this worker; 0 is nobody's. */
  get key(): number {
    return this.#key ?? 0
  }

  /** Inside a transaction: whether others still know this worker. */
  isMember(): boolean {
    return this.#key !== undefined && this.#options.storage.workers.exists(this.#key)
  }

  /** Inside a transaction: makes this worker known, with all that it serves. */
  enlist(): void {
    this.#key = this.#options.storage.workers.add(this.#self)
    for (const entry of this.#registry.services) this.register(entry)
  }

  /** Inside a transaction: makes one more service known. */
  register({ definition, threaded }: ServiceEntry): void {
    for (const row of registrationRows(definition, [...threaded])) {
      this.#options.storage.workers.register(this.key, row)
    }
  }

  /** Inside a transaction: frees all that this worker has. */
  resign(): void {
    if (this.#key !== undefined) this.#options.storage.workers.bury(this.#key, this.#options.clock.now())
    this.#key = undefined
  }

  /** Inside a transaction: says that this worker lives, and frees what dead ones had. Answers whether any had died. */
  beat(): boolean {
    const { storage, clock } = this.#options
    if (this.#key !== undefined) storage.workers.beat(this.#key)
    const others = storage.workers.all().filter(({ key }) => key !== this.#key)
    const dead = this.#liveness.dead(others, clock.monotonic())
    for (const key of dead) storage.workers.bury(key, clock.now())
    return dead.length > 0
  }

  /** What services of this database have registered; those of processes that are gone are not live. */
  registrations(): readonly Registration[] {
    const { storage } = this.#options
    const others = storage.workers.all().filter(({ key }) => key !== this.#key)
    if (others.some((worker) => isGone(worker, this.#self))) storage.transaction(() => this.beat())
    return storage.workers
      .registrations()
      .map(({ name, kind, queue, description, mcp, inputSchema, live }) => ({
        name,
        kind,
        taskQueue: queue,
        live: live === 1,
        ...(description === null ? {} : { description }),
        ...(mcp === 1 ? { mcp: true } : {}),
        ...(inputSchema === null ? {} : { inputSchema: JSON.parse(inputSchema) as unknown }),
      }))
  }
}
