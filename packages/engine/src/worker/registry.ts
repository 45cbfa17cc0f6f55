import type { RunKind } from '../api/host.ts'
import type { RunFunction, StepFunction } from '../api/run-function.ts'
import type { ServiceDefinition, ServiceOptions } from '../client/types.ts'
import type { RegistrationRow } from '../storage/port.ts'
import type { Invoke } from './task-runner.ts'
import type { Threads } from './threads.ts'

const defaultConcurrency = 256

/** The queue of a service that takes the work of all queues: that of a test. */
export const anyQueue = '*'

/** One service: what it offers on its queue, and how much of it at a time. */
export interface ServiceEntry {
  readonly definition: ServiceDefinition
  readonly names: string
  readonly options: ServiceOptions
  readonly invoke: Invoke | undefined
  /** Names of functions that run in threads. */
  readonly threaded: ReadonlySet<string>
  running: number
  /** Attempts that may begin now, when there is a rate limit. */
  tokens: number
  refilledAt: number
}

/** What the services of this process offer. */
export class Registry {
  readonly #services = new Set<ServiceEntry>()
  #types = '[]'

  get size(): number {
    return this.#services.size
  }

  get services(): Iterable<ServiceEntry> {
    return this.#services
  }

  /** Types of runs that this process can run, as a JSON array. */
  get types(): string {
    return this.#types
  }

  add(definition: ServiceDefinition, threads: Threads | undefined, now: number): ServiceEntry {
    const { options } = definition
    const threaded = threads?.names ?? []
    const entry: ServiceEntry = {
      definition,
      options,
      invoke: threads?.invoke,
      threaded: new Set(threaded),
      names: JSON.stringify([...definition.functions.keys(), ...threaded]),
      running: 0,
      tokens: Math.max(1, options.rateLimit ?? 0),
      refilledAt: now,
    }
    this.#services.add(entry)
    this.#retype()
    return entry
  }

  remove(entry: ServiceEntry): void {
    this.#services.delete(entry)
    this.#retype()
  }

  /** The agent or workflow of a run: on its queue if there, else on any (children go to `restack` by default). */
  run(queue: string, type: string): RunFunction | undefined {
    let elsewhere: RunFunction | undefined
    for (const { definition } of this.#services) {
      const found = definition.agents.get(type) ?? definition.workflows.get(type)
      if (found !== undefined && definition.taskQueue === queue) return found
      elsewhere ??= found
    }
    return elsewhere
  }

  kind(type: string): RunKind | undefined {
    for (const { definition } of this.#services) {
      if (definition.agents.has(type)) return 'agent'
      if (definition.workflows.has(type)) return 'workflow'
    }
    return undefined
  }

  function(queue: string, name: string): { entry: ServiceEntry; body: StepFunction | undefined } | undefined {
    for (const entry of this.#services) {
      if (!serves(entry, queue)) continue
      const body = entry.definition.functions.get(name)
      if (body !== undefined || entry.threaded.has(name)) return { entry, body }
    }
    return undefined
  }

  /** Names of the functions on a queue, for error texts. */
  functionsOn(queue: string): readonly string[] {
    return [...this.#services]
      .filter((entry) => serves(entry, queue))
      .flatMap(({ definition, threaded }) => [...definition.functions.keys(), ...threaded])
  }

  #retype(): void {
    const types = [...this.#services].flatMap(({ definition }) => [
      ...definition.agents.keys(),
      ...definition.workflows.keys(),
    ])
    this.#types = JSON.stringify([...new Set(types)])
  }
}

function serves({ definition: { taskQueue } }: ServiceEntry, queue: string): boolean {
  return taskQueue === queue || taskQueue === anyQueue
}

/** How many attempts a service may begin now. */
export function capacity(entry: ServiceEntry, now: number): number {
  const free = (entry.options.maxConcurrentFunctionRuns ?? defaultConcurrency) - entry.running
  const { rateLimit } = entry.options
  if (rateLimit === undefined) return free
  const earned = ((now - entry.refilledAt) / 1000) * rateLimit
  entry.tokens = Math.min(Math.max(1, rateLimit), entry.tokens + earned)
  entry.refilledAt = now
  return Math.min(free, Math.floor(entry.tokens))
}

/** When a service that has used up its rate may begin the next attempt. */
export function nextTokenAt(entry: ServiceEntry, now: number): number {
  const { rateLimit } = entry.options
  if (rateLimit === undefined || entry.tokens >= 1) return Number.POSITIVE_INFINITY
  return now + Math.ceil(((1 - entry.tokens) / rateLimit) * 1000)
}

/** Takes a slot of a service. */
export function occupy(entry: ServiceEntry): void {
  entry.running += 1
  entry.tokens -= 1
}

/** The rows under which a service is known to other processes. */
export function registrationRows(
  definition: ServiceDefinition,
  threaded: readonly string[],
): readonly Omit<RegistrationRow, 'live'>[] {
  const rows = (
    kind: RegistrationRow['kind'],
    resources: ReadonlyMap<string, RunFunction>,
  ): Omit<RegistrationRow, 'live'>[] =>
    [...resources].map(([name, resource]) => ({
      name,
      kind,
      queue: definition.taskQueue,
      description: resource.description ?? null,
      mcp: resource.mcp === true ? 1 : 0,
      inputSchema: jsonSchemaOf(resource.input),
    }))
  return [
    ...rows('agent', definition.agents),
    ...rows('workflow', definition.workflows),
    ...rows('function', definition.functions),
    ...rows('function', new Map(threaded.map((name) => [name, (() => undefined) as RunFunction]))),
  ]
}

interface JsonSchemaSource {
  readonly '~standard'?: {
    readonly jsonSchema?: { readonly input?: (options: { readonly target: string }) => unknown }
  }
}

/** Standard Schema libraries that can print JSON Schema say so under `~standard`. */
function jsonSchemaOf(schema: unknown): string | null {
  try {
    const print = (schema as JsonSchemaSource | undefined)?.['~standard']?.jsonSchema?.input
    return print === undefined ? null : JSON.stringify(print({ target: 'draft-2020-12' }))
  } catch {
    return null
  }
}
