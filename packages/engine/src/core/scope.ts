// A scope is the host that a stretch of agent code talks to: the main function, one event handler, or the body of a
// cancelScope. It turns calls into commands, and remembers what is pending so that it can be cancelled together.
import type {
  CancelScope,
  ChildRequest,
  EventRegistration,
  LogLevel,
  RunHost,
  RunInfo,
  RunTarget,
  StartedChild,
  StepRequest,
} from '../api/host.ts'
import { EngineError } from '../errors.ts'
import { currentScope } from './context.ts'
import type { Execution } from './execution.ts'
import { encodePayload } from './payload.ts'
import { encodeStepSettings } from './step-settings.ts'

/** An event handler at work. */
export interface HandlerRecord {
  readonly n: number
  readonly name: string
  /** What the inbox knew of the event: its id. */
  readonly meta: string | null
  finished: boolean
}

/** What a run waits for: settled by an inbound event with the same number. */
export interface Pending {
  readonly kind: 'step' | 'timer' | 'child-start' | 'child' | 'reply' | 'condition'
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
  /** Takes back what was asked for. Answers whether the promise should be rejected at once. */
  readonly withdraw: () => boolean
}

/** Rejections of promises that nobody awaits must not end the process: the run has seen them. */
const ignore = (): undefined => undefined

export class Scope implements RunHost {
  readonly execution: Execution
  readonly handler: HandlerRecord | undefined
  readonly #parent: Scope | undefined
  readonly #pending = new Set<Pending>()
  readonly #inner = new Set<Scope>()
  #cancelled = false

  constructor(execution: Execution, parent?: Scope, handler?: HandlerRecord) {
    this.execution = execution
    this.#parent = parent
    this.handler = handler ?? parent?.handler
    if (parent !== undefined) parent.#inner.add(this)
  }

  info(): RunInfo {
    return this.execution.info()
  }

  now(): number {
    return this.execution.time
  }

  random(): number {
    this.execution.assertActive('Math.random')
    return this.execution.random.next()
  }

  uuid(): string {
    this.execution.assertActive('uuid')
    return this.execution.random.uuid()
  }

  log(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>): void {
    this.execution.assertActive('log')
    this.execution.log(level, message, fields)
  }

