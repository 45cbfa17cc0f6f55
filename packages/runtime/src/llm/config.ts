// The one definition of config/llm_router.yaml: types, defaults, editor schema and reference docs come from here.
// Units follow the file: seconds unless a key says `_ms`; inside the router they are milliseconds (settings.ts).

import { z } from 'zod'
import { parseConfigValue } from '../config/parse-config.ts'

const seconds = (what: string) => z.number().positive().describe(`${what} In seconds.`)

/** What may send a call on to the next provider. The first five are the default. */
export const FALLBACK_CONDITIONS = [
  'timeout',
  '5xx',
  'rate_limit',
  'malformed_response',
  'llm_error',
  'auth',
  'config',
  'content_filter',
  'context_length',
  'refusal',
] as const

const timeouts = z
  .strictObject({
    connect: seconds('Until the connection stands.').default(5),
    first_token: seconds(
      'Until the first content of a stream; where it is written out, also until the headers of a plain answer.',
    ).optional(),
    idle: seconds('The longest pause between two pieces of a stream.').default(30),
    total: seconds('Everything together: all attempts, all providers, all waiting.').default(120),
    liveness: z
      .enum(['bytes', 'content'])
      .default('bytes')
      .describe('What restarts the idle clock: any byte (pings count), or content only.'),
  })
  .prefault({})

const rateLimiting = z
  .strictObject({
    enabled: z.boolean().default(false),
    window: z
      .union([z.enum(['second', 'minute', 'hour', 'day']), z.number().positive()])
      .default('minute')
      .describe('Length of the sliding window: a name, or seconds.'),
    token_limit: z.int().positive().optional().describe('Tokens (input and output) inside the window.'),
    request_limit: z.int().positive().optional().describe('Calls inside the window.'),
    strategy: z.enum(['sliding']).default('sliding'),
    enforcement: z
      .enum(['block', 'queue', 'log'])
      .default('block')
      .describe('block: fail at once; queue: wait inside the deadline; log: only warn.'),
  })
  .prefault({})

const costTracking = z
  .strictObject({
    enabled: z.boolean().default(true),
    export_to: z.array(z.enum(['prometheus', 'datadog', 'cloudwatch'])).default(['prometheus']),
    namespace: z.string().min(1).default('rgen').describe('CloudWatch namespace, and prefix in Datadog.'),
    statsd: z
      .strictObject({
        host: z.string().min(1).default('127.0.0.1'),
        port: z.int().min(1).max(65535).default(8125),
      })
      .prefault({})
      .describe('Where the Datadog agent listens (UDP).'),
  })
  .prefault({})

export const SAFETY_CATEGORIES = ['violence', 'hate', 'sexual', 'self-harm'] as const
export const SAFETY_SEVERITIES = ['low', 'medium', 'high'] as const

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'giu') instanceof RegExp
  } catch {
    return false
  }
}

const contentSafety = z
  .strictObject({
    enabled: z.boolean().default(false),
    provider: z
      .enum(['rules', 'azure'])
      .default('rules')
      .describe('rules: checked in this process; azure: Azure AI Content Safety.'),
    filters: z.array(z.enum(SAFETY_CATEGORIES)).default([...SAFETY_CATEGORIES]),
    block_on: z.array(z.enum(SAFETY_SEVERITIES)).default(['high']).describe('Severities that are acted on.'),
    action: z.enum(['block', 'redact', 'log']).default('block'),
    check: z.array(z.enum(['input', 'output'])).default(['input', 'output']),
    log_violations: z.boolean().default(true),
    rules: z
      .array(
        z.strictObject({
          pattern: z
            .string()
            .min(1)
            .refine(isPattern, 'This is not a regular expression.')
            .describe('Regular expression, matched without regard to case.'),
          category: z.enum(SAFETY_CATEGORIES),
          severity: z.enum(SAFETY_SEVERITIES).default('high'),
        }),
      )
      .default([])
      .describe("Rules of your own, beside the checker's."),
    endpoint: z
      .url()
      .optional()
      .describe('Azure resource, for instance https://name.cognitiveservices.azure.com'),
    api_key: z.string().optional(),
    timeout: seconds('For one check.').default(5),
    on_unavailable: z
      .enum(['block', 'allow'])
      .default('block')
      .describe('What happens to a call when the checker itself does not answer.'),
  })
  .prefault({})

