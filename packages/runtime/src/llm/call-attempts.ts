// What one attempt of a call is: sent alone or with a hedge, streamed or fetched whole.

import type { Attempt, AttemptResult } from './attempts.ts'
import type { Call } from './call.ts'
import type { CancelScope } from './cancellation.ts'
import { discardOpened, exchangeChat, exchangeStream } from './exchange.ts'
import type { Answered, ExchangeHost, OpenedStream } from './exchange.ts'
import { hedged } from './hedge.ts'
import type { Parts } from './parts.ts'
import { expectedCost, expectedTokens } from './snapshot.ts'
import type { Permit } from './state.ts'
import type { Target } from './targets.ts'

/** A call and the configuration that it began with. */
interface Sending {
  readonly call: Call
  readonly parts: Parts
}

/** Attempts of a call that wants its answer whole. */
export function chatAttempt(host: ExchangeHost, sending: Sending): Attempt<Answered> {
  return withHedge(host, sending, (permit, shareMs, scope) =>
    exchangeChat(host, sending.call, permit, shareMs, scope),
  )
}

/**
 * Attempts of a call that wants a stream.
 *
 * @param prefill the text that another target has given already, to go on from.
 */
export function streamAttempt(
  host: ExchangeHost,
  sending: Sending,
  prefill?: string,
): Attempt<OpenedStream | Answered> {
  return withHedge(host, sending, (permit, shareMs, scope) =>
    mustBuffer(sending, permit.target) && prefill === undefined
      ? exchangeChat(host, sending.call, permit, shareMs, scope)
      : exchangeStream(host, sending.call, permit, shareMs, scope, prefill),
  )
}

/** A stream that loses tool calls, or whose text must be checked before anybody sees it, is fetched whole. */
function mustBuffer({ call: { request }, parts: { safety } }: Sending, { capabilities }: Target): boolean {
  const throughTools =
    (request.tools ?? []).length > 0 || (request.schema !== undefined && !capabilities.jsonSchema)
  return safety?.holdsBackOutput === true || (throughTools && !capabilities.streamsTools)
}

/** The first attempt of a call gets company when hedging is on. */
function withHedge<T extends Answered | OpenedStream>(
  { clock, state }: ExchangeHost,
  { call, parts: { hedge, snapshot } }: Sending,
  attempt: (permit: Permit, shareMs: number, scope: CancelScope) => Promise<AttemptResult<T>>,
): Attempt<T> {
  if (hedge === undefined) return (permit, shareMs) => attempt(permit, shareMs, call.scope)
  return (permit, shareMs, [other]) => {
    if (other === undefined || call.sent > 1) return attempt(permit, shareMs, call.scope)
    return hedged(snapshot.settings.router.features.hedge.delay_ms, clock, call.scope, {
      first: (scope) => attempt(permit, shareMs, scope),
      second: (scope) => {
        const price = expectedCost(snapshot, other, call.request, expectedTokens(call.request)) ?? 0
        const beside = state.tryCall(other, clock.now())
        if (beside === undefined) return undefined
        if (!hedge.tryExtra(price === 0 ? 1 : price)) {
          beside.report('abandon', 'abandon', clock.now())
          return undefined
        }
        call.sent++
        return attempt(beside, Math.min(shareMs, call.remainingMs()), scope)
      },
      drop: discardOpened,
    })
  }
}
