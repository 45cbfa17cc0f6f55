// The router: what a caller holds. It keeps the configuration of the moment and the state that outlives it, and
// takes every call through the same stations: check, safety, cache, limits, budget, attempts, safety, settlement.

import { answerCheck } from './structured.ts'
import { runAttempts } from './attempts.ts'
import { breakerSettings } from './breaker.ts'
import { Budgets, isRefusal } from './budget.ts'
import type { BudgetReservation } from './budget.ts'
import { ExactCache } from './cache.ts'
import { Call } from './call.ts'
import { systemClock } from './clock.ts'
import type { Clock } from './clock.ts'
import { llmRouterConfig } from './config.ts'
import type { LlmRouterConfigInput, LlmSettings } from './config.ts'
import { LlmError } from './errors.ts'
import { estimateRequest } from './estimate.ts'
import type { LlmEstimate } from './estimate.ts'
import { exchangeChat, exchangeStream } from './exchange.ts'
import type { Answered, ExchangeHost, OpenedStream } from './exchange.ts'
import { createExporters } from './exporters.ts'
import type { ExporterDeps } from './exporters.ts'
import { healthOf } from './health.ts'
import type { RouterHealth } from './health.ts'
import { HedgeBudget, hedged } from './hedge.ts'
import { SlidingLimiter } from './limiter.ts'
import { MockTransport } from './mock/mock-transport.ts'
import type { LlmCallOptions, LlmObjectResponse, LlmRequest, LlmResponse } from './messages.ts'
import { loadOtel, NO_SPANS } from './otel.ts'
import type { SpanStarter } from './otel.ts'
import { checkRequest } from './request.ts'
import { createSafetyGuard } from './safety/guard.ts'
import type { SafetyChecker, SafetyGuard } from './safety/guard.ts'
import { selectTargets } from './select.ts'
import { settingsForLimiter } from './settings.ts'
import { openSharedState } from './shared-state.ts'
import type { SharedState } from './shared-state.ts'
import { createSnapshot, expectedCost, expectedTokens } from './snapshot.ts'
import type { Expectation, Snapshot } from './snapshot.ts'
import { RouterState } from './state.ts'
import { LlmStream } from './stream.ts'
import { modelFor } from './targets.ts'
import type { Target } from './targets.ts'
import { fanOut, NO_LOGGER } from './telemetry.ts'
import type { LlmLogger, LlmMeter } from './telemetry.ts'
import { UndiciTransport } from './transport.ts'
import type { Transport } from './transport.ts'

/** What the router takes from the world; all of it has a default. */
export interface RouterDeps extends ExporterDeps {
  readonly clock?: Clock
  /** A number in [0, 1). */
  readonly random?: () => number
  readonly transport?: Transport
  readonly logger?: LlmLogger
  readonly meter?: LlmMeter
  /** Spans; by default OpenTelemetry's, when the program has its API installed. */
  readonly startSpan?: SpanStarter
  /** A checker of your own in place of the one that the file names. */
  readonly safetyChecker?: SafetyChecker
  readonly env?: Readonly<Record<string, string | undefined>>
  /** The project's folder: what `shared_state.path` is relative to. */
  readonly root?: string
}

/** Parts that belong to one configuration. */
interface Parts {
  readonly snapshot: Snapshot
  readonly limiter: SlidingLimiter | undefined
  readonly budgets: Budgets | undefined
  readonly cache: ExactCache | undefined
  readonly hedge: HedgeBudget | undefined
  readonly safety: SafetyGuard | undefined
  readonly meter: LlmMeter
  readonly closeExporters: () => void
}

/** What a call holds from the shared limits until it is settled. */
type Settle = () => void

/**
 * Routes calls to the providers of one configuration.
 *
 * @example
 * const router = createRouter({ llm: { providers: [{ name: 'demo', type: 'mock' }] } })
 * const { content } = await router.chat({ messages: [{ role: 'user', content: 'Hello' }] })
 * await router.close()
 */
