// A ticket stands for one attempt at one target. However the attempt ends, exactly one of its ends is called, and
// everything that was taken for it is given back there.

import type { DecodedAnswer } from './adapters/adapter.ts'
import type { Call } from './call.ts'
import type { Clock } from './clock.ts'
import { DECISIONS, QUOTA_PARK_MS } from './decisions.ts'
import type { LlmFailure } from './errors.ts'
import type { LlmAttempt, LlmUsage } from './messages.ts'
import type { AttemptSpan, SpanStarter } from './otel.ts'
import type { Permit, RouterState } from './state.ts'
import { modelFor } from './targets.ts'
import type { Target } from './targets.ts'
import type { LlmLogger, LlmMeter } from './telemetry.ts'

export interface TicketHost {
  readonly clock: Clock
  readonly state: RouterState
  readonly logger: LlmLogger
  readonly meter: LlmMeter
  readonly startSpan: SpanStarter
}

/** A limit shorter than this that a caller's deadline imposed says nothing about the provider. */
const FAIR_LIMIT_MS = 1000

export class Ticket {
  readonly target: Target
  readonly model: string
  readonly #host: TicketHost
  readonly #call: Call
  readonly #permit: Permit
  readonly #startedAt: number
  readonly #span: AttemptSpan | undefined
  #chunkAt = 0
  #ended = false

  constructor(host: TicketHost, call: Call, permit: Permit) {
    const { target } = permit
    this.#host = host
    this.#call = call
    this.#permit = permit
    this.target = target
    this.model = modelFor(target, call.request)
    this.#startedAt = host.clock.now()
    host.state.enter(target)
    this.#span = host.startSpan(call, target, this.model)
  }

  get elapsedMs(): number {
    return this.#host.clock.now() - this.#startedAt
  }

  /** The first content of a stream has arrived. */
  firstChunk(): void {
    this.#host.state.recordLatency(this.target, this.elapsedMs)
    this.#span?.firstChunk(this.elapsedMs)
    this.#chunkAt = this.elapsedMs
  }

