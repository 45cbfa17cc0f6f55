// The router: what a caller holds. It keeps the configuration of the moment and the state that outlives it, and
// takes every call through the same stations: check, safety, cache, limits, budget, attempts, safety, settlement.

import { resolve } from 'node:path'
import { admit, NO_HOLDING } from './admission.ts'
import type { Holding } from './admission.ts'
import { runAttempts } from './attempts.ts'
import type { LoopHost } from './attempts.ts'
import { breakerSettings } from './breaker.ts'
import { Call } from './call.ts'
import { chatAttempt, streamAttempt } from './call-attempts.ts'
import { systemClock } from './clock.ts'
import type { Clock } from './clock.ts'
import { readRouterConfig } from './config.ts'
import type { LlmRouterConfig, LlmRouterConfigInput, LlmSettings } from './config.ts'
import { LlmError } from './errors.ts'
import type { LlmFailure } from './errors.ts'
import { estimateRequest } from './estimate.ts'
import type { LlmEstimate } from './estimate.ts'
import type { Answered, ExchangeHost, OpenedStream } from './exchange.ts'
import type { ExporterDeps } from './exporters.ts'
import { healthOf } from './health.ts'
import type { ProviderHealth, RouterHealth } from './health.ts'
import type { LlmCallOptions, LlmObjectResponse, LlmRequest, LlmResponse } from './messages.ts'
import { MockTransport } from './mock/mock-transport.ts'
import { resolveOverride } from './model-override.ts'
import { loadOtel, NO_SPANS } from './otel.ts'
import type { LlmTracer, SpanStarter } from './otel.ts'
import { buildParts } from './parts.ts'
import type { Parts } from './parts.ts'
import { requestProblem } from './request.ts'
import { cachedResponse, responseOf } from './response.ts'
import type { RoutedResponse } from './response.ts'
import type { SafetyChecker } from './safety/checker.ts'
import { selectTargets } from './select.ts'
import { FolderStore } from './folder-store.ts'
import { SharedState } from './shared-state.ts'
import type { StateStore } from './shared-state.ts'
import { expectedCost, expectedTokens } from './snapshot.ts'
import { RouterState } from './state.ts'
import { LlmStream } from './stream.ts'
import { answerCheck } from './structured.ts'
import type { AnswerCheck } from './structured.ts'
import type { Target } from './targets.ts'
import { NO_LOGGER } from './telemetry.ts'
import type { LlmLogger, LlmMeter } from './telemetry.ts'
import { UndiciTransport } from './transport/undici-transport.ts'
import type { Transport } from './transport/transport.ts'

/** What the router takes from the world; all of it has a default. */
export interface RouterDeps extends ExporterDeps {
  readonly clock?: Clock
  /** A number in [0, 1). */
  readonly random?: () => number
  /** In place of sockets. */
  readonly fetchTransport?: Transport
  /** In place of the folder of `shared_state`; sharing is on when it is given. */
  readonly store?: StateStore
  readonly logger?: LlmLogger
  readonly meter?: LlmMeter
  /** By default OpenTelemetry's global one, when the program has its API installed. */
  readonly tracer?: LlmTracer
  /** A checker of your own in place of the one that the file names. */
  readonly safetyChecker?: SafetyChecker
  readonly env?: Readonly<Record<string, string | undefined>>
  /** The project's folder: what `shared_state.path` is relative to. */
  readonly root?: string
}

/** A call that has passed everything before its first attempt. */
interface Begun {
  readonly call: Call
  readonly parts: Parts
  /** By which the cache knows the call. */
  readonly asked: LlmRequest
  readonly holding: Holding
  readonly candidates: readonly Target[]
  readonly cached?: RoutedResponse
}

/**
 * Routes calls to the providers of one configuration.
 *
 * @example
 * const router = createRouter({ llm: { providers: [{ name: 'demo', type: 'mock' }] } })
 * const { content } = await router.chat({ messages: [{ role: 'user', content: 'Hello' }] })
 * await router.close()
 */
export class LlmRouter {
  readonly #deps: RouterDeps & { readonly env: NonNullable<RouterDeps['env']> }
  readonly #transport: Transport
  readonly #clock: Clock
  readonly #loop: Omit<LoopHost, 'beforeAttempt'>
  readonly #mock = new MockTransport()
  readonly #state: RouterState
  readonly #calls = new Set<Call>()
  /** Undefined once it is known whether there is OpenTelemetry. */
  #otel: Promise<void> | undefined
  #startSpan: SpanStarter = NO_SPANS
  #parts: Parts
  #shared: SharedState | undefined
  #closed = false

