// Content safety around a call: looks at what goes in and what comes out, and blocks, redacts or only notes.

import { ConfigError } from '../../config/config-error.ts'
import type { DecodedAnswer } from '../adapters/adapter.ts'
import type { Call } from '../call.ts'
import type { RouterSettings } from '../config.ts'
import type { LlmError } from '../errors.ts'
import type { ContentPart, LlmMessage, LlmRequest } from '../messages.ts'
import type { LlmLogger, LlmMeter } from '../telemetry.ts'
import type { Transport } from '../transport/transport.ts'
import { createAzureChecker } from './azure.ts'
import type { SafetyChecker, SafetyFinding } from './checker.ts'
import { createRuleChecker } from './rules.ts'

type SafetySettings = RouterSettings['features']['content_safety']

export interface GuardDeps {
  readonly transport: Transport
  readonly env: Readonly<Record<string, string | undefined>>
  readonly logger: LlmLogger
  readonly meter: LlmMeter
  readonly checker?: SafetyChecker
  /** Behind Kong, its own plugin checks when no endpoint is given here. */
  readonly gatewayChecks: boolean
}

export interface SafetyGuard {
  /** Returns the request to send. @throws {LlmError} `LLM_CONTENT_FILTER` */
  checkInput(call: Call): Promise<LlmRequest>
  /** Returns the answer to hand out. @throws {LlmError} `LLM_CONTENT_FILTER` */
  checkOutput(call: Call, answer: DecodedAnswer): Promise<DecodedAnswer>
  /** A stream's text must be checked before anybody sees it. */
  readonly holdsBackOutput: boolean
}

const REDACTED = '[removed]'

/**
 * The guard that the file asks for; undefined when it asks for none.
 *
 * @throws {ConfigError} when Azure is asked for and its address or key is missing.
 */
export function createSafetyGuard(settings: SafetySettings, deps: GuardDeps): SafetyGuard | undefined {
  if (!settings.enabled) return undefined
  const checker = deps.checker ?? checkerFor(settings, deps)
  return checker === undefined ? undefined : new Guard(settings, checker, deps)
}

function checkerFor(
  settings: SafetySettings,
  { transport, env, gatewayChecks }: GuardDeps,
): SafetyChecker | undefined {
  if (settings.provider === 'rules') return createRuleChecker(settings.rules)
  const endpoint = settings.endpoint ?? env.AZURE_CONTENT_SAFETY_ENDPOINT
  const apiKey = settings.api_key ?? env.AZURE_CONTENT_SAFETY_KEY
  if (endpoint !== undefined && apiKey !== undefined)
    return createAzureChecker({ endpoint, apiKey, timeoutMs: settings.timeout * 1000 }, transport)
  if (gatewayChecks) return undefined
  throw new ConfigError([
    {
      code: 'CONFIG_INVALID',
      file: 'router configuration:',
      message: 'content_safety.provider azure needs an endpoint and an api_key',
      hint: 'Give both, or set AZURE_CONTENT_SAFETY_ENDPOINT and AZURE_CONTENT_SAFETY_KEY.',
    },
  ])
}

class Guard implements SafetyGuard {
  readonly holdsBackOutput: boolean
  readonly #settings: SafetySettings
  readonly #checker: SafetyChecker
  readonly #deps: GuardDeps

  constructor(settings: SafetySettings, checker: SafetyChecker, deps: GuardDeps) {
    this.#settings = settings
    this.#checker = checker
    this.#deps = deps
    this.holdsBackOutput = settings.check.includes('output') && settings.action !== 'log'
  }

  async checkInput(call: Call): Promise<LlmRequest> {
    const { request } = call
    if (!this.#settings.check.includes('input')) return request
    const messages = await Promise.all(
      request.messages.map(async (message): Promise<LlmMessage> => {
        const { content } = message
        if (typeof content === 'string')
          return { ...message, content: await this.#pass(call, content, 'input') }
        return { ...message, content: await Promise.all(content.map((part) => this.#passPart(call, part))) }
      }),
    )
    return { ...request, messages }
  }

  async #passPart(call: Call, part: ContentPart): Promise<ContentPart> {
    return part.type === 'text' ? { ...part, text: await this.#pass(call, part.text, 'input') } : part
  }

  async checkOutput(call: Call, answer: DecodedAnswer): Promise<DecodedAnswer> {
    if (!this.#settings.check.includes('output') || answer.content === '') return answer
    return { ...answer, content: await this.#pass(call, answer.content, 'output') }
  }

  /** The text, or what may be left of it. */
  async #pass(call: Call, text: string, where: 'input' | 'output'): Promise<string> {
    if (text === '') return text
    const { filters, block_on, action } = this.#settings
    const all = await this.#check(call, text)
    const found = all.filter(
      ({ category, severity }) => filters.includes(category) && block_on.includes(severity),
    )
    if (found.length === 0) return text
    this.#note(call, found, where)
    if (action === 'log') return text
    if (action === 'redact') return redact(text, found)
    throw this.#blocked(call, `Content safety: ${describe(found)} in the ${where}`, undefined)
  }

  async #check(call: Call, text: string): Promise<readonly SafetyFinding[]> {
    let spent: AbortSignal | undefined
    try {
      return await call.underSignal((signal) => {
        spent = signal
        return this.#checker.check(text, signal)
      })
    } catch (cause) {
      call.throwIfCancelled()
      if (spent?.aborted === true)
        throw call.error({ class: 'timeout', message: 'the deadline passed while the content was checked' })
      this.#deps.logger.log('warn', 'content safety did not answer', {
        ...call.tags,
        action: this.#settings.on_unavailable,
      })
      if (this.#settings.on_unavailable === 'allow') return []
      throw this.#blocked(call, 'Content safety did not answer', cause)
    }
  }

  #note(call: Call, found: readonly SafetyFinding[], where: 'input' | 'output'): void {
    for (const { category, severity } of found)
      this.#deps.meter.count('llm_safety_violations_total', { category, severity, where }, 1)
    if (this.#settings.log_violations)
      this.#deps.logger.log('warn', 'content safety violation', {
        ...call.tags,
        where,
        found: describe(found),
        action: this.#settings.action,
      })
  }

  #blocked(call: Call, message: string, cause: unknown): LlmError {
    return call.error({
      class: 'content_filter',
      message,
      hint: 'See features.content_safety in config/llm_router.yaml.',
      ...(cause === undefined ? {} : { cause }),
    })
  }
}

function describe(found: readonly SafetyFinding[]): string {
  return [...new Set(found.map(({ category, severity }) => `${category} (${severity})`))].join(', ')
}

/** From the end, so that the places before it stay where they are. */
function redact(text: string, found: readonly SafetyFinding[]): string {
  const spans = found.map(({ span }) => span)
  if (spans.includes(undefined)) return REDACTED
  const known = spans.filter((span) => span !== undefined).toSorted((a, b) => b.start - a.start)
  return known.reduce((rest, { start, end }) => rest.slice(0, start) + REDACTED + rest.slice(end), text)
}
