// A scope is the host that a stretch of agent code talks to: the main function, one event handler, or the body of a
// cancelScope. It asks Temporal for what the code wants, and remembers what is pending so that it can be cancelled
// together. The rules of cancellation are those of the embedded engine: cancelling rejects what is pending; what begins
// afterwards in a cancelled run is not affected (so it may clean up), in a cancelled scope it fails at once.
import {
  encodePayload,
  EngineError,
  errorOf,
  isEngineError,
  type CancelScope,
  type ChildRequest,
  type EventRegistration,
  type LogLevel,
  type RunHost,
  type RunInfo,
  type RunTarget,
  type StartedChild,
  type StepRequest,
  type StepSettings,
} from '@rgen/engine/host'
import {
  CancellationScope,
  getExternalWorkflowHandle,
  scheduleActivity,
  sleep,
  startChild,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow'
import { decodeFailure } from '../failure.ts'
import { sendEventActivity, serverId } from '../names.ts'
import { livenessMs } from './liveness.ts'
import { childOptions, sendEventOptions, stepOptions } from './options.ts'
import type { EventAtWork, Run } from './run.ts'

interface Pending {
  /** Takes back what was asked for and, unless its end is to be awaited, rejects. */
  readonly cancel: (reason: string) => void
}

/** Rejections of promises that nobody awaits must not fail the workflow task. */
const ignore = (): undefined => undefined

export class Scope implements RunHost {
  readonly run: Run
  readonly event: EventAtWork | undefined
  readonly #parent: Scope | undefined
  readonly #pending = new Set<Pending>()
  readonly #inner = new Set<Scope>()
  #cancelled = false

  constructor(run: Run, parent?: Scope, event?: EventAtWork) {
    this.run = run
    this.#parent = parent
    this.event = event ?? parent?.event
    if (parent !== undefined) parent.#inner.add(this)
  }

  /** Runs agent code so that it finds this scope as its host. */
  enter<T>(body: () => Promise<T>): Promise<T> {
    return this.run.enter(this, body)
  }

  info(): RunInfo {
    return this.run.info()
  }

  now(): number {
    return Date.now()
  }

  random(): number {
    return Math.random()
  }

  uuid(): string {
    this.run.assertMayAct('uuid')
    return uuid4()
  }

  log(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>): void {
    this.run.log(level, message, fields)
  }

  step({ name, input, settings }: StepRequest): Promise<unknown> {
    const answer = this.#wait(() => {
      this.run.assertMayAct(`step().${name}`)
      const args = argumentsOf(input, `The input of step ${name}`)
      return scheduleActivity(name, args, stepOptions(this.run, settings))
    }, this.run.steps)
    const named = answer.catch((error: unknown) => {
      throw nameTimeout(error, name, settings)
    })
    named.catch(ignore)
    return named
  }

  async startChild(request: ChildRequest): Promise<StartedChild> {
    this.run.assertMayAct('childStart')
    this.#assertNotCancelled()
    const { type, id, input } = request
    const args = argumentsOf(input, `The input of child ${type}`)
    const options = childOptions(this.run.engineId, request)
    const operation = new CancellationScope({ cancellable: true })
    const pending: Pending = { cancel: () => operation.cancel() }
    this.#pending.add(pending)
    const handle = operation.run(() => startChild(type, { ...options, args }))
    const result = handle.then((child) => operation.run(() => child.result()))
    this.run.children.add(pending)
    const done = this.#settle(result, () => {
      this.#pending.delete(pending)
      this.run.children.delete(pending)
    })
    const started = await this.#settle(handle)
    return { workflowId: id, firstExecutionRunId: started.firstExecutionRunId, result: () => done }
  }

  sendEvent(target: RunTarget, name: string, input: unknown): Promise<unknown> {
    const answer = this.#wait(() => {
      this.run.assertMayAct('externalAgent().event')
      const event = { target, name, input }
      encodePayload(input, `The input of event ${name}`)
      return scheduleActivity(sendEventActivity, [event], sendEventOptions(workflowInfo().taskQueue))
    }, this.run.steps)
    // The sender sees the handler's error itself; that an activity carried the event is nobody's business.
    const unwrapped = answer.catch((error: unknown) => {
      throw isEngineError(error, 'ENGINE_STEP_FAILED') ? error.cause : error
    })
    unwrapped.catch(ignore)
    return unwrapped
  }

  async cancelRun({ id, runId }: RunTarget): Promise<void> {
    this.run.assertMayAct('externalAgent().cancel')
    // Like the embedded engine: asked for, not awaited; a run that is gone needs no cancelling.
    getExternalWorkflowHandle(serverId(this.run.engineId, id), runId).cancel().catch(ignore)
  }

  sleep(milliseconds: number): Promise<void> {
    return this.#wait(() => {
      this.run.assertMayAct('sleep')
      return sleep(Math.max(1, milliseconds))
    })
  }

  async condition(predicate: () => boolean, timeoutMs: number | undefined): Promise<boolean> {
    if (predicate()) return true
    this.run.assertMayAct('condition')
    this.#assertNotCancelled()
    const { turns } = this.run
    return new Promise<boolean>((resolve, reject) => {
      const timer = new CancellationScope({ cancellable: true })
      let timeUp = false
      const finish = (settle: () => void): void => {
        stop()
        this.#pending.delete(pending)
        if (!timeUp) timer.cancel()
        settle()
      }
      const pending: Pending = {
        cancel: (reason) => finish(() => reject(new EngineError('ENGINE_CANCELLED', reason))),
      }
      const stop = turns.addCondition({
        holds: () => this.run.evaluate(this, predicate),
        resolve: () => finish(() => resolve(true)),
        reject: (error) => finish(() => reject(error)),
      })
      this.#pending.add(pending)
      if (timeoutMs === undefined) return
      timer
        .run(() => sleep(Math.max(1, timeoutMs)))
        .then(() => {
          timeUp = true
          turns.add(() => finish(() => resolve(false)))
        }, ignore)
    })
  }

  onEvent(registration: EventRegistration): void {
    this.run.assertMayAct('onEvent')
    this.run.events.register(registration)
  }

  onState(name: string, read: () => unknown): void {
    this.run.assertMayAct('onState')
    this.run.states.set(name, () => this.run.evaluate(this, read))
  }

  allEventsFinished(): boolean {
    const own = this.event !== undefined && !this.event.finished ? 1 : 0
    return this.run.events.atWork - own <= 0
  }

  shouldContinueAsNew(): boolean {
    return this.run.suggestsContinueAsNew()
  }

  async continueAsNew(input: unknown): Promise<never> {
    this.run.assertMayAct('continueAsNew')
    encodePayload(input, 'The input of continue-as-new')
    this.run.continueAsNew(input, this.event)
    return new Promise<never>(ignore)
  }

  patched(id: string): boolean {
    this.run.assertMayAct('patched')
    return this.run.patched(id)
  }

  cancelScope<T>(body: () => Promise<T>): CancelScope<T> {
    this.run.assertMayAct('cancelScope')
    const scope = new Scope(this.run, this)
    const result = scope.enter(async () => body())
    result.catch(ignore)
    return {
      result,
      cancel: () => {
        this.run.assertMayAct('cancelScope().cancel')
        scope.#cancelled = true
        scope.cancelPending('The scope was cancelled')
      },
    }
  }

  /** Rejects what is pending here and in scopes within. */
  cancelPending(reason: string): void {
    for (const pending of [...this.#pending]) pending.cancel(reason)
    for (const inner of this.#inner) inner.cancelPending(reason)
  }

  /** Asks Temporal for something. `among`: those whose lack of an answer keeps the run busy. */
  #wait<T>(ask: () => Promise<T>, among?: Set<object>): Promise<T> {
    const promise = new Promise<T>((resolve, reject) => {
      this.#assertNotCancelled()
      const operation = new CancellationScope({ cancellable: true })
      const forget = (): void => {
        this.#pending.delete(pending)
        among?.delete(pending)
      }
      const pending: Pending = {
        cancel: (reason) => {
          forget()
          operation.cancel()
          reject(new EngineError('ENGINE_CANCELLED', reason))
        },
      }
      const answer = operation.run(async () => ask())
      this.#pending.add(pending)
      among?.add(pending)
      this.#settle(answer, forget).then(resolve, reject)
    })
    promise.catch(ignore)
    return promise
  }

  /** Passes an answer of Temporal on in a turn of its own, its error in our words. */
  #settle<T>(answer: Promise<T>, forget: () => void = ignore): Promise<T> {
    const settled = new Promise<T>((resolve, reject) => {
      const turn = (settle: () => void): void => {
        this.run.turns.add(() => {
          forget()
          settle()
        })
      }
      answer.then(
        (value) => turn(() => resolve(value)),
        (error: unknown) => turn(() => reject(errorOf(decodeFailure(error)))),
      )
    })
    settled.catch(ignore)
    return settled
  }

  #assertNotCancelled(): void {
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- walks up from here
    for (let scope: Scope | undefined = this; scope !== undefined; scope = scope.#parent) {
      if (scope.#cancelled) throw new EngineError('ENGINE_CANCELLED', 'The scope was cancelled')
    }
  }
}