  constructor({ llm: settings }: LlmRouterConfig, deps: RouterDeps = {}) {
    this.#clock = deps.clock ?? systemClock
    this.#deps = { ...deps, env: deps.env ?? process.env }
    this.#transport = deps.fetchTransport ?? new UndiciTransport(this.#clock)
    this.#state = new RouterState(breakerSettings(settings.fallback.circuit_breaker), (key) => {
      this.#circuitChanged(key)
    })
    this.#loop = { clock: this.#clock, random: deps.random ?? Math.random, state: this.#state }
    this.#otel = this.#loadOtel()
    this.#parts = this.#buildParts(settings, undefined)
    this.#openShared(settings)
    this.#tellCircuits(deps.meter)
  }

  /** One answer. @throws {LlmError} */
  chat(request: LlmRequest, options: LlmCallOptions = {}): Promise<LlmResponse> {
    return this.#run(request, options)
  }

  /**
   * An answer that has the shape of `request.schema`. `object` is undefined when the model asked for tools instead.
   *
   * @throws {LlmError} `LLM_SCHEMA_MISMATCH` when no provider's answer has it.
   */
  async object(request: LlmRequest, options: LlmCallOptions = {}): Promise<LlmObjectResponse> {
    if (request.schema === undefined) throw this.#error('request', 'object() needs request.schema')
    return { object: undefined, ...(await this.#run(request, options)) }
  }

  /** The answer as it is made. Nothing is sent before the first event, or `final()`, is asked for. */
  stream(request: LlmRequest, options: LlmCallOptions = {}): LlmStream {
    let call: Call | undefined
    let begun: Begun | undefined
    const theCall = (): Call => (call ??= this.#enter(request, options, true))
    const end = (): void => {
      begun?.holding.settle()
      if (call !== undefined) this.#leave(call)
    }
    return new LlmStream({
      call: theCall,
      open: async (broken) => {
        if (begun !== undefined && broken !== undefined) return this.#reopen(begun, broken)
        theCall()
        if (this.#otel !== undefined) await this.#otel
        begun = await this.#begin(theCall())
        if (begun.cached === undefined)
          return runAttempts(
            this.#loopOf(begun),
            begun.call,
            begun.candidates,
            streamAttempt(this.#exchangeHost(begun.parts), begun),
          )
        end()
        return begun.cached
      },
      complete: async (answered) => {
        if (begun === undefined) throw new TypeError('A stream completes after it was opened.')
        try {
          return await this.#respond(begun, answered)
        } finally {
          end()
        }
      },
      abort: (error) => {
        if (error instanceof LlmError && call !== undefined) this.#logFailure(error, call)
        end()
      },
    })
  }

  /** The names of the providers in use, in the order of the file. */
  providers(): readonly string[] {
    return this.#parts.snapshot.targets.map(({ name }) => name)
  }

  /** Tokens and the range of prices at each provider, without a call. */
  estimate(request: LlmRequest): Promise<LlmEstimate> {
    return estimateRequest(this.#parts.snapshot, request)
  }

  /** How each provider stands, as far as this process knows. */
  health(): RouterHealth {
    return healthOf(this.#parts.snapshot, this.#state, this.#clock)
  }

  /**
   * Takes a new configuration for calls from here on; those in flight finish with the one they began with. Circuits
   * of providers that keep their address and model stay as they are.
   *
   * @throws {ConfigError} when it is wrong; the old one stays in use.
   */
  reload(config: LlmRouterConfigInput): void {
    const { llm: settings } = readRouterConfig(config, this.#deps.env)
    const before = this.#parts
    this.#parts = this.#buildParts(settings, before)
    this.#state.breakerSettings = breakerSettings(settings.fallback.circuit_breaker)
    if (before.exporters !== this.#parts.exporters) before.exporters.close()
    this.#shared?.close()
    this.#openShared(settings)
    this.#tellCircuits(this.#deps.meter)
  }

  /** Ends the router: breaks off the calls in flight, or (`drain`) waits for them. Leaves nothing open. */
  async close(options: { readonly mode?: 'drain' | 'abort' } = {}): Promise<void> {
    const { mode = 'abort' } = options
    this.#closed = true
    const ended = [...this.#calls].map((call) => call.whenEnded())
    if (mode === 'drain') await Promise.all(ended)
    for (const call of this.#calls) call.scope.cancel({ class: 'closed', message: 'the router was closed' })
    await this.#transport.close(mode)
    this.#shared?.close()
    this.#parts.exporters.close()
  }

  async #run(request: LlmRequest, options: LlmCallOptions): Promise<RoutedResponse> {
    const call = this.#enter(request, options, false)
    let begun: Begun | undefined
    try {
      if (this.#otel !== undefined) await this.#otel
      begun = await this.#begin(call)
      if (begun.cached !== undefined) return begun.cached
      const answered = await runAttempts(
        this.#loopOf(begun),
        call,
        begun.candidates,
        chatAttempt(this.#exchangeHost(begun.parts), begun),
      )
      return await this.#respond(begun, answered)
    } catch (error) {
      if (error instanceof LlmError) this.#logFailure(error, call)
      throw error
    } finally {
      begun?.holding.settle()
      this.#leave(call)
    }
  }

  #enter(request: LlmRequest, options: LlmCallOptions, streaming: boolean): Call {
    if (this.#closed) throw this.#error('closed', 'the router is closed')
    const problem = requestProblem(request)
    if (problem !== undefined) throw this.#error('request', problem)
    const { snapshot } = this.#parts
    const call = new Call(request, options, {
      snapshot,
      clock: this.#clock,
      streaming,
      check: this.#checkFor(request),
    })
    this.#calls.add(call)
    return call
  }

  #checkFor({ schema }: LlmRequest): AnswerCheck | undefined {
    try {
      return schema === undefined ? undefined : answerCheck(schema)
    } catch (cause) {
      throw this.#error('request', 'request.schema uses what cannot be checked', cause)
    }
  }

  #leave(call: Call): void {
    call.end()
    this.#calls.delete(call)
  }

  /** Everything before the first attempt. */
  async #begin(call: Call): Promise<Begun> {
    const parts = this.#parts
    const nothing = { call, parts, candidates: [], holding: NO_HOLDING }
    call.throwIfCancelled()
    if (call.remainingMs() <= 0)
      throw call.error({ class: 'timeout', message: 'the deadline passed before anything was sent' })
    if (parts.safety !== undefined) call.request = await parts.safety.checkInput(call)
    const asked = call.request
    const cached = parts.cache?.get(asked, this.#clock.now())
    if (cached !== undefined) return { ...nothing, asked, cached: cachedResponse(cached, call) }
    return { ...nothing, asked, ...(await this.#selectAndReserve(call, parts)) }
  }

  async #selectAndReserve(call: Call, parts: Parts): Promise<Pick<Begun, 'candidates' | 'holding'>> {
    const { snapshot, limiter, budgets, hedge } = parts
    const { strategy, sticky } = snapshot.settings.router
    const { conversation } = call.tags
    const counted = limiter ?? budgets ?? hedge ?? (strategy === 'cost' ? strategy : undefined)
    const expected =
      counted === undefined ? { inputTokens: 0, outputTokens: 0 } : expectedTokens(call.request)
    const { candidates, excluded } = selectTargets(snapshot.targets, call.request, {
      strategy,
      state: this.#state,
      now: this.#clock.now(),
      random: this.#loop.random,
      priceOf: (target) => expectedCost(snapshot, target, call.request, expected),
      sticky:
        sticky === 'none' || conversation === undefined ? undefined : this.#state.remembered(conversation),
    })
    if (candidates.length === 0) throw call.error(nobodyCan(excluded))
    const { request, warning } = resolveOverride(call.request, candidates)
    call.request = request
    if (warning !== undefined) call.warnings.push(warning)
    if (counted === undefined) return { candidates, holding: NO_HOLDING }
    const costs = candidates.map((target) => expectedCost(snapshot, target, call.request, expected) ?? 0)
    const worstUsd = Math.max(...costs)
    hedge?.spend(worstUsd === 0 ? 1 : worstUsd)
    const host = { clock: this.#clock, logger: this.#logger, limiter, budgets }
    return { candidates, holding: await admit(host, call, expected, worstUsd) }
  }

  #loopOf({ holding }: Begun): LoopHost {
    return { ...this.#loop, beforeAttempt: holding.cover }
  }

  /** Another target takes over a stream that broke off. */
  async #reopen(
    begun: Begun,
    { target, prefill }: { readonly target: string; readonly prefill: string | undefined },
  ): Promise<OpenedStream | Answered> {
    const rest = begun.candidates.filter(
      ({ name, capabilities }) => name !== target && (prefill === undefined || capabilities.prefill),
    )
    if (rest.length === 0)
      throw begun.call.error({ class: 'unsupported', message: 'no other provider can take the stream over' })
    return runAttempts(
      this.#loopOf(begun),
      begun.call,
      rest,
      streamAttempt(this.#exchangeHost(begun.parts), begun, prefill),
    )
  }

  async #respond({ call, parts, asked }: Begun, answered: Answered): Promise<RoutedResponse> {
    const answer =
      parts.safety === undefined ? answered.answer : await parts.safety.checkOutput(call, answered.answer)
    const response = responseOf(call, { ...answered, answer })
    const { conversation } = call.tags
    if (conversation !== undefined && parts.snapshot.settings.router.sticky === 'conversation')
      this.#state.remember(conversation, answered.ticket.target)
    parts.cache?.set(asked, response, this.#clock.now())
    return response
  }

  #buildParts(settings: LlmSettings, before: Parts | undefined): Parts {
    return buildParts(settings, { ...this.#deps, transport: this.#transport }, before)
  }

  #openShared({ router: { shared_state: settings } }: LlmSettings): void {
    const { store, root = process.cwd() } = this.#deps
    this.#shared = undefined
    if (!settings.enabled && store === undefined) return
    const shared = store ?? new FolderStore(resolve(root, settings.path))
    this.#shared = new SharedState(shared, settings.interval * 1000, {
      clock: this.#clock,
      logger: this.#logger,
      state: this.#state,
      limiter: () => this.#parts.limiter,
    })
  }

  get #logger(): LlmLogger {
    return this.#deps.logger ?? NO_LOGGER
  }

  #exchangeHost({ meter }: Parts): ExchangeHost {
    return {
      clock: this.#clock,
      state: this.#state,
      logger: this.#logger,
      meter,
      startSpan: this.#startSpan,
      transportFor: (target) => (target.type === 'mock' ? this.#mock : this.#transport),
    }
  }

  #circuitChanged(key: string): void {
    const concerned = (target: Target): boolean => target.key === key || target.hostKey === key
    for (const { provider, circuit } of this.#tellCircuits(this.#parts.meter, concerned))
      this.#logger.log(circuit === 'open' ? 'warn' : 'info', 'llm circuit changed', { provider, circuit })
    this.#shared?.changed()
  }

  /** Sets the gauge of circuits; once at the beginning, so that it is there before the first of them changes. */
  #tellCircuits(
    meter: LlmMeter | undefined,
    concerned: (target: Target) => boolean = () => true,
  ): readonly ProviderHealth[] {
    const names = new Set(this.#parts.snapshot.targets.filter(concerned).map(({ name }) => name))
    const told = this.health().providers.filter(({ provider }) => names.has(provider))
    for (const { provider, circuit } of told)
      meter?.set('circuit_breaker_state', { provider }, CIRCUIT_VALUES[circuit])
    return told
  }

  #logFailure(error: LlmError, call: Call): void {
    if (error.class === 'aborted') return
    this.#logger.log('error', 'llm call failed', {
      ...call.tags,
      code: error.code,
      class: error.class,
      attempts: call.attempts.length,
      durationMs: Math.round(call.elapsedMs()),
      reason: error.message,
    })
  }

  #error(failureClass: 'request' | 'closed', message: string, cause?: unknown): LlmError {
    return new LlmError(
      { class: failureClass, message, cause, retryable: failureClass === 'closed' },
      this.#parts.snapshot.redact,
    )
  }

  async #loadOtel(): Promise<void> {
    this.#startSpan = await loadOtel(this.#deps.tracer)
    this.#otel = undefined
  }
}

const CIRCUIT_VALUES = { closed: 0, open: 1, 'half-open': 2 } as const

function nobodyCan(excluded: readonly { readonly target: Target; readonly lacks: string }[]): LlmFailure {
  const why = excluded.map(({ target, lacks }) => `${target.name} lacks ${lacks}`).join('; ')
  return {
    class: 'unsupported',
    message: `No provider can serve this request. ${why === '' ? 'None is configured' : why}`,
    hint: 'See providers and their capabilities in config/llm_router.yaml.',
  }
}

/**
 * Opens a router for a configuration in the form of `config/llm_router.yaml`; `${VAR}` is looked up in `deps.env`.
 *
 * @throws {ConfigError} that names every wrong key, and every variable that is not set.
 */
export function createRouter(config: LlmRouterConfigInput, deps: RouterDeps = {}): LlmRouter {
  return new LlmRouter(readRouterConfig(config, deps.env ?? process.env), deps)
}
