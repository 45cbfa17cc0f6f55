// One run inside Temporal's sandbox: what the embedded engine's Execution is there. Leaves to others: what agent code
// may call (scope.ts), the order in which things happen (turns.ts), events (events.ts).
import {
  checkValue,
  decodePayload,
  encodePayload,
  EngineError,
  isEngineError,
  provideRunHost,
  type LogLevel,
  type RunFunction,
  type RunInfo,
  type RunKind,
} from '@rgen/engine/host'
import {
  allHandlersFinished,
  CancellationScope,
  CancelledFailure,
  condition,
  continueAsNew,
  patched,
  proxySinks,
  setDefaultQueryHandler,
  workflowInfo,
} from '@temporalio/workflow'
import { toTemporalFailure } from '../failure.ts'
import { localName, userMemo, type EngineId } from '../names.ts'
import { answerQuery, carriedArguments, type Carried } from './carried.ts'
import { Events } from './events.ts'
import { Scope } from './scope.ts'
import type { RunSinks } from './sinks.ts'
import { Turns } from './turns.ts'

/** What the worker tells every run of its bundle. */
export interface RunSettings {
  readonly engineId: EngineId
  /** Length of the history at which a run should continue as new, unless the server suggests it earlier. */
  readonly continueAsNewEvents: number
  /** Retries of steps do not pause. */
  readonly testing: boolean
}

/** An event whose handler has not answered yet. */
export interface EventAtWork {
  readonly name: string
  finished: boolean
  /** Ends it without an answer. */
  end: () => void
}

export class Run {
  readonly kind: RunKind
  readonly type: string
  readonly engineId: EngineId
  readonly testing: boolean
  readonly turns = new Turns(() => this.events.refuseUnhandled())
  readonly events: Events
  readonly states = new Map<string, () => unknown>()
  /** Whether the run is about to end and takes no more events. */
  closing = false
  /** Steps and messages that are not answered yet. */
  readonly steps = new Set<object>()
  /** Children that have not ended. */
  readonly children = new Set<object>()
  readonly #settings: RunSettings
  readonly #root: Scope
  readonly #scopes = new WeakMap<CancellationScope, Scope>()
  readonly #sink = proxySinks<RunSinks>().rgen
  readonly #patches = new Map<string, boolean>()
  #evaluating: Scope | undefined
  #reading = false
  #cancelRequested = false
  #continuing: { readonly input: unknown } | undefined

