import type { LlmObjectResponse, LlmRequest, LlmResponse } from '../llm/messages.ts'
import type { StepRouter } from '../service/builtin-functions.ts'

/** One answer of a script: its text, or the parts of a response that matter to the test. */
export type ScriptedAnswer = string | Partial<LlmObjectResponse>

/** Answers in the order of the calls, or a function of the request. */
export type LlmScript =
  readonly ScriptedAnswer[] | ((request: LlmRequest) => ScriptedAnswer | Promise<ScriptedAnswer>)

/** Words, not tokens: enough for a test to see that usage is passed on. */
function words(text: string): number {
  return text.split(/\s+/).filter((word) => word !== '').length
}

function textOf(request: LlmRequest): string {
  return request.messages.map(({ content }) => (typeof content === 'string' ? content : '')).join('\n')
}

function complete(answer: ScriptedAnswer, request: LlmRequest): LlmObjectResponse {
  const given = typeof answer === 'string' ? { content: answer } : answer
  const content = given.content ?? (given.object === undefined ? '' : JSON.stringify(given.object))
  const inputTokens = words(textOf(request))
  const outputTokens = words(content)
  return {
    toolCalls: [],
    finishReason: (given.toolCalls?.length ?? 0) > 0 ? 'tool_calls' : 'stop',
    model: 'scripted',
    provider: 'test',
    usage: {
      inputTokens,
      outputTokens,
      totalTokens: inputTokens + outputTokens,
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
      reasoningTokens: 0,
      estimated: true,
    },
    costUsd: 0,
    metadata: {},
    object: undefined,
    ...given,
    content,
  }
}

/**
 * A router that answers from a script, for tests.
 *
 * @throws (from a call) an error that says how many answers the script had, once it has run out.
 */
export function scriptedLlm(script: LlmScript): StepRouter {
  let asked = 0
  const answer = async (request: LlmRequest): Promise<LlmObjectResponse> => {
    if (typeof script === 'function') return complete(await script(request), request)
    const next = script[asked]
    asked += 1
    if (next === undefined)
      throw new Error(`The LLM script of this test has ${script.length} answers, and was asked for one more.`)
    return complete(next, request)
  }
  return {
    chat: answer,
    object: answer,
    stream: (request) => {
      const final: Promise<LlmResponse> = answer(request)
      return {
        async *[Symbol.asyncIterator]() {
          const { content, provider, model, finishReason } = await final
          yield { type: 'start', provider, model } as const
          yield { type: 'text', text: content } as const
          yield { type: 'finish', finishReason } as const
        },
        final: () => final,
      }
    },
  }
}