export class LlmRouter {
  readonly #clock: Clock
  readonly #random: () => number
  readonly #deps: RouterDeps
  readonly #env: Readonly<Record<string, string | undefined>>
  readonly #transport: Transport
  readonly #mock = new MockTransport()
  readonly #state: RouterState
  readonly #calls = new Set<Call>()
  readonly #ready: Promise<void>
  #startSpan: SpanStarter = NO_SPANS
  #otelPending: boolean
  #parts: Parts
  #shared: SharedState | undefined
  #closed = false

  constructor(config: LlmRouterConfigInput, deps: RouterDeps = {}) {
    const settings = llmRouterConfig.parse(config).llm
    this.#deps = deps
    this.#clock = deps.clock ?? systemClock
    this.#random = deps.random ?? Math.random
    this.#env = deps.env ?? process.env
    this.#transport = deps.transport ?? new UndiciTransport(this.#clock)
    this.#state = new RouterState(breakerSettings(settings.fallback.circuit_breaker), (key) => {
      this.#circuitChanged(key)
    })
    this.#otelPending = deps.startSpan === undefined
    this.#startSpan = deps.startSpan ?? NO_SPANS
    this.#ready = this.#loadOtel()
    this.#parts = this.#build(settings, undefined)
    this.#openShared(settings)
  }

  /** One answer. @throws {LlmError} */
  async chat(request: LlmRequest, options: LlmCallOptions = {}): Promise<LlmResponse> {
    return this.#run(request, options)
  }

  /**
   * An answer that has the shape of `request.schema`. `object` is undefined when the model asked for tools instead.
   *
   * @throws {LlmError} `LLM_SCHEMA_MISMATCH` when no provider's answer has it.
   */
  async object(request: LlmRequest, options: LlmCallOptions = {}): Promise<LlmObjectResponse> {
    if (request.schema === undefined) throw this.#plainError('request', 'object() needs request.schema')
    const response = await this.#run(request, options)
    return { object: undefined, ...response }
  }

  /** The answer as it is made. Nothing is sent before the first event, or `final()`, is asked for. */
  stream(request: LlmRequest, options: LlmCallOptions = {}): LlmStream {
    let call: Call | undefined
    let settle: Settle = () => undefined
    let parts = this.#parts
    const end = (): void => {
      settle()
      if (call !== undefined) this.#leave(call)
    }
    return new LlmStream({
      call: () => (call ??= this.#enter(request, options, true)),
      open: async (avoid, prefill) => {
        if (this.#otelPending) await this.#ready
        if (avoid !== undefined && call !== undefined) return this.#reopen(call, parts, avoid, prefill)
        call ??= this.#enter(request, options, true)
        parts = this.#parts
        const begun = await this.#begin(call, parts)
        settle = begun.settle
        if (begun.cached !== undefined) return begun.cached
        return runAttempts(
          this.#loopHost(),
          call,
          begun.candidates,
          this.#streamAttempt(call, parts, undefined),
        )
      },
      complete: async (answered) => {
        const done = call ?? this.#enter(request, options, true)
        try {
          return await this.#respond(done, parts, answered)
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

  /** Tokens and the range of prices, without a call. */
  estimate(request: LlmRequest): Promise<LlmEstimate> {
    return estimateRequest(this.#parts.snapshot, request)
  }

  /** How each provider stands, as far as this process knows. */
  health(): RouterHealth {
    return healthOf(this.#parts.snapshot, this.#state, this.#clock)
  }

  /** Takes a new configuration for calls from here on; those in flight finish with the one they began with. */
  reload(config: LlmRouterConfigInput): void {
    const settings = llmRouterConfig.parse(config).llm
    const before = this.#parts
    this.#parts = this.#build(settings, before)
    this.#state.breakerSettings = breakerSettings(settings.fallback.circuit_breaker)
    before.closeExporters()
    this.#shared?.close()
    this.#openShared(settings)
  }

  /** Ends the router: waits for calls in flight (`drain`), or breaks them off. Nothing is left open. */
  async close(options: { readonly mode?: 'drain' | 'abort' } = {}): Promise<void> {
    this.#closed = true
    const mode = options.mode ?? 'abort'
    if (mode === 'abort')
      for (const call of this.#calls)
        call.scope.cancel({
          class: 'closed',
          message: 'the router was closed',
          hint: 'The service is stopping.',
        })
    else await Promise.all([...this.#calls].map((call) => call.ended))
    await this.#transport.close(mode)
    this.#shared?.close()
    this.#parts.closeExporters()
  }

  async #run(
    request: LlmRequest,
    options: LlmCallOptions,
  ): Promise<LlmResponse & { readonly object?: unknown }> {
    if (this.#otelPending) await this.#ready
    const call = this.#enter(request, options, false)
    const parts = this.#parts
    let settle: Settle = () => undefined
    try {
      const begun = await this.#begin(call, parts)
      settle = begun.settle
      const answered =
        begun.cached ??
        (await runAttempts(this.#loopHost(), call, begun.candidates, this.#chatAttempt(call, parts)))
      return await this.#respond(call, parts, answered)
    } catch (error) {
      if (error instanceof LlmError) this.#logFailure(error, call)
      throw error
    } finally {
      settle()
      this.#leave(call)
    }
  }

  #enter(request: LlmRequest, options: LlmCallOptions, streaming: boolean): Call {
    if (this.#closed) throw this.#plainError('closed', 'the router is closed')
    const { snapshot } = this.#parts
    const problem = checkRequest(request)
    if (problem !== undefined) throw this.#plainError('request', problem)
    const check = this.#checkFor(request)
    const call = new Call(request, options, { snapshot, clock: this.#clock, streaming, check })
    this.#calls.add(call)
    return call
  }

  #checkFor({ schema }: LlmRequest): ReturnType<typeof answerCheck> | undefined {
    if (schema === undefined) return undefined
    try {
      return answerCheck(schema)
    } catch (cause) {
      throw new LlmError(
        { class: 'request', message: 'request.schema uses what cannot be checked', cause },
        this.#parts.snapshot.redact,
      )
    }
  }

  #leave(call: Call): void {
    call.dispose()
    this.#calls.delete(call)
  }

  /** Everything before the first attempt. */
  async #begin(
    call: Call,
    parts: Parts,
  ): Promise<{ candidates: readonly Target[]; settle: Settle; cached?: Answered }> {
    call.throwIfCancelled()
    if (call.remainingMs() <= 0)
      throw call.error({ class: 'timeout', message: 'the deadline had passed before anything was sent' })
    if (parts.safety !== undefined) call.request = await parts.safety.checkInput(call)
    const cached = parts.cache?.get(call.request, this.#clock.now())
    if (cached !== undefined) return { candidates: [], settle: () => undefined, cached: fromCache(cached) }
    const { snapshot } = parts
    const expected = this.#needsExpectation(parts)
      ? expectedTokens(call.request)
      : { inputTokens: 0, outputTokens: 0 }
    const { candidates, excluded } = selectTargets(snapshot.targets, call.request, {
      strategy: snapshot.settings.router.strategy,
      state: this.#state,
      now: this.#clock.now(),
      random: this.#random,
      priceOf: (target) => expectedCost(snapshot, target, call.request, expected),
      sticky:
        snapshot.settings.router.sticky === 'conversation' && call.tags.conversation !== undefined
          ? this.#state.remembered(call.tags.conversation)
          : undefined,
    })
    if (candidates.length === 0) {
      const why = excluded.map(({ target, lacks }) => `${target.name} lacks ${lacks}`).join('; ')
      throw call.error({
        class: 'unsupported',
        message: `No provider can serve this request. ${why === '' ? 'None is configured' : why}`,
        hint: 'See providers[].capabilities in config/llm_router.yaml.',
      })
    }
    const settle = await this.#reserve(call, parts, candidates, expected)
    return { candidates, settle }
  }

  #needsExpectation({ limiter, budgets, hedge, snapshot }: Parts): boolean {
    return (
      limiter !== undefined ||
      budgets !== undefined ||
      hedge !== undefined ||
      snapshot.settings.router.strategy === 'cost'
    )
  }

  /** Takes the call's place in the limits and its worst case from the budgets; returns how to give back. */
  async #reserve(
    call: Call,
    parts: Parts,
    candidates: readonly Target[],
    expected: Expectation,
  ): Promise<Settle> {
    const { snapshot, limiter, budgets } = parts
    const worst = Math.max(
      0,
      ...candidates.map((target) => expectedCost(snapshot, target, call.request, expected) ?? 0),
    )
    parts.hedge?.spend(worst === 0 ? 1 : worst)
    const settleLimit = limiter === undefined ? undefined : await this.#reserveLimit(call, limiter, expected)
    let settleBudget: BudgetReservation | undefined
    if (budgets !== undefined) {
      const result = budgets.reserve(worst, call.tags, this.#clock.now(), (refusal) => {
        this.#log('warn', 'llm budget exceeded', {
          ...call.tags,
          scope: refusal.scope,
          limitUsd: refusal.limitUsd,
          spentUsd: refusal.spentUsd,
        })
      })
      if (isRefusal(result)) {
        settleLimit?.()
        throw call.error({
          class: 'budget',
          message: `The budget of ${result.limitUsd} USD for this ${result.scope} does not cover another call (spent ${result.spentUsd.toFixed(6)} USD, this one may cost ${worst.toFixed(6)} USD)`,
          hint: 'Raise limit_usd in features.budget, or set maxTokens so that less has to be reserved.',
          ...(result.retryAfterMs === undefined ? {} : { retryAfterMs: result.retryAfterMs }),
        })
      }
      settleBudget = result
    }
    return () => {
      settleLimit?.()
      settleBudget?.settle(call.billedUsd ?? worst, this.#clock.now())
    }
  }

  async #reserveLimit(call: Call, limiter: SlidingLimiter, expected: Expectation): Promise<Settle> {
    const { ai_rate_limiting: limit } = call.snapshot.settings.router.features
    const tokens = expected.inputTokens + expected.outputTokens
    for (;;) {
      const now = this.#clock.now()
      const admission = limiter.reserve(tokens, now)
      if (admission.kind === 'admitted' || limit.enforcement === 'log') {
        if (admission.kind !== 'admitted')
          this.#log('warn', 'llm rate limit exceeded', { ...call.tags, tokens })
        const reservation = admission.kind === 'admitted' ? admission.reservation : limiter.force(tokens, now)
        return () => {
          limiter.settle(reservation, call.billedTokens, call.attempts.length > 0 || call.billedTokens > 0)
        }
      }
      if (admission.kind === 'never')
        throw call.error({
          class: 'limit',
          message: `This request may use ${tokens} tokens, more than the limit allows in a whole window (${limit.token_limit ?? 'no'} tokens)`,
          hint: 'Set a smaller maxTokens, shorten the messages, or raise token_limit.',
        })
      if (limit.enforcement === 'block' || admission.waitMs >= call.remainingMs())
        throw call.error({
          class: 'limit',
          message: 'The rate limit of this router is reached',
          hint: 'See features.ai_rate_limiting in config/llm_router.yaml.',
          retryAfterMs: admission.waitMs,
        })
      await call.sleep(admission.waitMs)
      call.throwIfCancelled()
    }
  }

  #chatAttempt(call: Call, parts: Parts) {
    const host = this.#exchangeHost(parts)
    return (target: Target, shareMs: number, others: readonly Target[]) =>
      this.#withHedge(
        call,
        parts,
        others,
        (asked, scope) => exchangeChat(host, call, asked, shareMs, scope),
        target,
      )
  }

  #streamAttempt(call: Call, parts: Parts, prefill: string | undefined) {
    const host = this.#exchangeHost(parts)
    return (target: Target, shareMs: number, others: readonly Target[]) =>
      this.#withHedge<OpenedStream | Answered>(
        call,
        parts,
        others,
        (asked, scope) =>
          prefill === undefined && this.#mustBuffer(call, parts, asked)
            ? exchangeChat(host, call, asked, shareMs, scope)
            : exchangeStream(host, call, asked, shareMs, scope, prefill),
        target,
      )
  }

  /** A stream that loses tool calls, or whose text must be checked before anybody sees it, is fetched whole. */
  #mustBuffer(call: Call, parts: Parts, target: Target): boolean {
    const needsTools =
      (call.request.tools ?? []).length > 0 ||
      (call.request.schema !== undefined && !target.capabilities.jsonSchema)
    return parts.safety?.holdsBackOutput === true || (needsTools && !target.capabilities.streamsTools)
  }

  #withHedge<T>(
    call: Call,
    parts: Parts,
    others: readonly Target[],
    attempt: (target: Target, scope: Call['scope']) => Promise<import('./attempts.ts').AttemptResult<T>>,
    target: Target,
  ): Promise<import('./attempts.ts').AttemptResult<T>> {
    const { hedge } = parts
    const [other] = others
    if (hedge === undefined || other === undefined || call.attempts.length > 0)
      return attempt(target, call.scope)
    const { delay_ms } = parts.snapshot.settings.router.features.hedge
    return hedged(
      delay_ms,
      this.#clock,
      call.scope,
      (scope) => attempt(target, scope),
      (scope) => {
        const price = expectedCost(parts.snapshot, other, call.request, expectedTokens(call.request)) ?? 0
        if (!hedge.tryExtra(price === 0 ? 1 : price) || !this.#state.tryCall(other, this.#clock.now()))
          return undefined
        return attempt(other, scope)
      },
    )
  }

  /** Another target takes over a stream that broke off. */
  #reopen(
    call: Call,
    parts: Parts,
    avoid: string,
    prefill: string | undefined,
  ): Promise<OpenedStream | Answered> {
    const rest = parts.snapshot.targets.filter(
      ({ name, capabilities }) => name !== avoid && (prefill === undefined || capabilities.prefill),
    )
    if (rest.length === 0)
      return Promise.reject(
        call.error({ class: 'unsupported', message: 'no other provider can take the stream over' }),
      )
    return runAttempts(this.#loopHost(), call, rest, this.#streamAttempt(call, parts, prefill))
  }

  async #respond(
    call: Call,
    parts: Parts,
    answered: Answered,
  ): Promise<LlmResponse & { readonly object?: unknown }> {
    if ('cached' in answered.metadata) return this.#cachedResponse(call, answered)
    const { ticket, usage, metadata, warnings, object } = answered
    const checked =
      parts.safety === undefined ? answered.answer : await parts.safety.checkOutput(call, answered.answer)
    const response = {
      content: checked.content,
      toolCalls: checked.toolCalls,
      finishReason: checked.finishReason,
      model: checked.model ?? ticket.model,
      provider: ticket.target.name,
      usage,
      costUsd: call.billedUsd,
      metadata: {
        ...metadata,
        latencyMs: call.elapsedMs(),
        attempts: call.attempts,
        ...(checked.id === undefined ? {} : { responseId: checked.id }),
        ...(checked.refusal === undefined ? {} : { refusal: checked.refusal }),
        ...(checked.serviceTier === undefined ? {} : { serviceTier: checked.serviceTier }),
        ...(checked.truncatedToolCalls === undefined
          ? {}
          : { truncatedToolCalls: checked.truncatedToolCalls }),
        ...(warnings.length === 0 ? {} : { warnings }),
      },
      ...(call.check === undefined || object === undefined ? {} : { object }),
    }
    if (call.tags.conversation !== undefined && parts.snapshot.settings.router.sticky === 'conversation')
      this.#state.remember(call.tags.conversation, ticket.target)
    parts.cache?.set(call.request, response, this.#clock.now())
    return response
  }

  #cachedResponse(call: Call, { metadata }: Answered): LlmResponse & { readonly object?: unknown } {
    const response = metadata.cached as LlmResponse
    return {
      ...response,
      costUsd: 0,
      metadata: { ...response.metadata, cached: true, latencyMs: call.elapsedMs(), attempts: [] },
    }
  }

  #build(settings: LlmSettings, before: Parts | undefined): Parts {
    const { features } = settings.router
    const same = (key: keyof typeof features): boolean =>
      before !== undefined &&
      JSON.stringify(before.snapshot.settings.router.features[key]) === JSON.stringify(features[key])
    const snapshot = createSnapshot(settings, this.#env)
    const exporters = createExporters(features.cost_tracking, this.#deps)
    const meter = fanOut([...(this.#deps.meter === undefined ? [] : [this.#deps.meter]), ...exporters.meters])
    return {
      snapshot,
      limiter: same('ai_rate_limiting') ? before?.limiter : limiterFor(features.ai_rate_limiting),
      budgets: same('budget')
        ? before?.budgets
        : features.budget.length === 0
          ? undefined
          : new Budgets(features.budget),
      cache: !features.cache.enabled
        ? undefined
        : same('cache')
          ? before?.cache
          : new ExactCache(features.cache.ttl * 1000, features.cache.max_entries),
      hedge: features.hedge.enabled ? new HedgeBudget(features.hedge.max_extra_cost_pct) : undefined,
      safety: createSafetyGuard(features.content_safety, {
        transport: this.#transport,
        env: this.#env,
        logger: this.#deps.logger ?? NO_LOGGER,
        meter,
        ...(this.#deps.safetyChecker === undefined ? {} : { checker: this.#deps.safetyChecker }),
        gatewayChecks: settings.router.backend === 'kong',
      }),
      meter,
      closeExporters: exporters.close,
    }
  }

  #openShared({ router }: LlmSettings): void {
    this.#shared = router.shared_state.enabled
      ? openSharedState(router.shared_state, {
          root: this.#deps.root ?? process.cwd(),
          clock: this.#clock,
          logger: this.#deps.logger ?? NO_LOGGER,
          state: this.#state,
          limiter: () => this.#parts.limiter,
        })
      : undefined
  }

  #loopHost() {
    return { clock: this.#clock, random: this.#random, state: this.#state }
  }

  #exchangeHost({ meter }: Parts): ExchangeHost {
    return {
      clock: this.#clock,
      state: this.#state,
      logger: this.#deps.logger ?? NO_LOGGER,
      meter,
      startSpan: this.#startSpan,
      transportFor: (target) => (target.type === 'mock' ? this.#mock : this.#transport),
    }
  }

  #circuitChanged(key: string): void {
    const now = this.#clock.now()
    for (const target of this.#parts.snapshot.targets) {
      if (target.key !== key && target.hostKey !== key) continue
      const value =
        this.#state.circuitWaitMs(target, now) > 0
          ? 1
          : this.#state.breaker(target.key).state.kind === 'half-open'
            ? 2
            : 0
      this.#parts.meter.set('circuit_breaker_state', { provider: target.name }, value)
      this.#log(value === 1 ? 'warn' : 'info', 'llm circuit changed', {
        provider: target.name,
        state: ['closed', 'open', 'half-open'][value],
      })
    }
    this.#shared?.changed()
  }

  #logFailure(error: LlmError, call: Call): void {
    if (error.class === 'aborted') return
    this.#log('error', 'llm call failed', {
      ...call.tags,
      code: error.code,
      class: error.class,
      attempts: call.attempts.length,
      durationMs: Math.round(call.elapsedMs()),
      reason: error.message,
    })
  }

  #log(level: 'info' | 'warn' | 'error', message: string, fields: Readonly<Record<string, unknown>>): void {
    this.#deps.logger?.log(level, message, fields)
  }

  #plainError(failureClass: 'request' | 'closed', message: string): LlmError {
    return new LlmError({ class: failureClass, message }, this.#parts.snapshot.redact)
  }

  async #loadOtel(): Promise<void> {
    if (!this.#otelPending) return
    this.#startSpan = await loadOtel()
    this.#otelPending = false
  }
}

/** Opens a router for a configuration in the form of `config/llm_router.yaml`. */
export function createRouter(config: LlmRouterConfigInput, deps: RouterDeps = {}): LlmRouter {
  return new LlmRouter(config, deps)
}

function limiterFor(
  config: LlmSettings['router']['features']['ai_rate_limiting'],
): SlidingLimiter | undefined {
  return config.enabled ? new SlidingLimiter(settingsForLimiter(config)) : undefined
}

/** A remembered answer in the place of one that was fetched. */
function fromCache(response: LlmResponse): Answered {
  return { metadata: { cached: response } } as unknown as Answered
}