  /** More of a stream has arrived. */
  nextChunk(): void {
    if (this.#span === undefined) return
    const { elapsedMs } = this
    this.#span.nextChunk(elapsedMs - this.#chunkAt)
    this.#chunkAt = elapsedMs
  }

  /** The target answered. `usage` is the provider's, or our estimate. */
  succeed(answer: DecodedAnswer, usage: LlmUsage, requestId: string | undefined): void {
    if (!this.#end()) return
    const { clock, state } = this.#host
    const now = clock.now()
    const ms = this.elapsedMs
    const id = requestId === undefined ? {} : { requestId: this.#call.snapshot.redact(requestId) }
    this.#permit.report('success', 'success', now)
    if (!this.#call.streaming) state.recordLatency(this.target, ms)
    state.recordTokens(this.target, usage.totalTokens, now)
    const costUsd = this.#bill(usage, answer.model, answer.serviceTier)
    this.#record({ outcome: 'ok', ms, costUsd, ...id })
    this.#measure('ok', ms)
    this.#span?.succeed(answer, usage, ms)
    this.#host.logger.log('info', 'llm call answered', {
      ...this.#about(),
      durationMs: Math.round(ms),
      inputTokens: usage.inputTokens,
      outputTokens: usage.outputTokens,
      estimated: usage.estimated,
      costUsd,
      finishReason: answer.finishReason,
      ...id,
    })
  }

  /** The target failed. `limitMs` is what it was given, `ownLimitMs` what its configuration grants. */
  fail(failure: LlmFailure, limitMs: number, ownLimitMs: number): void {
    if (failure.class === 'aborted' || failure.class === 'closed') {
      this.abandon(failure.usage)
      return
    }
    if (!this.#end()) return
    const { redact } = this.#call.snapshot
    const ms = this.elapsedMs
    const hurried = failure.class === 'timeout' && limitMs < Math.min(ownLimitMs, FAIR_LIMIT_MS)
    this.#judge(failure, hurried)
    const costUsd = failure.usage === undefined ? undefined : this.#bill(failure.usage, undefined, undefined)
    const where = {
      ...(failure.status === undefined ? {} : { status: failure.status }),
      ...(failure.requestId === undefined ? {} : { requestId: redact(failure.requestId) }),
    }
    this.#record({
      outcome: 'failed',
      class: failure.class,
      ms,
      ...where,
      ...(costUsd === undefined ? {} : { costUsd }),
    })
    this.#measure(failure.class, ms)
    this.#span?.fail(failure.class, redact(failure.message), ms)
    this.#host.logger.log('warn', 'llm attempt failed', {
      ...this.#about(),
      durationMs: Math.round(ms),
      class: failure.class,
      reason: redact(failure.message),
      ...where,
      ...(failure.retryAfterMs === undefined ? {} : { retryAfterMs: failure.retryAfterMs }),
    })
  }

  /** Nobody waits for the answer any more: says nothing about the target. */
  abandon(usage?: LlmUsage): void {
    if (!this.#end()) return
    this.#permit.report('abandon', 'abandon', this.#host.clock.now())
    if (usage !== undefined) this.#bill(usage, undefined, undefined)
    this.#span?.abandon()
  }

  #end(): boolean {
    if (this.#ended) return false
    this.#ended = true
    this.#host.state.leave(this.target)
    return true
  }

  /** What the failure says about host and target. */
  #judge(failure: LlmFailure, hurried: boolean): void {
    const { clock, state } = this.#host
    const now = clock.now()
    const { breaker: blamed, park } = DECISIONS[failure.class]
    // Whether a model can keep to a caller's schema says nothing about whether it is there.
    const breaker = failure.code === 'LLM_SCHEMA_MISMATCH' ? null : blamed
    // Whatever answered, was reached.
    const host = breaker === 'host' ? 'failure' : failure.class === 'timeout' ? 'abandon' : 'success'
    this.#permit.report(host, breaker === 'target' && !hurried ? 'failure' : 'abandon', now)
    const hintMs = failure.retryAfterMs
    if (park === 'long')
      state.parking.park(this.target.key, now + Math.max(QUOTA_PARK_MS, hintMs ?? 0), 'quota')
    else if (park === 'hint' && hintMs !== undefined)
      state.parking.park(this.target.key, now + hintMs, 'rate_limit')
  }

  #bill(usage: LlmUsage, answeredBy: string | undefined, tier: string | undefined): number | null {
    const { prices } = this.#call.snapshot
    const { meter } = this.#host
    const labels = this.#labels()
    // The exact model that answered, where its price is known; else the one that was asked for.
    const priced = answeredBy !== undefined && prices.find(answeredBy) !== undefined ? answeredBy : this.model
    const costUsd = this.target.type === 'mock' ? 0 : prices.cost(priced, usage, tier)
    this.#call.bill(costUsd, usage)
    for (const [type, tokens] of tokenTypes(usage))
      if (tokens > 0) meter.count('llm_tokens_total', { ...labels, type }, tokens)
    if (costUsd === null) meter.count('llm_unpriced_requests_total', labels, 1)
    else meter.count('llm_cost_total_usd', labels, costUsd)
    return costUsd
  }

  #record(result: Omit<LlmAttempt, 'target' | 'model'>): void {
    this.#call.attempts.push({ target: this.target.name, model: this.model, ...result })
  }

  #measure(status: string, ms: number): void {
    this.#host.meter.count('llm_requests_total', { ...this.#labels(), status }, 1)
    this.#host.meter.observe('llm_request_duration_seconds', this.#labels(), ms / 1000)
  }

  #labels(): { provider: string; model: string } {
    return { provider: this.target.name, model: this.model }
  }

  #about(): Record<string, unknown> {
    return { ...this.#labels(), ...this.#call.tags, attempt: this.#call.attempts.length }
  }
}

/** `prompt` holds what came from and went to the cache, `completion` the reasoning. */
function tokenTypes(usage: LlmUsage): [string, number][] {
  return [
    ['prompt', usage.inputTokens],
    ['completion', usage.outputTokens],
    ['cache_read', usage.cacheReadTokens],
    ['cache_write', usage.cacheWriteTokens],
    ['reasoning', usage.reasoningTokens],
  ]
}
