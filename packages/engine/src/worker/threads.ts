// Functions in worker threads: for work that keeps a processor busy, which would otherwise hold up the engine.
import { availableParallelism } from 'node:os'
import { pathToFileURL } from 'node:url'
import { Worker as Thread } from 'node:worker_threads'
import { errorOf, type FailureData } from '../core/failure.ts'
import { EngineError } from '../errors.ts'
import type { FunctionHost } from '../api/function-host.ts'
import type { LogLevel } from '../api/host.ts'
import type { Invoke } from './task-runner.ts'

/** Threads that run the functions of one module. */
export interface Threads {
  readonly names: readonly string[]
  /** How many functions run at a time. */
  readonly size: number
  readonly invoke: Invoke
  stop(): Promise<void>
}

/** What a thread says. */
export type FromThread =
  | { readonly kind: 'ready'; readonly names: readonly string[] }
  | { readonly kind: 'failed-to-load'; readonly failure: FailureData }
  | { readonly kind: 'completed'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly failure: FailureData }
  | { readonly kind: 'heartbeat' | 'publish'; readonly value: unknown }
  | {
      readonly kind: 'log'
      readonly level: LogLevel
      readonly message: string
      readonly fields: Readonly<Record<string, unknown>>
    }

/** What a thread is told. */
export interface ToThread {
  readonly name: string
  readonly input: unknown
  readonly info: Omit<ReturnType<FunctionHost['info']>, 'signal'>
}

interface Job {
  readonly message: ToThread
  readonly host: FunctionHost
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/** Loads a module in threads. @throws {EngineError} ENGINE_REGISTRATION when it cannot be loaded. */
export async function startThreads(path: string, maxThreads?: number): Promise<Threads> {
  const size = maxThreads ?? Math.max(1, availableParallelism() - 1)
  const pool = new ThreadPool(path, size)
  return {
    names: await pool.open(),
    size,
    invoke: (input, dispatch, host) => pool.run(dispatch.name, input, host),
    stop: () => pool.close(),
  }
}

class ThreadPool {
  readonly #path: string
  readonly #size: number
  readonly #waiting: Job[] = []
  readonly #idle: Thread[] = []
  readonly #all = new Set<Thread>()
  #closed = false

  constructor(path: string, size: number) {
    this.#path = path
    this.#size = size
  }

  async open(): Promise<readonly string[]> {
    const thread = this.#start()
    const names = await new Promise<readonly string[]>((ready, fail) => {
      thread.once('message', (message: FromThread) => {
        if (message.kind === 'ready') ready(message.names)
        else if (message.kind === 'failed-to-load') fail(this.#loadError(errorOf(message.failure)))
      })
      thread.once('error', (error) => fail(this.#loadError(error)))
    })
    this.#release(thread)
    return names
  }

  run(name: string, input: unknown, host: FunctionHost): Promise<unknown> {
    const { signal, ...info } = host.info()
    return new Promise((resolve, reject) => {
      const job: Job = { message: { name, input, info }, host, resolve, reject }
      signal.addEventListener(
        'abort',
        () => {
          const index = this.#waiting.indexOf(job)
          if (index >= 0) this.#waiting.splice(index, 1)
          reject(signal.reason as Error)
        },
        { once: true },
      )
      this.#waiting.push(job)
      this.#dispatch()
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#all].map((thread) => thread.terminate()))
  }

  #start(): Thread {
    // A TypeScript loader that was given to this process (tsx) is given to its threads with its flags.
    const entry = new URL('./thread-entry.js', import.meta.url)
    const thread = new Thread(entry, { workerData: { module: pathToFileURL(this.#path).href } })
    thread.unref()
    this.#all.add(thread)
    thread.once('exit', () => this.#all.delete(thread))
    return thread
  }

  #loadError(cause: Error): EngineError {
    return new EngineError(
      'ENGINE_REGISTRATION',
      `threadFunctionsPath: ${this.#path} cannot be loaded: ${cause.message}`,
      {
        cause,
      },
    )
  }

  #dispatch(): void {
    if (this.#closed) return
    const thread = this.#idle.pop() ?? (this.#all.size < this.#size ? this.#start() : undefined)
    if (thread === undefined) return
    const job = this.#waiting.shift()
    if (job === undefined) this.#idle.push(thread)
    else this.#work(thread, job)
  }

  #release(thread: Thread): void {
    this.#idle.push(thread)
    if (this.#waiting.length > 0) this.#dispatch()
  }

  /** A function that was aborted may keep its processor busy: only ending the thread stops it. */
  #work(thread: Thread, { message, host, resolve, reject }: Job): void {
    const { signal } = host.info()
    const over = (): void => {
      thread.removeAllListeners('message')
      thread.removeAllListeners('error')
      thread.off('exit', ended)
      signal.removeEventListener('abort', kill)
    }
    const kill = (): void => {
      over()
      void thread.terminate()
      this.#all.delete(thread)
      this.#dispatch()
    }
    const ended = (): void => {
      over()
      reject(new Error(`The thread of ${message.name} has ended`))
      this.#dispatch()
    }
    signal.addEventListener('abort', kill, { once: true })
    thread.once('exit', ended)
    thread.on('error', (error) => {
      over()
      this.#all.delete(thread)
      reject(error)
      this.#dispatch()
    })
    thread.on('message', (answer: FromThread) => {
      if (answer.kind === 'heartbeat') host.heartbeat(answer.value)
      else if (answer.kind === 'publish') host.publish(answer.value)
      else if (answer.kind === 'log') host.log(answer.level, answer.message, answer.fields)
      else if (answer.kind === 'completed') {
        over()
        resolve(answer.value)
        this.#release(thread)
      } else if (answer.kind === 'failed' || answer.kind === 'failed-to-load') {
        over()
        reject(errorOf(answer.failure))
        this.#release(thread)
      }
    })
    thread.postMessage(message)
  }
}