const timeouts: Readonly<Record<string, keyof StepSettings>> = {
  startToCloseTimeout: 'startToCloseMs',
  scheduleToCloseTimeout: 'scheduleToCloseMs',
  scheduleToStartTimeout: 'scheduleToStartMs',
  heartbeatTimeout: 'heartbeatMs',
}

/** The server says which timeout passed, not how long it was, nor that it was ours (workflow/liveness.ts). */
function nameTimeout(error: unknown, name: string, settings: StepSettings): unknown {
  if (!isEngineError(error, 'ENGINE_STEP_FAILED') || !isEngineError(error.cause, 'ENGINE_STEP_TIMEOUT'))
    return error
  const { type = '' } = error.cause as { readonly type?: string }
  const key = timeouts[type]
  const lost = type === 'heartbeatTimeout' && settings.heartbeatMs === undefined
  const message = lost
    ? `The process that ran the step was not heard of for ${livenessMs} ms`
    : `Step ${name}: ${type} of ${key === undefined ? '?' : JSON.stringify(settings[key])} ms passed`
  const code = lost ? 'ENGINE_WORKER_LOST' : 'ENGINE_STEP_TIMEOUT'
  const cause = new EngineError(code, message, { cause: error.cause.cause })
  if (!lost) Object.assign(cause, { type })
  return new EngineError('ENGINE_STEP_FAILED', error.message.replace(error.cause.message, message), { cause })
}

/** One argument, or none for `undefined`. Checked as the embedded engine checks it. */
function argumentsOf(value: unknown, what: string): unknown[] {
  return encodePayload(value, what) === null ? [] : [value]
}