const perMillion = z.number().nonnegative()
const price = z
  .strictObject({
    input_per_1m: perMillion.optional().describe('USD for a million input tokens.'),
    output_per_1m: perMillion.optional(),
    cache_read_per_1m: perMillion.optional(),
    cache_write_per_1m: perMillion.optional(),
    cache_write_1h_per_1m: perMillion.optional(),
    prompt_per_1k: perMillion.optional().describe('Older spelling: USD for a thousand input tokens.'),
    completion_per_1k: perMillion.optional().describe('Older spelling: USD for a thousand output tokens.'),
  })
  .check((context) => {
    const { input_per_1m, output_per_1m, prompt_per_1k, completion_per_1k } = context.value
    const perThousand = prompt_per_1k !== undefined || completion_per_1k !== undefined
    const perMillionToo = input_per_1m !== undefined || output_per_1m !== undefined
    const issue = (message: string) => context.issues.push({ code: 'custom', message, input: undefined })
    if (perThousand && perMillionToo) issue('Give the price per 1k or per 1m, not both.')
    if (!perThousand && (input_per_1m === undefined || output_per_1m === undefined))
      issue('A price needs input_per_1m and output_per_1m.')
    if (perThousand && (prompt_per_1k === undefined || completion_per_1k === undefined))
      issue('A price per 1k needs prompt_per_1k and completion_per_1k.')
    // No model costs a dollar for a thousand tokens: the figure was written per million.
    if ((prompt_per_1k ?? 0) > 1 || (completion_per_1k ?? 0) > 1)
      issue('More than 1 USD for a thousand tokens: is this the price of a million (input_per_1m)?')
  })

const budget = z.strictObject({
  scope: z.enum(['run', 'agent', 'tag']),
  tag: z
    .string()
    .min(1)
    .optional()
    .describe('With scope tag: which tag. Each of its values has its own budget.'),
  limit_usd: z.number().positive(),
  window: z
    .union([z.enum(['hour', 'day', 'week', 'month', 'none']), z.number().positive()])
    .default('none')
    .describe('After which spending is forgotten: a name, seconds, or none.'),
  enforcement: z.enum(['block', 'log']).default('block'),
})

const features = z
  .strictObject({
    ai_rate_limiting: rateLimiting,
    cost_tracking: costTracking,
    content_safety: contentSafety,
    pricing: z
      .strictObject({ models: z.record(z.string(), price).default({}) })
      .prefault({})
      .describe('Prices of your own; they go before the built-in ones.'),
    budget: z.array(budget).default([]),
    hedge: z
      .strictObject({
        enabled: z.boolean().default(false),
        delay_ms: z.int().positive().default(2000).describe('How long the first provider is alone.'),
        max_extra_cost_pct: z
          .number()
          .positive()
          .default(10)
          .describe('Ceiling of what hedging may add to the bill.'),
      })
      .prefault({}),
    cache: z
      .strictObject({
        enabled: z.boolean().default(false),
        ttl: seconds('How long an answer is reused for the same request.').default(300),
        max_entries: z.int().positive().default(500),
      })
      .prefault({}),
  })
  .prefault({})

const sharedState = z
  .strictObject({
    enabled: z.boolean().default(false),
    path: z
      .string()
      .min(1)
      .default('.rgen/llm-state')
      .describe('Folder in which each process of this host publishes what it knows.'),
    interval: seconds('How often.').default(1),
  })
  .prefault({})
  .describe('Share breaker, parking and limiter state between the processes of one host.')

const router = z
  .strictObject({
    backend: z.enum(['direct', 'kong']).default('direct'),
    url: z.url().default('http://localhost:8000').describe('Address of the Kong gateway (backend kong).'),
    kong: z
      .strictObject({
        api_key: z.string().optional().describe('Key of the gateway itself; never a provider key.'),
        auth_header: z.string().min(1).default('apikey'),
      })
      .prefault({}),
    timeout: seconds('For one attempt.').default(30),
    timeouts,
    strategy: z.enum(['priority', 'weighted', 'latency', 'cost', 'usage']).default('priority'),
    sticky: z.enum(['conversation', 'none']).default('none'),
    max_attempts: z.int().positive().default(6).describe('Requests sent for one call, over all providers.'),
    shared_state: sharedState,
    features,
  })
  .prefault({})

const capabilities = z
  .strictObject({
    tools: z.boolean().optional(),
    json_schema: z
      .boolean()
      .optional()
      .describe('Native structured output. Without it a forced tool is used.'),
    vision: z.boolean().optional(),
    prefill: z.boolean().optional().describe('Continues an answer that it is given the beginning of.'),
    context_window: z.int().positive().optional().describe('Tokens.'),
  })
  .prefault({})

