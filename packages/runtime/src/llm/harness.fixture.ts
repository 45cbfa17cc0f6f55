// What the tests of the router share: a clock that is turned by hand, and two providers to fall back between.

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

/** `primary` (OpenAI) and `fallback` (Anthropic) on loopback, and everything that closes again. */
export class Pair {
  readonly primary: FakeServer
  readonly fallback: FakeServer
  readonly #routers: LlmRouter[] = []

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
      api_key: 'sk-primary-key',
      priority: 1,
    }
  }

  get anthropic(): Provider {
    return {
      name: 'fallback',
      type: 'anthropic',
      model: 'claude-3-5-sonnet-20241022',
      base_url: this.fallback.url,
      api_key: 'sk-ant-fallback-key',
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
      { env: {}, ...deps },
    )
    this.#routers.push(router)
    return router
  }

  async close(): Promise<void> {
    await Promise.all(this.#routers.map((router) => router.close()))
    await Promise.all([this.primary.close(), this.fallback.close()])
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
