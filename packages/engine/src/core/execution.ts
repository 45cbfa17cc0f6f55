// Execution: the code of one run in memory. It is told what happened, lets the code go on, and collects what the code
// asks for. Leaves to others: storage (storage/), turns of the event loop (turns.ts), timers and leases (worker/).
//
//   A1. One inbound event per activation; its commands commit in one transaction or not at all.
//   A2. Agent code sees time and randomness only through the run, so replay sees the same values.
//   A3. Nothing that the code asks for leaves the process before A1's commit.
//   A4. Code goes on only between begin() and settle(); when it goes on elsewhere, it awaited something that is not the
//       engine's, and the run is at fault: its history could not be replayed.
import type { EventRegistration, LogLevel, RunInfo } from '../api/host.ts'
import type { RunFunction } from '../api/run-function.ts'
import { EngineError, isEngineError } from '../errors.ts'
import { callHandler, callRun } from './calls.ts'
import { Conditions } from './conditions.ts'
import { currentScope } from './context.ts'
import type { TracedCommand } from './divergence.ts'
import { errorOf, failureOf, type FailureData } from './failure.ts'
import { isClosing, type Command, type Entry, type Inbound } from './history.ts'
import { HistoryMeter, type ContinueAsNewLimits } from './history-meter.ts'
import { runInfo, type ExecutionIdentity } from './identity.ts'
import { Patches } from './patches.ts'
import { decodePayload, encodePayload } from './payload.ts'
import { SeededRandom } from './random.ts'
import { Scope, type HandlerRecord, type Pending } from './scope.ts'

/** What an execution reports as it happens, outside of the journal. */
export interface ExecutionObserver {
  log(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>): void
  /** The code went on when it should not have. */
  fault(error: EngineError): void
}

export class Execution {
  readonly identity: ExecutionIdentity
  readonly random: SeededRandom
  readonly meter: HistoryMeter
  readonly patches = new Patches()
  readonly conditions = new Conditions()
  readonly handlers = new Map<string, EventRegistration>()
  readonly states = new Map<string, { readonly scope: Scope; readonly read: () => unknown }>()
  readonly pending = new Map<string, Pending>()
  /** Children whose result the code waits for. */
  readonly awaitedChildren = new Set<number>()
  /** Time of the run: that of the event being applied. */
  time: number
  runningHandlers = 0
  replaying = false
  closed = false
  /** Whether the run is about to continue as new, and takes no more events. */
  continuing: { readonly input: unknown } | undefined
  fault: EngineError | undefined

  readonly #body: RunFunction
  readonly #observer: ExecutionObserver
  readonly #root: Scope
  #ripe: (() => void) | undefined
  #commands: TracedCommand[] = []
  #active = false
  #reading = false
  #dead = false
  #number = 0
  #cancelRequested = false

  constructor(
    identity: ExecutionIdentity,
    body: RunFunction,
    limits: ContinueAsNewLimits,
    observer: ExecutionObserver,
  ) {
    this.identity = identity
    this.time = identity.startedAt
    this.random = new SeededRandom(identity.seed)
    this.#body = body
    this.meter = new HistoryMeter(limits)
    this.#observer = observer
    this.#root = new Scope(this)
  }

  /** Whether only an event, a timer or a cancellation can make the code go on. */
  get waitsForEvents(): boolean {
    for (const [key, { kind }] of this.pending) {
      const background = kind === 'timer' || (kind === 'child' && !this.awaitedChildren.has(Number(key)))
      if (!background) return false
    }
    return this.runningHandlers === 0
  }

  /** Opens an activation: the code goes on from here until {@link settle}. */
  begin(inbound: Inbound, ts: number): void {
    this.#active = true
    this.time = Math.max(this.time, ts)
    this.meter.add(inbound)
    try {
      this.#apply(inbound)
    } catch (error) {
      this.#setFault(error)
    }
  }

  /** Goes on with an activation whose {@link settle} asked for another turn. */
  resume(): void {
    this.#active = true
    const resolve = this.#ripe
    this.#ripe = undefined
    resolve?.()
  }

  /** Ends a turn. Answers whether a condition came true, so that another turn is needed. */
  settle(): boolean {
    this.#ripe = this.closed || this.fault !== undefined ? undefined : this.conditions.ripe()
    this.#active = false
    return this.#ripe !== undefined
  }

