import { classifyStatus, header, requestIdOf } from './classify.ts'
import { encodeOpenAi } from './openai-request.ts'
import { decodeOpenAi, OPENAI_FINISH } from './openai-response.ts'
import { OpenAiStreamDecoder } from './openai-stream.ts'
import type { Adapter } from './adapter.ts'
import type { FinishVocabulary } from './openai-response.ts'
import type { ResponseHeaders } from '../transport/transport.ts'

/** OpenAI's chat completions, and whoever speaks like it. */
export const openAiAdapter: Adapter = openAiLike(OPENAI_FINISH)

/** Servers that imitate OpenAI hand on the words of what stands behind them. */
export const openAiCompatibleAdapter: Adapter = openAiLike({
  ...OPENAI_FINISH,
  end_turn: 'stop',
  stop_sequence: 'stop',
  eos: 'stop',
  max_tokens: 'length',
  tool_use: 'tool_calls',
})

function openAiLike(vocabulary: FinishVocabulary): Adapter {
  return {
    encode: encodeOpenAi,
    decode: (body, target) => decodeOpenAi(body, target, vocabulary),
    decodeStream: (target) => new OpenAiStreamDecoder(target, vocabulary),
    classify: (status, headers, body, _sentBytes, wallNow) => classifyStatus(status, headers, body, wallNow),
    metadata: openAiMetadata,
  }
}

function openAiMetadata(headers: ResponseHeaders): Record<string, unknown> {
  const requestId = requestIdOf(headers)
  const processingMs = Number(header(headers, 'openai-processing-ms') ?? Number.NaN)
  return {
    ...(requestId === undefined ? {} : { requestId }),
    ...(Number.isFinite(processingMs) ? { processingMs } : {}),
  }
}
