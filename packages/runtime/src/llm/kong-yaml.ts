// kong.yaml for a router's configuration: what Kong must hold so that the routes that the router calls exist.

import { parseConfig } from '../config/parse-config.ts'
import { stringify } from 'yaml'
import { llmRouterConfig } from './config.ts'
import type { LlmSettings, ProviderSettings } from './config.ts'
import { PriceBook } from './cost.ts'
import { PRICES } from './prices.ts'
import { LENIENT, LLM_ROUTER_FILE } from './load-router.ts'
import { kongRoute } from './targets.ts'

/** Long prompts are the rule; ai-proxy would refuse more than 8 KiB. */
const MAX_BODY_BYTES = 1_048_576

/** Calls a minute when the router's file names no limit. */
const DEFAULT_REQUESTS_A_MINUTE = 600

const HEADER = `# Kong AI Gateway in declarative form, made from ${LLM_ROUTER_FILE}.
# Provider keys stay in Kong's environment: {vault://env/openai-authorization} is the variable
# OPENAI_AUTHORIZATION ("Bearer sk-…"), {vault://env/anthropic-api-key} is ANTHROPIC_API_KEY.
# The consumer's key is not one of the fields that Kong looks up, so put it in before starting:
#   envsubst '$KONG_API_KEY' < kong.yaml > kong.local.yaml
`

/**
 * Writes kong.yaml for the text of `config/llm_router.yaml`: a service and a route for each provider with ai-proxy,
 * key-auth, rate limiting and prompt guard, and Prometheus for all. Pure; holds no secret.
 *
 * @throws {ConfigError} when the text is not a router's configuration.
 * @example writeFileSync('kong.yaml', renderKongYaml(readFileSync('config/llm_router.yaml', 'utf8')))
 */
export function renderKongYaml(llmRouterYaml: string): string {
  const { llm } = parseConfig({
    text: llmRouterYaml,
    file: LLM_ROUTER_FILE,
    schema: llmRouterConfig,
    env: {},
    lenient: LENIENT,
  })
  const document = {
    _format_version: '3.0',
    services: llm.providers.filter(({ type }) => type !== 'mock').map((provider) => serviceOf(provider, llm)),
    consumers: [{ username: 'rgen', keyauth_credentials: credentials(llm).map((key) => ({ key })) }],
    plugins: [
      { name: 'prometheus', config: { ai_metrics: true, status_code_metrics: true, latency_metrics: true } },
    ],
  }
  return HEADER + stringify(document, { lineWidth: 0 })
}

/** What the router sends in the header of key-auth: beside a key of its own, `Authorization` has a scheme. */
function credentials(llm: LlmSettings): string[] {
  const headers = llm.providers.map((provider) => authHeader(provider, llm))
  const values = headers.map((header) =>
    header === 'authorization' ? 'Bearer ${KONG_API_KEY}' : '${KONG_API_KEY}',
  )
  return [...new Set(values)]
}

function authHeader(provider: ProviderSettings, { router }: LlmSettings): string {
  return (provider.kong.auth_header ?? router.kong.auth_header).toLowerCase()
}

function serviceOf(provider: ProviderSettings, llm: LlmSettings): Record<string, unknown> {
  const header = authHeader(provider, llm)
  return {
    name: provider.name,
    // ai-proxy decides where requests go; a service must name an address all the same.
    url: 'http://localhost:32000',
    read_timeout: Math.round((provider.timeout ?? llm.router.timeout) * 1000),
    routes: [
      {
        name: provider.name,
        paths: [`~${escapePath(kongRoute(provider))}$`],
        methods: ['POST'],
        strip_path: true,
      },
    ],
    plugins: [
      { name: 'key-auth', config: { key_names: [header], hide_credentials: true } },
      { name: 'rate-limiting', config: rateLimit(llm) },
      { name: 'ai-prompt-guard', config: promptGuard() },
      { name: 'ai-proxy', config: aiProxy(provider, llm) },
    ],
  }
}

/** Kong takes a path with `~` as a regular expression, so that `/ai/a` does not also match `/ai/ab`. */
function escapePath(path: string): string {
  return path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

function rateLimit({ router }: LlmSettings): Record<string, unknown> {
  const { enabled, window, request_limit } = router.features.ai_rate_limiting
  const named = typeof window === 'string' ? window : 'minute'
  const perNamed = typeof window === 'string' ? 1 : 60 / window
  const limit =
    enabled && request_limit !== undefined ? Math.max(1, Math.floor(request_limit * perNamed)) : undefined
  return {
    ...(limit === undefined ? { minute: DEFAULT_REQUESTS_A_MINUTE } : { [named]: limit }),
    policy: 'local',
    limit_by: 'consumer',
  }
}

function promptGuard(): Record<string, unknown> {
  return {
    deny_patterns: [
      '(?i).*(ignore|disregard|forget) (all |any )?(previous|prior|above) (instructions|prompts|rules).*',
    ],
    allow_all_conversation_history: true,
    max_request_body_size: MAX_BODY_BYTES,
  }
}

function aiProxy(provider: ProviderSettings, llm: LlmSettings): Record<string, unknown> {
  const anthropic = provider.type === 'anthropic'
  return {
    route_type: 'llm/v1/chat',
    auth: anthropic
      ? { header_name: 'x-api-key', header_value: '{vault://env/anthropic-api-key}' }
      : { header_name: 'Authorization', header_value: `{vault://env/${vaultName(provider)}-authorization}` },
    model: {
      provider: anthropic ? 'anthropic' : 'openai',
      // With send_model the router names the model, and Kong must not pin one.
      ...(provider.kong.send_model ? {} : { name: provider.model }),
      options: modelOptions(provider, llm),
    },
    logging: { log_statistics: true, log_payloads: false },
    response_streaming: 'allow',
    max_request_body_size: MAX_BODY_BYTES,
  }
}

/** A server of one's own has a key of its own. */
function vaultName({ type, name }: ProviderSettings): string {
  return type === 'openai' ? 'openai' : name.toLowerCase().replace(/[^a-z0-9]+/g, '-')
}

function modelOptions(provider: ProviderSettings, llm: LlmSettings): Record<string, unknown> {
  const price = new PriceBook(PRICES, llm.router.features.pricing.models).find(provider.model ?? '')
  const base = provider.base_url?.replace(/\/+$/, '')
  const elsewhere = base !== undefined && !/^https:\/\/api\.(?:openai|anthropic)\.com(?:\/v1)?$/.test(base)
  const path = provider.type === 'anthropic' ? '/v1/messages' : '/chat/completions'
  return {
    ...(provider.type === 'anthropic' ? { anthropic_version: '2023-06-01', max_tokens: 4096 } : {}),
    ...(price === undefined ? {} : { input_cost: price.input, output_cost: price.output }),
    ...(elsewhere ? { upstream_url: base + path } : {}),
  }
}
