// Azure AI Content Safety, `text:analyze`. Severities come as 0, 2, 4, 6; a text may have 10,000 characters.

import { isRecord } from '../adapters/adapter.ts'
import { parseJson } from '../adapters/classify.ts'
import { CancelScope } from '../cancellation.ts'
import type { SafetyCategory, SafetySeverity } from '../config.ts'
import type { Transport } from '../transport/transport.ts'
import type { SafetyChecker, SafetyFinding } from './checker.ts'

const CATEGORIES: Readonly<Record<string, SafetyCategory>> = {
  Violence: 'violence',
  Hate: 'hate',
  Sexual: 'sexual',
  SelfHarm: 'self-harm',
}

const MAX_CHARACTERS = 10_000

export interface AzureOptions {
  readonly endpoint: string
  readonly apiKey: string
  readonly timeoutMs: number
}

export function createAzureChecker(
  { endpoint, apiKey, timeoutMs }: AzureOptions,
  transport: Transport,
): SafetyChecker {
  const url = new URL('/contentsafety/text:analyze?api-version=2024-09-01', endpoint)
  const analyze = async (text: string, signal: AbortSignal): Promise<SafetyFinding[]> => {
    const scope = new CancelScope()
    const cancel = (): void => scope.cancel({ class: 'aborted', message: 'the check was given up' })
    signal.addEventListener('abort', cancel, { once: true })
    try {
      const response = await transport.send(
        {
          origin: url.origin,
          path: url.pathname + url.search,
          headers: { 'content-type': 'application/json', 'ocp-apim-subscription-key': apiKey },
          body: JSON.stringify({
            text,
            categories: Object.keys(CATEGORIES),
            outputType: 'FourSeverityLevels',
          }),
        },
        {
          connectMs: timeoutMs,
          firstByteMs: timeoutMs,
          idleMs: timeoutMs,
          idleCounts: 'bytes',
          totalMs: timeoutMs,
        },
        scope,
      )
      const body = parseJson(await response.text())
      if (response.status !== 200 || !isRecord(body))
        throw new Error(`Azure AI Content Safety answered HTTP ${response.status}`)
      return readAnalysis(body)
    } finally {
      signal.removeEventListener('abort', cancel)
    }
  }
  return {
    check: async (text, signal) =>
      (await Promise.all(piecesOf(text).map((piece) => analyze(piece, signal)))).flat(),
  }
}

function readAnalysis(body: Record<string, unknown>): SafetyFinding[] {
  if (!Array.isArray(body.categoriesAnalysis))
    throw new Error('Azure AI Content Safety answered without an analysis')
  return body.categoriesAnalysis.filter(isRecord).flatMap((item) => {
    const category = CATEGORIES[String(item.category)]
    const severity = severityOf(item.severity)
    return category === undefined || severity === undefined ? [] : [{ category, severity }]
  })
}

function severityOf(value: unknown): SafetySeverity | undefined {
  if (typeof value !== 'number' || value < 2) return undefined
  return value >= 6 ? 'high' : value >= 4 ? 'medium' : 'low'
}

function piecesOf(text: string): string[] {
  const count = Math.max(1, Math.ceil(text.length / MAX_CHARACTERS))
  return Array.from({ length: count }, (_, index) =>
    text.slice(index * MAX_CHARACTERS, (index + 1) * MAX_CHARACTERS),
  )
}
