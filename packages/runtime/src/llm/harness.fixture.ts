// What the tests of the router share: a clock that is turned by hand, two providers to fall back between, and an ear for
// keys in everything that a router says.

import { inspect } from 'node:util'
import type { Clock } from './clock.ts'
import type { LlmRouterConfigInput } from './config.ts'
import { isLlmError } from './errors.ts'
import type { LlmError } from './errors.ts'
import { createRouter } from './router.ts'
import type { LlmRouter, RouterDeps } from './router.ts'
import { startFakeAnthropic } from './testing/fake-anthropic.ts'
import { startFakeOpenAi } from './testing/fake-openai.ts'
import type { FakeServer } from './testing/fake-server.ts'

export interface HandClock extends Clock {
  /** Moves both clocks and fires what is due, in order. */
  advance(ms: number): void
  /** Moves the wall clock alone, as a correction does. */
  jump(ms: number): void
  /** Resolves once a timer of at least this length is set. */
  timerOf(atLeastMs: number): Promise<number>
}

export function handClock(): HandClock {
  let now = 1_000_000
  let offset = 1_700_000_000_000
  const timers = new Set<{ at: number; callback: () => void }>()
  const watchers = new Set<{ atLeastMs: number; resolve: (ms: number) => void }>()
  return {
    now: () => now,
    wallNow: () => now + offset,
    setTimer: (delayMs, callback) => {
      const timer = { at: now + delayMs, callback }
      timers.add(timer)
      for (const watcher of watchers)
        if (delayMs >= watcher.atLeastMs) {
          watchers.delete(watcher)
          watcher.resolve(delayMs)
        }
      return () => {
        timers.delete(timer)
      }
    },
    advance: (ms) => {
      const until = now + ms
      for (;;) {
        const due = [...timers].filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at)[0]
        if (due === undefined) break
        timers.delete(due)
        now = Math.max(now, due.at)
        due.callback()
      }
      now = until
    },
    jump: (ms) => {
      offset += ms
    },
    timerOf: (atLeastMs) => new Promise((resolve) => watchers.add({ atLeastMs, resolve })),
  }
}

type Provider = NonNullable<LlmRouterConfigInput['llm']['providers']>[number]

/** Keys that must not be found in anything that a router says. */
const CANARIES = { primary: 'sk-primary-canary-key', fallback: 'sk-ant-fallback-canary-key' }

/** Listens to everything that leaves a router in words: log lines, figures, errors, health. */
class Witness {
  readonly #heard: string[] = []

  hear(...what: unknown[]): void {
    this.#heard.push(inspect(what, { depth: null, showHidden: true, maxStringLength: null }))
    for (const one of what) if (one instanceof Error) this.#heard.push(one.stack ?? '', JSON.stringify(one))
  }

  /** Hears what goes to the given ports, and hands it on. */
  ports({ logger, meter }: RouterDeps): Required<Pick<RouterDeps, 'logger' | 'meter'>> {
    return {
      logger: {
        log: (...all) => {
          this.hear(all)
          logger?.log(...all)
        },
      },
      meter: {
        count: (...all) => {
          this.hear(all)
          meter?.count(...all)
        },
        observe: (...all) => {
          this.hear(all)
          meter?.observe(...all)
        },
        set: (...all) => {
          this.hear(all)
          meter?.set(...all)
        },
      },
    }
  }

  /** Hears the errors of a router's calls, streamed or not. */
  attend(router: LlmRouter): void {
    const heard = <T>(promise: Promise<T>): Promise<T> => {
      promise.catch((error: unknown) => this.hear(error))
      return promise
    }
    const chat = router.chat.bind(router)
    const object = router.object.bind(router)
    const stream = router.stream.bind(router)
    Object.assign(router, {
      chat: (...all: Parameters<typeof chat>) => heard(chat(...all)),
      object: (...all: Parameters<typeof object>) => heard(object(...all)),
      stream: (...all: Parameters<typeof stream>) => {
        const made = stream(...all)
        const next = made.next.bind(made)
        return Object.assign(made, { next: () => heard(next()) })
      },
    })
  }

  /** @throws when a canary was heard, in whatever spelling. */
  check(): void {
    const everything = this.#heard.join('\n')
    for (const canary of Object.values(CANARIES))
      for (const spelling of [canary, encodeURIComponent(canary), Buffer.from(canary).toString('base64')])
        if (everything.includes(spelling)) throw new Error(`A router gave away a key: ${spelling}`)
  }
}

/**
 * `primary` (OpenAI) and `fallback` (Anthropic) on loopback, and everything that closes again. Closing fails when any of
 * the routers has given away a key.
 */
export class Pair {
  readonly primary: FakeServer
  readonly fallback: FakeServer
  readonly #routers: LlmRouter[] = []
  readonly #witness = new Witness()

  private constructor(primary: FakeServer, fallback: FakeServer) {
    this.primary = primary
    this.fallback = fallback
  }

  static async start(): Promise<Pair> {
    return new Pair(await startFakeOpenAi(), await startFakeAnthropic())
  }

  get openai(): Provider {
    return {
      name: 'primary',
      type: 'openai',
      model: 'gpt-4o',
      base_url: this.primary.url,
      api_key: CANARIES.primary,
      priority: 1,
    }
  }

  get anthropic(): Provider {
    return {
      name: 'fallback',
      type: 'anthropic',
      model: 'claude-3-5-sonnet-20241022',
      base_url: this.fallback.url,
      api_key: CANARIES.fallback,
      priority: 2,
    }
  }

  /** A router over both, or over those given. */
  router(
    options: {
      router?: LlmRouterConfigInput['llm']['router']
      fallback?: LlmRouterConfigInput['llm']['fallback']
      providers?: Provider[]
    } = {},
    deps: RouterDeps = {},
  ): LlmRouter {
    const providers = options.providers ?? [this.openai, this.anthropic]
    const fallback = { backoff: { initial_ms: 1, max_ms: 2 }, ...options.fallback }
    const router = createRouter(
      { llm: { router: options.router, providers, fallback } },
      { env: {}, ...deps, ...this.#witness.ports(deps) },
    )
    this.#witness.attend(router)
    this.#routers.push(router)
    return router
  }

  async close(): Promise<void> {
    for (const router of this.#routers) this.#witness.hear(router.health())
    await Promise.all(this.#routers.map((router) => router.close()))
    await Promise.all([this.primary.close(), this.fallback.close()])
    this.#witness.check()
  }
}

export const hello = { messages: [{ role: 'user' as const, content: 'Hello' }] }

/** The error that a promise rejects with; fails the test when it does not. */
export async function failureOf(promise: Promise<unknown>): Promise<LlmError> {
  try {
    await promise
  } catch (error) {
    if (isLlmError(error)) return error
    throw error
  }
  throw new Error('The call succeeded; a failure was expected.')
}
