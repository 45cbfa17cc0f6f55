import type { Call } from './call.ts'
import type { Answered } from './exchange.ts'
import type { LlmResponse } from './messages.ts'

/** A response, with the checked object where one was asked for. */
export type RoutedResponse = LlmResponse & { readonly object?: unknown }

/** What the caller gets for an answer. */
export function responseOf(
  call: Call,
  { ticket, answer, usage, object, metadata, warnings: fromEncoding }: Answered,
): RoutedResponse {
  const warnings = [...call.warnings, ...fromEncoding]
  return {
    content: answer.content,
    toolCalls: answer.toolCalls,
    finishReason: answer.finishReason,
    model: answer.model ?? ticket.model,
    provider: ticket.target.name,
    usage,
    costUsd: call.billedUsd,
    metadata: {
      ...metadata,
      latencyMs: call.elapsedMs(),
      attempts: [...call.attempts],
      ...(answer.id === undefined ? {} : { responseId: answer.id }),
      ...(answer.refusal === undefined ? {} : { refusal: answer.refusal }),
      ...(answer.serviceTier === undefined ? {} : { serviceTier: answer.serviceTier }),
      ...(answer.truncatedToolCalls === undefined ? {} : { truncatedToolCalls: answer.truncatedToolCalls }),
      ...(call.costEstimated ? { costEstimated: true } : {}),
      ...(warnings.length === 0 ? {} : { warnings }),
    },
    ...(object === undefined ? {} : { object }),
  }
}

/** A remembered answer: nothing was sent and nothing billed. */
export function cachedResponse(response: RoutedResponse, call: Call): RoutedResponse {
  const metadata = { ...response.metadata, cached: true, latencyMs: call.elapsedMs(), attempts: [] }
  return { ...response, costUsd: 0, metadata }
}