  constructor(kind: RunKind, settings: RunSettings) {
    this.kind = kind
    this.type = workflowInfo().workflowType
    this.engineId = settings.engineId
    this.testing = settings.testing
    this.#settings = settings
    this.events = new Events(this)
    this.#root = new Scope(this)
    provideRunHost(() => this.#evaluating ?? this.#scopes.get(CancellationScope.current()))
  }

  /** Whether the run waits for something else than events, time or cancellation. */
  get busy(): boolean {
    return this.steps.size + this.children.size > 0
  }

  /** Runs the body to its end, which is that of the Temporal workflow. */
  async execute(body: RunFunction, input: unknown, carried: Carried): Promise<unknown> {
    // Everything below is shielded: what a cancellation touches is for the scopes to say.
    // In a turn of its own, since a run may be cancelled before its code has begun.
    CancellationScope.current().cancelRequested.catch(() => this.turns.add(() => this.#cancel()))
    return new CancellationScope({ cancellable: false }).run(async () => {
      this.turns.run().catch((error: unknown) => this.log('error', 'Turns ended', { error: String(error) }))
      this.events.open(carried)
      this.#offerStates()
      const main = this.#root.enter(() => this.#main(body, input))
      try {
        const result = await Promise.race([main, this.#nextRun()])
        // Temporal drops the steps of a closed run; here those that nobody awaited are still done.
        await condition(() => this.steps.size === 0)
        await this.#close()
        return result
      } catch (error) {
        await this.#close()
        throw this.#failure(error)
      }
    })
  }

  /** Runs agent code so that it, and what it goes on with later, finds `scope`. */
  enter<T>(scope: Scope, body: () => Promise<T>): Promise<T> {
    const shield = new CancellationScope({ cancellable: false })
    this.#scopes.set(shield, scope)
    return shield.run(body)
  }

  /** Calls agent code that only reads. */
  evaluate<T>(scope: Scope, read: () => T): T {
    const before = this.#evaluating
    this.#evaluating = scope
    try {
      return read()
    } finally {
      this.#evaluating = before
    }
  }

  handlerScope(event: EventAtWork): Scope {
    return new Scope(this, this.#root, event)
  }

  /** What JSON makes of a value: the same on both engines. */
  payload(value: unknown, what: string): unknown {
    return decodePayload(encodePayload(value, what))
  }

  /** @throws {EngineError} ENGINE_OUTSIDE_RUN while a state is read. */
  assertMayAct(api: string): void {
    if (!this.#reading) return
    throw new EngineError('ENGINE_OUTSIDE_RUN', `${api} was called while a state was read`, {
      hint: 'The function given to onState must only read.',
    })
  }

  suggestsContinueAsNew(): boolean {
    const { continueAsNewSuggested, historyLength } = workflowInfo()
    return continueAsNewSuggested || historyLength >= this.#settings.continueAsNewEvents
  }

  continueAsNew(input: unknown, from: EventAtWork | undefined): void {
    this.#continuing ??= { input }
    this.closing = true
    from?.end()
  }

  info(): RunInfo {
    const info = workflowInfo()
    const { continuedFromExecutionRunId, parent } = info
    const memo = userMemo(info.memo)
    const id = localName(this.engineId, info.workflowId)
    return {
      workflowId: id,
      runId: info.runId,
      workflowType: info.workflowType,
      taskQueue: localName(this.engineId, info.taskQueue),
      agentId: id,
      agentType: info.workflowType,
      namespace: info.namespace,
      firstExecutionRunId: info.firstExecutionRunId,
      startTime: info.runStartTime,
      historyLength: info.historyLength,
      historySize: info.historySize,
      continueAsNewSuggested: this.suggestsContinueAsNew(),
      ...(continuedFromExecutionRunId === undefined ? {} : { continuedFromExecutionRunId }),
      ...(parent === undefined
        ? {}
        : { parent: { ...parent, workflowId: localName(this.engineId, parent.workflowId) } }),
      ...(memo === undefined ? {} : { memo }),
    }
  }

  /** The first answer is kept: a run that passed the line before the change stays on its path to the end. */
  patched(id: string): boolean {
    const known = this.#patches.get(id)
    if (known !== undefined) return known
    const answer = patched(id)
    this.#patches.set(id, answer)
    return answer
  }

  log(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>): void {
    const { workflowId, runId, workflowType } = workflowInfo()
    const ids = { workflowId: localName(this.engineId, workflowId), runId, workflowType }
    this.#sink.log(level, message, { ...plainFields(fields), ...ids })
  }

  async #main(body: RunFunction, input: unknown): Promise<unknown> {
    const value = await checkValue(body.input, input, 'ENGINE_INPUT_INVALID', this.type)
    const result: unknown = await body(value)
    const checked = await checkValue(body.output, result, 'ENGINE_OUTPUT_INVALID', this.type)
    const encoded = this.payload(checked, `The result of ${this.type}`)
    // Asking to continue as new wins over returning: the answer of agentContinueAsNew need not be awaited.
    return this.#continuing === undefined ? encoded : new Promise<never>(() => undefined)
  }

  /** Ends this run for the next one, once the code has asked for it and no handler is at work. */
  async #nextRun(): Promise<never> {
    await condition(() => this.#continuing !== undefined && this.events.atWork === 0)
    const more = carriedArguments(this.events.handOver())
    // Answers on their way must leave before the run closes.
    await condition(allHandlersFinished)
    const input = this.#continuing?.input
    return continueAsNew<(...args: unknown[]) => Promise<unknown>>(
      ...(more.length === 0 ? (input === undefined ? [] : [input]) : [input, ...more]),
    )
  }

  /** Refuses the events that still wait. Their answers must leave before the run closes, hence the turn in between. */
  async #close(): Promise<void> {
    this.closing = true
    if (!this.events.refuse()) return
    let first = true
    await condition(() => {
      const answered = !first
      first = false
      return answered
    })
  }

  #cancel(): void {
    this.#cancelRequested = true
    this.#root.cancelPending('The run was cancelled')
  }

  #failure(error: unknown): unknown {
    if (error instanceof Error && error.name === 'ContinueAsNew') return error
    if (this.#cancelRequested && isEngineError(error, 'ENGINE_CANCELLED'))
      return new CancelledFailure(error.message)
    return toTemporalFailure(error)
  }

  #offerStates(): void {
    setDefaultQueryHandler((name, id: unknown) => {
      if (name === answerQuery) return this.events.answer(String(id))
      const read = this.states.get(name)
      if (read === undefined) {
        const known = [...this.states.keys()].join(', ')
        throw new Error(`ENGINE_UNKNOWN_STATE: ${this.type} offers no state ${name}; it offers: [${known}]`)
      }
      this.#reading = true
      try {
        return this.payload(read(), `The state ${name}`)
      } finally {
        this.#reading = false
      }
    })
  }
}

/** Fields cross a thread: what cannot be cloned is left to JSON. */
function plainFields(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(JSON.stringify(fields)) as Readonly<Record<string, unknown>>
  } catch {
    return { fields: '(not JSON)' }
  }
}
