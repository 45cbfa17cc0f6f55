// Before anything is sent: a place in the rate limit, and the worst case out of every budget.

import { isRefusal } from './budget.ts'
import type { BudgetRefusal, BudgetReservation, Budgets } from './budget.ts'
import type { Call } from './call.ts'
import type { Clock } from './clock.ts'
import type { SlidingLimiter } from './limiter.ts'
import type { Expectation } from './snapshot.ts'
import type { LlmLogger } from './telemetry.ts'

/** What a call holds of limits and budgets. */
export interface Holding {
  /** Before each attempt: what earlier attempts of the call have cost comes on top. @throws {LlmError} `LLM_BUDGET` */
  readonly cover: () => void
  /** Gives back what was reserved and was not used. May be called more than once. */
  readonly settle: () => void
}

/** Where nothing is limited. */
export const NO_HOLDING: Holding = { cover: () => undefined, settle: () => undefined }

export interface AdmissionHost {
  readonly clock: Clock
  readonly logger: LlmLogger
  readonly limiter: SlidingLimiter | undefined
  readonly budgets: Budgets | undefined
}

/**
 * Reserves for a call, waiting where the configuration says `queue`.
 *
 * @param worstUsd what the call may cost at the most expensive of its targets.
 * @throws {LlmError} `LLM_LIMIT` or `LLM_BUDGET`.
 */
export async function admit(
  host: AdmissionHost,
  call: Call,
  expected: Expectation,
  worstUsd: number,
): Promise<Holding> {
  const { limiter, budgets } = host
  const settleLimit = limiter === undefined ? undefined : await reserveLimit(host, limiter, call, expected)
  if (budgets === undefined) return { ...NO_HOLDING, settle: () => settleLimit?.() }
  try {
    return holdBudget(host, budgets, call, worstUsd, () => settleLimit?.())
  } catch (error) {
    settleLimit?.()
    throw error
  }
}

function holdBudget(
  host: AdmissionHost,
  budgets: Budgets,
  call: Call,
  worstUsd: number,
  settleLimit: () => void,
): Holding {
  const first = reserveBudget(host, budgets, call, worstUsd)
  const later: BudgetReservation[] = []
  let heldUsd = worstUsd
  const billedUsd = (): number => call.billedUsd ?? worstUsd
  return {
    cover: () => {
      const missingUsd = billedUsd() + worstUsd - heldUsd
      if (missingUsd <= 0) return
      later.push(reserveBudget(host, budgets, call, missingUsd))
      heldUsd += missingUsd
    },
    settle: () => {
      settleLimit()
      const now = host.clock.now()
      first.settle(billedUsd(), now)
      for (const reservation of later) reservation.settle(0, now)
    },
  }
}

async function reserveLimit(
  { clock, logger }: AdmissionHost,
  limiter: SlidingLimiter,
  call: Call,
  expected: Expectation,
): Promise<() => void> {
  const { ai_rate_limiting: limit } = call.snapshot.settings.router.features
  const tokens = expected.inputTokens + expected.outputTokens
  for (;;) {
    const now = clock.now()
    const admission = limiter.reserve(tokens, now)
    if (admission.kind === 'admitted' || limit.enforcement === 'log') {
      if (admission.kind !== 'admitted')
        logger.log('warn', 'llm rate limit exceeded', { ...call.tags, tokens })
      const reservation = admission.kind === 'admitted' ? admission.reservation : limiter.force(tokens, now)
      return () => {
        limiter.settle(reservation, call.billedTokens, call.sent > 0)
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

function reserveBudget(
  { clock, logger }: AdmissionHost,
  budgets: Budgets,
  call: Call,
  worstUsd: number,
): BudgetReservation {
  const reserved = budgets.reserve(worstUsd, call.tags, clock.now(), (exceeded) => {
    logger.log('warn', 'llm budget exceeded', { ...call.tags, ...about(exceeded) })
  })
  if (!isRefusal(reserved)) return reserved
  const { scope, limitUsd, spentUsd, retryAfterMs } = reserved
  throw call.error({
    class: 'budget',
    message: `The budget of ${limitUsd} USD for this ${scope} does not cover another call (spent ${spentUsd.toFixed(6)} USD; this one may cost ${worstUsd.toFixed(6)} USD)`,
    hint: 'Raise limit_usd in features.budget, or set maxTokens so that less has to be reserved.',
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}

function about({ scope, limitUsd, spentUsd }: BudgetRefusal): Record<string, unknown> {
  return { scope, limitUsd, spentUsd }
}
