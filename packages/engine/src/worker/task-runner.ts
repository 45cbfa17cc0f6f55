// Runs functions: one attempt at a time is a Dispatch, its end an Outcome. Leaves to others: claiming, journaling and
// deciding about another attempt (worker.ts).
import { AsyncLocalStorage } from 'node:async_hooks'
import { provideFunctionHost, type FunctionHost } from '../api/function-host.ts'
import type { StepFunction } from '../api/run-function.ts'
import { formatIssues, type StandardSchema } from '../api/schema.ts'
import { failureOf, type FailureData } from '../core/failure.ts'
import { decodePayload, encodePayload } from '../core/payload.ts'
import { EngineError, type EngineErrorCode } from '../errors.ts'
import type { LogSink } from '../client/types.ts'
import type { Clock } from './clock.ts'
import type { Dispatch } from './effects.ts'

/** How an attempt ended. */
export type Outcome =
  | { readonly kind: 'completed'; readonly data: string | null }
  | { readonly kind: 'failed'; readonly failure: FailureData }

/** Where a function runs. */
export type Invoke = (input: unknown, dispatch: Dispatch, host: FunctionHost) => Promise<unknown>

export interface TaskRunnerOptions {
  readonly clock: Clock
  readonly logger: LogSink
  readonly ended: (dispatch: Dispatch, outcome: Outcome) => void
  readonly beat: (dispatch: Dispatch, details: string | null) => void
  readonly published: (dispatch: Dispatch, chunk: unknown) => void
}

interface Running {
  readonly dispatch: Dispatch
  readonly controller: AbortController
  /** Takes back its timers; whatever it still does is not reported. */
  readonly detach: () => void
}

const currentFunction = new AsyncLocalStorage<FunctionHost>()

/** Makes the function API of this process reach the step that is executing. */
export function installFunctionHost(): void {
  provideFunctionHost(() => currentFunction.getStore())
}

const immediate = setImmediate

/** Attempts that begin in one turn of the event loop take no longer than this, or than one of them. */
const turnMs = 10

export class TaskRunner {
  readonly #options: TaskRunnerOptions
  readonly #running = new Map<string, Running>()
  #sleeping = 0
  /** When the first attempt began in this turn of the event loop. */
  #turnBeganAt: number | undefined

  constructor(options: TaskRunnerOptions) {
    this.#options = options
  }

  /** Attempts under way. */
  get size(): number {
    return this.#running.size
  }

  /** Whether all that is under way waits for time to pass. */
  get allAsleep(): boolean {
    return this.#sleeping >= this.#running.size
  }