  /** Takes the commands of the activation, counted as part of the history. */
  take(): readonly TracedCommand[] {
    const commands = this.#commands
    this.#commands = []
    for (const command of commands) this.meter.add(command)
    return commands
  }

  /** Leaves commands that were taken to the next one who takes. */
  giveBack(commands: readonly TracedCommand[]): void {
    for (const command of commands) this.meter.remove(command)
    this.#commands = [...commands]
  }

  /** The commands so far of the activation. */
  peek(): readonly TracedCommand[] {
    return this.#commands
  }

  /** Reads a state. @throws {EngineError} ENGINE_UNKNOWN_STATE, or what the agent's function throws. */
  readState(name: string): string | null {
    const state = this.states.get(name)
    if (state === undefined) {
      throw new EngineError(
        'ENGINE_UNKNOWN_STATE',
        `${this.identity.type} offers no state ${name}; it offers: [${[...this.states.keys()].join(', ')}]`,
        { hint: 'Offer it with onState in the agent, or correct the name.' },
      )
    }
    const [active, reading] = [this.#active, this.#reading]
    this.#active = true
    this.#reading = true
    try {
      return encodePayload(currentScope.run(state.scope, state.read), `The state ${name}`)
    } finally {
      this.#active = active
      this.#reading = reading
    }
  }

  /**
   * Forgets the run: whatever its code still does has no effect. Since nothing that it waits for will come, code that
   * goes on all the same awaited something foreign, and is reported.
   */
  abandon(): void {
    this.#dead = true
  }

  info(): RunInfo {
    return runInfo(this.identity, this.meter)
  }

  log(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>): void {
    if (this.replaying || this.#dead) return
    const { id, runId, type } = this.identity
    this.#observer.log(level, message, { ...fields, workflowId: id, runId, workflowType: type })
  }

  patched(id: string): boolean {
    const { answer, record } = this.patches.ask(id, this.replaying)
    if (record) this.emit({ type: 'Patched', n: null, name: id, data: null, meta: null })
    return answer
  }

  continueAsNew(input: unknown, from: HandlerRecord | undefined): void {
    this.continuing ??= { input }
    if (from !== undefined) this.#finishHandler(from, { type: 'EventCompleted', data: null })
    this.#continueWhenHandlersAreDone()
  }

  nextNumber(api: string): number {
    this.assertActive(api)
    this.#number += 1
    return this.#number
  }

  emit(command: Command): void {
    this.assertActive(command.type)
    if (this.closed) return
    if (isClosing(command)) this.closed = true
    if (!this.replaying) {
      this.#commands.push(command)
      return
    }
    const trace: { stack?: string } = {}
    Error.captureStackTrace(trace)
    this.#commands.push({ ...command, trace })
  }

  /** @throws {EngineError} ENGINE_FOREIGN_AWAIT when the code runs outside of an activation (A4). */
  assertActive(api: string): void {
    if (this.#reading) {
      throw new EngineError('ENGINE_OUTSIDE_RUN', `${api} was called while a state was read`, {
        hint: 'The function given to onState must only read.',
      })
    }
    if (this.#active && !this.#dead) return
    const error = foreignAwait(this.identity.type, api)
    this.#setFault(error)
    throw error
  }

  #apply(inbound: Inbound): void {
    switch (inbound.type) {
      case 'Started':
        this.#start(inbound.data)
        return
      case 'EventReceived':
        this.#receive(inbound)
        return
      case 'CancelRequested':
        this.#cancelRequested = true
        this.#root.cancelPending('The run was cancelled')
        return
      case 'StepCompleted':
      case 'TimerFired':
      case 'ChildCompleted':
      case 'EventReplied':
        this.#settlePending(String(inbound.n), (pending) => pending.resolve(decodePayload(inbound.data)))
        return
      case 'ChildStarted':
        this.#settlePending(`start${inbound.n ?? ''}`, (pending) =>
          pending.resolve(decodePayload(inbound.data)),
        )
        return
      case 'ChildStartFailed': {
        const error = errorOf(JSON.parse(inbound.data ?? '{}') as FailureData)
        this.pending.delete(String(inbound.n))
        this.#settlePending(`start${inbound.n ?? ''}`, (pending) => pending.reject(error))
        return
      }
      case 'StepFailed':
      case 'ChildFailed':
      case 'EventRejected': {
        const error = errorOf(JSON.parse(inbound.data ?? '{}') as FailureData)
        this.#settlePending(String(inbound.n), (pending) => pending.reject(error))
      }
    }
  }

  /** What was cancelled meanwhile is no longer pending: its late answer is dropped, as on replay. */
  #settlePending(key: string, settle: (pending: Pending) => void): void {
    const pending = this.pending.get(key)
    if (pending === undefined) return
    this.pending.delete(key)
    settle(pending)
  }

