// The message model: a superset of what OpenAI and Anthropic accept, in one spelling. Adapters translate both ways.

/** A piece of a message's content. Images are given by address or as base64. */
export type ContentPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image'; readonly url: string; readonly detail?: 'auto' | 'low' | 'high' }
  | {
      readonly type: 'image'
      readonly data: string
      readonly mediaType: string
      readonly detail?: 'auto' | 'low' | 'high'
    }

export interface LlmToolCall {
  readonly id: string
  readonly name: string
  /** Parsed: an object, `{}` when the model gave none. Never a string of JSON. */
  readonly arguments: unknown
}

export interface LlmMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool'
  readonly content: string | readonly ContentPart[]
  /** On an assistant's message: the tools that it asked for. */
  readonly toolCalls?: readonly LlmToolCall[]
  /** On a tool's message: which call it answers. */
  readonly toolCallId?: string
  /** On a tool's message: the tool failed, and the content says how. */
  readonly isError?: boolean
}

export interface LlmTool {
  readonly name: string
  readonly description?: string
  /** JSON Schema of the arguments. */
  readonly parameters: Readonly<Record<string, unknown>>
  readonly strict?: boolean
}

export type LlmToolChoice = 'auto' | 'none' | 'required' | { readonly name: string }

/** A shape that the answer must have, as JSON Schema. */
export interface LlmAnswerSchema {
  readonly name?: string
  readonly description?: string
  readonly schema: Readonly<Record<string, unknown>>
}

export interface LlmRequest {
  readonly messages: readonly LlmMessage[]
  /**
   * In place of the configured model: one name a provider (`{ 'openai-primary': 'gpt-4o' }`), or a plain name, which
   * is meant for the first provider that can know it. The others keep their own.
   */
  readonly model?: string | Readonly<Record<string, string>>
  readonly temperature?: number
  readonly topP?: number
  /** Ceiling of the answer's tokens. */
  readonly maxTokens?: number
  readonly stop?: string | readonly string[]
  readonly seed?: number
  readonly tools?: readonly LlmTool[]
  readonly toolChoice?: LlmToolChoice
  readonly parallelToolCalls?: boolean
  readonly schema?: LlmAnswerSchema
  readonly reasoningEffort?: 'minimal' | 'low' | 'medium' | 'high'
  readonly serviceTier?: string
  /** An opaque id of the end user, handed to the provider. */
  readonly user?: string
}

/**
 * Why the answer ended. `pause_turn` is Anthropic's "send this back and I go on"; `length` means cut.
 */
export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'pause_turn'

export interface LlmUsage {
  /** All input, cache reads and writes included. */
  readonly inputTokens: number
  readonly outputTokens: number
  readonly totalTokens: number
  readonly cacheReadTokens: number
  readonly cacheWriteTokens: number
  /** Part of cacheWriteTokens that was written for an hour, which costs more. */
  readonly cacheWrite1hTokens?: number
  readonly reasoningTokens: number
  /** The provider gave no usable figures, or the answer was broken off: counted by us. */
  readonly estimated: boolean
}

/** One request that was sent (or refused before sending) on behalf of a call. */
export interface LlmAttempt {
  readonly target: string
  readonly model: string
  readonly outcome: 'ok' | 'failed'
  readonly class?: string
  readonly status?: number
  readonly requestId?: string
  readonly ms: number
  readonly costUsd?: number | null
}

export interface LlmResponse {
  readonly content: string
  readonly toolCalls: readonly LlmToolCall[]
  readonly finishReason: FinishReason
  /** As the provider names it; may be more exact than what was asked for. */
  readonly model: string
  /** The provider's name in config/llm_router.yaml. */
  readonly provider: string
  readonly usage: LlmUsage
  /** All billed attempts of the call together; null when a price is unknown. */
  readonly costUsd: number | null
  /**
   * latencyMs, attempts, and what else is known: requestId, kong, refusal, truncatedToolCalls, warnings,
   * `costEstimated` (part of costUsd rests on token counts of ours).
   */
  readonly metadata: Readonly<Record<string, unknown>>
}

export interface LlmObjectResponse<T = unknown> extends LlmResponse {
  /** The answer, parsed and checked against the schema. */
  readonly object: T
}

/** What a stream yields. `reset` says: forget the text so far, another provider begins again. */
export type LlmStreamEvent =
  | { readonly type: 'start'; readonly provider: string; readonly model: string }
  | { readonly type: 'text'; readonly text: string }
  | {
      readonly type: 'tool_call_delta'
      readonly index: number
      readonly id?: string
      readonly name?: string
      readonly arguments: string
    }
  | { readonly type: 'reset'; readonly provider: string; readonly model: string }
  | { readonly type: 'usage'; readonly usage: LlmUsage }
  | { readonly type: 'finish'; readonly finishReason: FinishReason }
  | { readonly type: 'error'; readonly error: Error }

/** What a caller may say about one call. */
export interface LlmCallOptions {
  /** Aborting closes the connection to the provider and settles what was reserved. */
  readonly signal?: AbortSignal
  /** For everything together, from now; default `timeouts.total`. */
  readonly deadlineMs?: number
  /** Handed on to providers that know it, the same for all attempts. In an agent: the step's. */
  readonly idempotencyKey?: string
  /** Free labels for budgets and logs. `run`, `agent` and `conversation` have a meaning to the router. */
  readonly tags?: Readonly<Record<string, string>>
}