  step({ name, input, settings }: StepRequest): Promise<unknown> {
    return this.#wait('step', (n) => {
      const data = encodePayload(input, `The input of step ${name}`)
      const meta = encodeStepSettings(settings)
      this.execution.emit({ type: 'StepScheduled', n, name, data, meta })
      return () => {
        this.execution.emit({ type: 'StepCancelled', n, name, data: null, meta: null })
        return true
      }
    })
  }

  async startChild(request: ChildRequest): Promise<StartedChild> {
    const { type, input, taskQueue, kind, parentClosePolicy, memo, id } = request
    const n = this.execution.nextNumber('childStart')
    const data = encodePayload(input, `The input of child ${type}`)
    const meta = JSON.stringify({ id, taskQueue, kind, parentClosePolicy, memo })
    const started = this.#await('child-start', n, () => {
      this.execution.emit({ type: 'ChildRequested', n, name: type, data, meta })
      return () => false
    })
    // A cancelled child ends when it has cleaned up, so its result is waited for.
    const result = this.#await('child', n, () => () => {
      this.execution.emit({ type: 'ChildCancelRequested', n, name: type, data: null, meta: null })
      return false
    })
    const firstExecutionRunId = (await started) as string
    return {
      workflowId: id,
      firstExecutionRunId,
      result: () => {
        this.execution.awaitedChildren.add(n)
        return result
      },
    }
  }

  sendEvent(target: RunTarget, name: string, input: unknown): Promise<unknown> {
    return this.#wait('reply', (n) => {
      const data = encodePayload(input, `The input of event ${name}`)
      this.execution.emit({ type: 'EventSent', n, name, data, meta: JSON.stringify(target) })
      return () => true
    })
  }

  async cancelRun(target: RunTarget): Promise<void> {
    const n = this.execution.nextNumber('cancel')
    this.execution.emit({ type: 'CancelSent', n, name: target.id, data: null, meta: JSON.stringify(target) })
  }

  sleep(milliseconds: number): Promise<void> {
    return this.#wait('timer', (n) => {
      const meta = JSON.stringify({ ms: milliseconds })
      this.execution.emit({ type: 'TimerStarted', n, name: null, data: null, meta })
      return () => {
        this.execution.emit({ type: 'TimerCancelled', n, name: null, data: null, meta: null })
        return true
      }
    }) as Promise<void>
  }

  async condition(predicate: () => boolean, timeoutMs: number | undefined): Promise<boolean> {
    this.execution.assertActive('condition')
    if (predicate()) return true
    this.#assertNotCancelled()
    const execution = this.execution
    return new Promise<boolean>((resolve, reject) => {
      const stop = execution.conditions.add({
        scope: this,
        predicate,
        resolve: () => finish(() => resolve(true)),
        reject: (error) => finish(() => reject(error)),
      })
      let stopTimer: (() => void) | undefined
      const pending: Pending = {
        kind: 'condition',
        resolve: ignore,
        reject: (error) => finish(() => reject(error)),
        withdraw: () => true,
      }
      const finish = (settle: () => void): void => {
        stop()
        stopTimer?.()
        this.#pending.delete(pending)
        settle()
      }
      this.#pending.add(pending)
      if (timeoutMs !== undefined)
        stopTimer = this.#conditionTimer(timeoutMs, () => finish(() => resolve(false)))
    })
  }

  onEvent(registration: EventRegistration): void {
    this.execution.assertActive('onEvent')
    this.execution.handlers.set(registration.name, registration)
  }

  onState(name: string, read: () => unknown): void {
    this.execution.assertActive('onState')
    this.execution.states.set(name, { scope: this, read })
  }

  allEventsFinished(): boolean {
    const own = this.handler !== undefined && !this.handler.finished ? 1 : 0
    return this.execution.runningHandlers - own <= 0
  }

  shouldContinueAsNew(): boolean {
    return this.execution.meter.suggestsContinueAsNew
  }

  continueAsNew(input: unknown): Promise<never> {
    this.execution.assertActive('continueAsNew')
    this.execution.continueAsNew(input, this.handler)
    return new Promise<never>(ignore)
  }

  patched(id: string): boolean {
    this.execution.assertActive('patched')
    return this.execution.patched(id)
  }

  cancelScope<T>(body: () => Promise<T>): CancelScope<T> {
    this.execution.assertActive('cancelScope')
    const scope = new Scope(this.execution, this)
    const result = currentScope.run(scope, async () => body())
    result.catch(ignore)
    return {
      result,
      cancel: () => {
        this.execution.assertActive('cancelScope().cancel')
        scope.#cancelled = true
        scope.cancelPending('The scope was cancelled')
      },
    }
  }

  /** Rejects what is pending here and in scopes within. What begins later is not affected. */
  cancelPending(reason: string): void {
    for (const pending of [...this.#pending]) {
      if (!pending.withdraw()) continue
      this.#pending.delete(pending)
      pending.reject(new EngineError('ENGINE_CANCELLED', reason))
    }
    for (const inner of this.#inner) inner.cancelPending(reason)
  }

  #wait(kind: Pending['kind'], ask: (n: number) => Pending['withdraw']): Promise<unknown> {
    // Async, so that what is refused rejects like everything else that goes wrong with the call.
    const begun = async (): Promise<unknown> => {
      const n = this.execution.nextNumber(kind)
      return this.#await(kind, n, () => ask(n))
    }
    const promise = begun()
    promise.catch(ignore)
    return promise
  }

  #await(kind: Pending['kind'], n: number, ask: () => Pending['withdraw']): Promise<unknown> {
    this.#assertNotCancelled()
    const withdraw = ask()
    const key = `${kind === 'child-start' ? 'start' : ''}${n}`
    const promise = new Promise<unknown>((resolve, reject) => {
      const pending: Pending = {
        kind,
        resolve: (value) => {
          this.#pending.delete(pending)
          resolve(value)
        },
        reject: (error) => {
          this.#pending.delete(pending)
          reject(error)
        },
        withdraw: () => {
          const rejectNow = withdraw()
          if (rejectNow) this.execution.pending.delete(key)
          return rejectNow
        },
      }
      this.#pending.add(pending)
      this.execution.pending.set(key, pending)
    })
    promise.catch(ignore)
    return promise
  }

  /** A timer that only its condition knows: cancelling the scope cancels the condition, and with it the timer. */
  #conditionTimer(milliseconds: number, fired: () => void): () => void {
    const n = this.execution.nextNumber('condition')
    const key = String(n)
    this.execution.emit({
      type: 'TimerStarted',
      n,
      name: 'condition',
      data: null,
      meta: JSON.stringify({ ms: milliseconds }),
    })
    const pending: Pending = { kind: 'timer', resolve: fired, reject: ignore, withdraw: () => false }
    this.execution.pending.set(key, pending)
    return () => {
      if (!this.execution.pending.delete(key)) return
      this.execution.emit({ type: 'TimerCancelled', n, name: 'condition', data: null, meta: null })
    }
  }

  #assertNotCancelled(): void {
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- walks up from here
    for (let scope: Scope | undefined = this; scope !== undefined; scope = scope.#parent) {
      if (scope.#cancelled) throw new EngineError('ENGINE_CANCELLED', 'The scope was cancelled')
    }
  }
}