const provider = z
  .strictObject({
    name: z.string().min(1),
    type: z.enum(['openai', 'anthropic', 'openai-compatible', 'mock']),
    model: z.string().min(1).optional(),
    base_url: z.url().optional(),
    api_key: z.string().optional(),
    organization: z.string().min(1).optional().describe('OpenAI-Organization.'),
    project: z.string().min(1).optional().describe('OpenAI-Project.'),
    headers: z.record(z.string(), z.string()).default({}).describe('Sent with every request.'),
    priority: z.int().default(100).describe('Smaller is tried first; equals are ordered by the strategy.'),
    weight: z.number().positive().default(1),
    max_concurrency: z.int().positive().optional(),
    timeout: seconds('For one attempt, in place of router.timeout.').optional(),
    max_tokens_parameter: z
      .enum(['max_tokens', 'max_completion_tokens'])
      .optional()
      .describe('How the output limit is called; reasoning models refuse max_tokens.'),
    capabilities,
    kong: z
      .strictObject({
        route: z.string().startsWith('/').optional().describe('Path of the route. Default /ai/<name>.'),
        send_model: z
          .boolean()
          .default(false)
          .describe('Off: the route pins the model, and Kong refuses another.'),
        auth_header: z.string().min(1).optional(),
        api_key: z.string().optional(),
      })
      .prefault({}),
  })
  .check((context) => {
    const { type, base_url, model } = context.value
    const issue = (key: string, message: string) =>
      context.issues.push({ code: 'custom', message, path: [key], input: undefined })
    if (type === 'openai-compatible' && base_url === undefined)
      issue('base_url', 'An openai-compatible provider needs a base_url.')
    if (type !== 'mock' && model === undefined) issue('model', 'Name the model.')
  })

const circuitBreaker = z
  .strictObject({
    enabled: z.boolean().default(true),
    failure_threshold: z
      .int()
      .positive()
      .default(5)
      .describe('Failures inside the window that open the circuit.'),
    window_seconds: z.number().positive().default(30),
    min_volume: z
      .int()
      .positive()
      .optional()
      .describe('Fewer calls than this never open it. Default: failure_threshold, at most 5.'),
    failure_rate: z.number().min(0).max(1).default(0.5).describe('Share of failures that is needed as well.'),
    cooldown_seconds: z.number().positive().default(60).describe('Then one probe is let through.'),
    max_cooldown_seconds: z
      .number()
      .positive()
      .default(600)
      .describe('A failed probe doubles the pause up to this.'),
  })
  .prefault({})

const fallback = z
  .strictObject({
    conditions: z
      .array(z.enum(FALLBACK_CONDITIONS))
      .default(['timeout', '5xx', 'rate_limit', 'malformed_response', 'llm_error']),
    max_retries_per_provider: z.int().nonnegative().default(2),
    failover_after_ms: z
      .int()
      .nonnegative()
      .default(1000)
      .describe('A wait longer than this is spent at the next provider, if there is one.'),
    backoff: z
      .strictObject({
        initial_ms: z.int().positive().default(500),
        max_ms: z.int().positive().default(8000),
      })
      .prefault({}),
    on_midstream_failure: z.enum(['error', 'restart', 'continue']).default('error'),
    when_all_open: z
      .enum(['fail', 'wait'])
      .default('fail')
      .describe('All circuits open: fail at once, or wait for the first probe inside the deadline.'),
    circuit_breaker: circuitBreaker,
  })
  .prefault({})

/** Schema of `config/llm_router.yaml`. Strict: a key that it does not know is an error. */
export const llmRouterConfig = z.strictObject({
  llm: z.strictObject({ router, providers: z.array(provider).default([]), fallback }).check((context) => {
    const seen = new Set<string>()
    context.value.providers.forEach(({ name }, index) => {
      if (seen.has(name))
        context.issues.push({
          code: 'custom',
          message: 'Two providers have this name.',
          path: ['providers', index, 'name'],
          input: undefined,
        })
      seen.add(name)
    })
  }),
})

/** What one may write: everything that has a default is optional. */
export type LlmRouterConfigInput = z.input<typeof llmRouterConfig>
/** What the router works with: nothing optional left that has a default. */
export type LlmRouterConfig = z.output<typeof llmRouterConfig>
export type LlmSettings = LlmRouterConfig['llm']
export type RouterSettings = LlmSettings['router']
export type ProviderSettings = LlmSettings['providers'][number]
export type FallbackSettings = LlmSettings['fallback']
export type FallbackCondition = (typeof FALLBACK_CONDITIONS)[number]
export type SafetyCategory = (typeof SAFETY_CATEGORIES)[number]
export type SafetySeverity = (typeof SAFETY_SEVERITIES)[number]

/**
 * Reads a configuration that a program gives, variables included. Behind Kong the gateway holds the providers' keys, so
 * those may be unset.
 *
 * @throws {ConfigError}
 */
export function readRouterConfig(
  config: LlmRouterConfigInput,
  env: Readonly<Record<string, string | undefined>>,
): LlmRouterConfig {
  return parseConfigValue({
    value: config,
    file: 'router configuration:',
    schema: llmRouterConfig,
    env,
    ...(throughKong(config) && { lenient: ['llm.providers.*.api_key'] }),
  })
}

/** Looked at before the check: a program in JavaScript may pass anything. */
function throughKong(config: unknown): boolean {
  const { llm } = (config ?? {}) as { llm?: { router?: { backend?: unknown } | null } | null }
  return llm?.router?.backend === 'kong'
}