  /** Begins an attempt in a macrotask of its own. Its time runs from there: it may have to wait for busy ones. */
  run(dispatch: Dispatch, body: StepFunction, invoke: Invoke | undefined): void {
    const key = keyOf(dispatch.runKey, dispatch.n)
    const controller = new AbortController()
    const timers: (() => void)[] = []
    let over = false
    const detach = (): void => {
      over = true
      for (const cancel of timers) cancel()
      this.#running.delete(key)
    }
    const finish = (outcome: Outcome): void => {
      if (over) return
      detach()
      this.#options.ended(dispatch, outcome)
    }
    this.#running.set(key, { dispatch, controller, detach })
    const timeOut = (what: string, milliseconds: number): void => {
      const error = new EngineError(
        'ENGINE_STEP_TIMEOUT',
        `Step ${dispatch.name}: ${what} of ${milliseconds} ms passed`,
      )
      finish({ kind: 'failed', failure: { ...failureOf(error), type: what } })
      controller.abort(error)
    }
    const { clock } = this.#options
    const { startToCloseMs, scheduleToCloseMs, heartbeatMs } = dispatch.settings
    let cancelHeartbeat = (): void => undefined
    const heard = (): void => {
      cancelHeartbeat()
      if (over || heartbeatMs === undefined) return
      cancelHeartbeat = clock.after(heartbeatMs, () => timeOut('heartbeatTimeout', heartbeatMs))
    }
    const startTimers = (): void => {
      timers.push(clock.after(startToCloseMs, () => timeOut('startToCloseTimeout', startToCloseMs)))
      if (scheduleToCloseMs !== undefined) {
        const left = dispatch.scheduledAt + scheduleToCloseMs - clock.now()
        timers.push(clock.after(left, () => timeOut('scheduleToCloseTimeout', scheduleToCloseMs)))
      }
      heard()
      timers.push(() => cancelHeartbeat())
    }
    const host = this.#host(dispatch, controller.signal, heard)
    this.#inTurn(() => {
      if (over) return
      startTimers()
      void currentFunction.run(host, () => attempt(dispatch, body, invoke, host)).then(finish)
    })
  }

  /** Node runs all immediates of a turn before it looks at timers and sockets: what took long ends the turn. */
  #inTurn(begin: () => void): void {
    immediate(() => {
      const now = performance.now()
      if (this.#turnBeganAt === undefined) {
        this.#turnBeganAt = now
        immediate(() => (this.#turnBeganAt = undefined))
      }
      if (now - this.#turnBeganAt > turnMs) this.#inTurn(begin)
      else begin()
    })
  }

  /** Tells a function that its result is not wanted any more. Its slot is free at once. */
  abort(runKey: number, n: number, reason: EngineError | string): Dispatch | undefined {
    const key = keyOf(runKey, n)
    const running = this.#running.get(key)
    if (running === undefined) return undefined
    running.detach()
    running.controller.abort(
      typeof reason === 'string' ? new EngineError('ENGINE_CANCELLED', reason) : reason,
    )
    return running.dispatch
  }

  /** Aborts everything; nothing of it will be reported. */
  abortAll(reason: EngineError): void {
    for (const { dispatch } of [...this.#running.values()]) this.abort(dispatch.runKey, dispatch.n, reason)
  }

  #host(dispatch: Dispatch, signal: AbortSignal, heard: () => void): FunctionHost {
    const { clock, logger, beat, published } = this.#options
    const { id, runId, type } = dispatch.run
    const info = {
      activityId: String(dispatch.n),
      activityType: dispatch.name,
      taskQueue: dispatch.queue,
      attempt: dispatch.attempt,
      workflowType: type,
      workflowExecution: { workflowId: id, runId },
      workflowNamespace: 'default',
      heartbeatDetails: decodePayload(dispatch.details),
      idempotencyKey: `${runId}:step:${dispatch.n}`,
      signal,
    }
    const fields = {
      workflowId: id,
      runId,
      workflowType: type,
      step: dispatch.name,
      attempt: dispatch.attempt,
    }
    const isOver = (): boolean => this.#running.get(keyOf(dispatch.runKey, dispatch.n))?.dispatch !== dispatch
    return {
      info: () => info,
      log: (level, message, more) => logger.log(level, message, { ...more, ...fields }),
      heartbeat: (details) => {
        if (isOver()) return
        heard()
        beat(dispatch, encodePayload(details, `Heartbeat details of ${dispatch.name}`))
      },
      publish: (chunk) => published(dispatch, chunk),
      sleep: (milliseconds) =>
        new Promise((done, fail) => {
          this.#sleeping += 1
          const wake = (): void => {
            this.#sleeping -= 1
            signal.removeEventListener('abort', aborted)
            done()
          }
          const cancel = clock.after(milliseconds, wake)
          const aborted = (): void => {
            this.#sleeping -= 1
            cancel()
            fail(signal.reason as Error)
          }
          if (signal.aborted) aborted()
          else signal.addEventListener('abort', aborted, { once: true })
        }),
    }
  }
}

function keyOf(runKey: number, n: number): string {
  return `${runKey}:${n}`
}

async function attempt(
  dispatch: Dispatch,
  body: StepFunction,
  invoke: Invoke | undefined,
  host: FunctionHost,
): Promise<Outcome> {
  try {
    const { name } = dispatch
    const input = await check(body.input, decodePayload(dispatch.input), 'ENGINE_INPUT_INVALID', name)
    const result: unknown = await (invoke === undefined ? body(input) : invoke(input, dispatch, host))
    const checked = await check(body.output, result, 'ENGINE_OUTPUT_INVALID', name)
    return { kind: 'completed', data: encodePayload(checked, `The result of ${name}`) }
  } catch (error) {
    return { kind: 'failed', failure: failureOf(error) }
  }
}

async function check(
  schema: StandardSchema | undefined,
  value: unknown,
  code: EngineErrorCode,
  name: string,
): Promise<unknown> {
  if (schema === undefined) return value
  const checked = await schema['~standard'].validate(value)
  if (checked.issues === undefined) return checked.value
  const subject = code === 'ENGINE_INPUT_INVALID' ? 'was given invalid input' : 'returned something invalid'
  throw new EngineError(code, `Step ${name} ${subject}: ${formatIssues(checked.issues)}`)
}
