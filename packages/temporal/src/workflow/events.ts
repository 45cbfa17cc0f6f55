// Events of a run. Temporal rejects an update that has no handler when it arrives; here it is accepted (hence durable)
// and waits for its handler, as on the embedded engine.
import {
  checkValue,
  EngineError,
  errorOf,
  failureOf,
  type EventHandler,
  type EventRegistration,
} from '@rgen/engine/host'
import { currentUpdateInfo, setDefaultUpdateHandler } from '@temporalio/workflow'
import { toTemporalFailure } from '../failure.ts'
import type { Carried, CarriedEvent, EventAnswer } from './carried.ts'
import { movedEventCode } from './moved.ts'
import type { EventAtWork, Run } from './run.ts'

interface Waiting extends CarriedEvent {
  readonly withdraw: () => void
  readonly reject: (error: Error) => void
}

export class Events {
  /** Handlers at work. */
  atWork = 0
  readonly #run: Run
  readonly #handlers = new Map<string, EventRegistration>()
  readonly #waiting = new Map<string, Waiting>()
  /** By update id, so that an event that comes again with its id is one event. */
  readonly #promises = new Map<string, Promise<unknown>>()
  readonly #answers = new Map<string, EventAnswer>()
  /** Those that earlier runs accepted. */
  readonly #carriedIds = new Set<string>()

  constructor(run: Run) {
    this.#run = run
  }

  /** Takes events from here on: those carried over first, then whatever arrives. */
  open({ events, answers }: Carried): void {
    for (const [id, answer] of Object.entries(answers)) this.#answers.set(id, answer)
    for (const event of events) {
      this.#carriedIds.add(event.id)
      this.#receive(event).catch(() => undefined)
    }
    setDefaultUpdateHandler(async (name, input: unknown) => {
      const id = currentUpdateInfo()?.id ?? ''
      try {
        return await (this.#promises.get(id) ?? this.#receive({ id, name, input }))
      } catch (error) {
        throw toTemporalFailure(error)
      }
    })
  }

  register(registration: EventRegistration): void {
    this.#handlers.set(registration.name, registration)
  }

  /** What became of an event. */
  answer(id: string): EventAnswer {
    return this.#answers.get(id) ?? { state: this.#promises.has(id) ? 'waiting' : 'unknown' }
  }

  /** Gives up all events that wait, for the next run. */
  handOver(): Carried {
    const waiting = this.#empty()
    for (const { reject } of waiting) {
      reject(
        errorOf({ name: 'EventMoved', message: 'The event goes on in the next run', type: movedEventCode }),
      )
    }
    const events = waiting.map(({ id, name, input }) => ({
      id,
      name,
      ...(input === undefined ? {} : { input }),
    }))
    const moved = new Set(events.map(({ id }) => id))
    const answered = [...this.#carriedIds].filter((id) => !moved.has(id))
    return { events, answers: Object.fromEntries(answered.map((id) => [id, this.answer(id)])) }
  }

  /** Refuses all events that wait: the run closes. Answers whether there were any. */
  refuse(): boolean {
    const waiting = this.#empty()
    const id = this.#run.info().workflowId
    for (const { reject } of waiting) {
      reject(new EngineError('ENGINE_RUN_CLOSED', `Run ${id} is already completed`))
    }
    return waiting.length > 0
  }

  /**
   * Events that nobody handles, to be refused once nothing but another event could change that: a run that is at work
   * may still register their handler.
   */
  refuseUnhandled(): (() => void) | undefined {
    if (this.#run.closing || this.#run.busy || this.atWork > 0 || this.#handlers.size === 0) return undefined
    const unhandled = [...this.#waiting.values()].filter(({ name }) => !this.#handlers.has(name))
    if (unhandled.length === 0) return undefined
    return () => {
      for (const { id, name, withdraw, reject } of unhandled) {
        withdraw()
        this.#waiting.delete(id)
        reject(this.#noHandler(name))
      }
    }
  }

  #empty(): readonly Waiting[] {
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { withdraw } of waiting) withdraw()
    return waiting
  }

  #noHandler(name: string): EngineError {
    const known = [...this.#handlers.keys()].join(', ')
    return new EngineError(
      'ENGINE_UNKNOWN_EVENT',
      `${this.#run.type} has no handler for event ${name}; registered: [${known}]`,
      { hint: 'Register it with onEvent in the agent, or correct the name.' },
    )
  }

  #receive(event: CarriedEvent): Promise<unknown> {
    const answer = new Promise<unknown>((resolve, reject) => {
      const withdraw = this.#run.turns.add(
        () => {
          this.#waiting.delete(event.id)
          this.#handle(event).then(resolve, reject)
        },
        () => this.#handlers.has(event.name) && !this.#run.closing,
      )
      this.#waiting.set(event.id, { ...event, withdraw, reject })
    })
    this.#promises.set(event.id, answer)
    answer.then(
      (value) => this.#answers.set(event.id, { state: 'completed', value }),
      (error: unknown) => this.#answers.set(event.id, { state: 'failed', failure: failureOf(error) }),
    )
    return answer
  }

  async #handle({ name, input }: CarriedEvent): Promise<unknown> {
    const registration = this.#handlers.get(name)
    if (registration === undefined) throw this.#noHandler(name)
    const { handler, input: inputSchema, output } = registration
    const event: EventAtWork = { name, finished: false, end: () => undefined }
    this.atWork += 1
    const ended = new Promise<undefined>((resolve) => {
      event.end = () => resolve(undefined)
    })
    const answered = this.#run.handlerScope(event).enter(async () => {
      const value = await checkValue(inputSchema, input, 'ENGINE_EVENT_INVALID', `Event ${name}`)
      const result: unknown = await (handler as (input: unknown) => ReturnType<EventHandler>)(value)
      const checked = await checkValue(output, result, 'ENGINE_OUTPUT_INVALID', `The answer to event ${name}`)
      return this.#run.payload(checked, `The answer to event ${name}`)
    })
    try {
      // A handler that continues as new has answered with that.
      return await Promise.race([answered, ended])
    } finally {
      event.finished = true
      this.atWork -= 1
    }
  }
}