  #start(data: string | null): void {
    const main = currentScope.run(this.#root, () => callRun(this.#body, this.identity.type, data))
    main.then(
      (result) => this.#close({ type: 'RunCompleted', data: result }),
      (error: unknown) => this.#closeFailed(error),
    )
  }

  #closeFailed(error: unknown): void {
    const cancelled = this.#cancelRequested && isEngineError(error, 'ENGINE_CANCELLED')
    const data = JSON.stringify(failureOf(error))
    this.#close(cancelled ? { type: 'RunCancelled', data: null } : { type: 'RunFailed', data })
  }

  #close(closing: Pick<Entry<'RunCompleted' | 'RunFailed' | 'RunCancelled'>, 'type' | 'data'>): void {
    if (this.fault !== undefined) return
    if (!this.#active || this.#dead) {
      this.#setFault(foreignAwait(this.identity.type, 'return'))
      return
    }
    // Asking to continue as new wins over returning: the answer of agentContinueAsNew need not be awaited.
    if (this.continuing !== undefined) return
    if (this.runningHandlers > 0) {
      const count = this.runningHandlers
      this.log('warn', 'The run ended before its event handlers: await condition(allEventsFinished)', {
        count,
      })
    }
    this.emit({ ...closing, n: null, name: null, meta: null })
  }

  #receive({ n, name, data, meta }: Inbound): void {
    const registration = this.handlers.get(name ?? '')
    if (registration === undefined || n === null || name === null) {
      throw new EngineError(
        'ENGINE_NONDETERMINISM',
        `${this.identity.type} no longer handles event ${name ?? ''}`,
        {
          hint: 'Keep handlers of events that runs under way have received, or guard the change with patched().',
        },
      )
    }
    const record: HandlerRecord = { n, name, meta, finished: false }
    this.meter.receive()
    this.runningHandlers += 1
    const scope = new Scope(this, this.#root, record)
    const answer = currentScope.run(scope, () => callHandler(registration, data))
    answer.then(
      (result) => this.#finishHandler(record, { type: 'EventCompleted', data: result }),
      (error: unknown) =>
        this.#finishHandler(record, { type: 'EventFailed', data: JSON.stringify(failureOf(error)) }),
    )
  }

  #finishHandler(record: HandlerRecord, { type, data }: Pick<Command, 'type' | 'data'>): void {
    if (record.finished || this.fault !== undefined) return
    if (!this.#active || this.#dead) {
      this.#setFault(foreignAwait(this.identity.type, `the answer to event ${record.name}`))
      return
    }
    record.finished = true
    this.runningHandlers -= 1
    this.emit({ type, n: record.n, name: record.name, data, meta: record.meta })
    if (this.continuing !== undefined) this.#continueWhenHandlersAreDone()
  }

  #continueWhenHandlersAreDone(): void {
    if (this.runningHandlers > 0 || this.continuing === undefined) return
    try {
      // Written only here: handlers that were waited for may have changed what the input holds.
      const data = encodePayload(this.continuing.input, 'The input of continue-as-new')
      this.emit({ type: 'ContinuedAsNew', n: null, name: null, data, meta: null })
    } catch (error) {
      this.continuing = undefined
      this.#closeFailed(error)
    }
  }

  #setFault(error: unknown): void {
    if (this.fault !== undefined) return
    this.fault = isEngineError(error)
      ? error
      : new EngineError('ENGINE_NONDETERMINISM', 'The run cannot go on', { cause: error })
    if (!this.#active || this.#dead) this.#observer.fault(this.fault)
  }
}

function foreignAwait(type: string, api: string): EngineError {
  return new EngineError(
    'ENGINE_FOREIGN_AWAIT',
    `${type} went on (${api}) after awaiting something that is not the engine's, such as fetch, a timer or a file`,
    {
      hint: 'Do I/O in a function and call it with step(); wait with sleep() or condition() of the engine.',
    },
  )
}
