// From the file's providers to targets: where a request goes, with which headers, and what the model there can do.

import { anthropicAdapter } from './adapters/anthropic.ts'
import { kongAdapter } from './adapters/kong.ts'
import { openAiAdapter, openAiCompatibleAdapter } from './adapters/openai.ts'
import type { Adapter } from './adapters/adapter.ts'
import type { LlmSettings, ProviderSettings } from './config.ts'
import type { LlmRequest } from './messages.ts'

type Environment = Readonly<Record<string, string | undefined>>

export interface Capabilities {
  readonly tools: boolean
  readonly jsonSchema: boolean
  readonly vision: boolean
  readonly prefill: boolean
  /** Whether tool calls arrive in a stream. */
  readonly streamsTools: boolean
  readonly contextWindow: number | undefined
}

/** One provider as the router sees it. Immutable: a reload makes new ones. */
export interface Target {
  readonly name: string
  readonly type: ProviderSettings['type']
  /** What it is called in `gen_ai.provider.name`. */
  readonly system: string
  /** Same key, same circuit: it survives a reload as long as address and model stay. */
  readonly key: string
  readonly hostKey: string
  readonly adapter: Adapter
  readonly origin: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly model: string
  readonly sendModel: boolean
  readonly upstream: 'openai' | 'anthropic'
  readonly maxTokensParameter: 'max_tokens' | 'max_completion_tokens' | undefined
  readonly priority: number
  readonly weight: number
  readonly maxConcurrency: number
  readonly timeoutMs: number
  readonly capabilities: Capabilities
}

export const MOCK_ORIGIN = 'mock://local'

/** What the stand-in is called, and its model. */
export const MOCK_NAME = 'mock'

const OPENAI_URL = 'https://api.openai.com/v1'
const ANTHROPIC_URL = 'https://api.anthropic.com'

export function resolveTargets(settings: LlmSettings, env: Environment): Target[] {
  return settings.providers.map((provider) => resolveTarget(provider, settings, env))
}

function resolveTarget(provider: ProviderSettings, settings: LlmSettings, env: Environment): Target {
  const throughKong = settings.router.backend === 'kong' && provider.type !== 'mock'
  const address = throughKong ? kongAddress(provider, settings) : directAddress(provider, env)
  const model = provider.model ?? MOCK_NAME
  return {
    name: provider.name,
    type: provider.type,
    system: provider.type === 'openai-compatible' ? 'openai' : provider.type,
    // Without the query: it may hold a key, and this is written to disk when state is shared.
    key: JSON.stringify([provider.name, address.origin, address.path.replace(/\?.*$/s, ''), model]),
    hostKey: address.origin,
    adapter: throughKong ? kongAdapter : adapters[provider.type],
    ...address,
    model,
    sendModel: throughKong ? provider.kong.send_model : true,
    upstream: provider.type === 'anthropic' ? 'anthropic' : 'openai',
    maxTokensParameter: provider.max_tokens_parameter,
    priority: provider.priority,
    weight: provider.weight,
    maxConcurrency: provider.max_concurrency ?? Number.POSITIVE_INFINITY,
    timeoutMs: (provider.timeout ?? settings.router.timeout) * 1000,
    capabilities: capabilitiesOf(provider, model, throughKong),
  }
}

const adapters: Readonly<Record<ProviderSettings['type'], Adapter>> = {
  openai: openAiAdapter,
  anthropic: anthropicAdapter,
  'openai-compatible': openAiCompatibleAdapter,
  mock: openAiAdapter,
}

interface Address {
  readonly origin: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

const JSON_HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }

function directAddress(provider: ProviderSettings, env: Environment): Address {
  const key = nonEmpty(provider.api_key?.trim())
  if (provider.type === 'mock') return { origin: MOCK_ORIGIN, path: '/', headers: JSON_HEADERS }
  if (provider.type === 'anthropic') {
    // Both spellings of the base are in use, with and without the version.
    const base = (provider.base_url ?? nonEmpty(env.ANTHROPIC_BASE_URL) ?? ANTHROPIC_URL).replace(
      /\/v1\/?$/,
      '',
    )
    return {
      ...split(base, '/v1/messages'),
      headers: {
        ...JSON_HEADERS,
        'anthropic-version': '2023-06-01',
        ...(key === undefined ? {} : { 'x-api-key': key }),
        ...provider.headers,
      },
    }
  }
  const own = provider.type === 'openai' ? (nonEmpty(env.OPENAI_BASE_URL) ?? OPENAI_URL) : OPENAI_URL
  return {
    ...split(provider.base_url ?? own, '/chat/completions'),
    headers: {
      ...JSON_HEADERS,
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(provider.organization === undefined ? {} : { 'openai-organization': provider.organization }),
      ...(provider.project === undefined ? {} : { 'openai-project': provider.project }),
      ...provider.headers,
    },
  }
}

/** Kong holds the provider's key; what is sent is the gateway's own, if it wants one. */
function kongAddress(provider: ProviderSettings, { router }: LlmSettings): Address {
  const key = nonEmpty((provider.kong.api_key ?? router.kong.api_key)?.trim())
  const header = (provider.kong.auth_header ?? router.kong.auth_header).toLowerCase()
  const value =
    header === 'authorization' && key !== undefined ? `Bearer ${key.replace(/^Bearer\s+/i, '')}` : key
  return {
    ...split(router.url, kongRoute(provider)),
    headers: { ...JSON_HEADERS, ...(value === undefined ? {} : { [header]: value }), ...provider.headers },
  }
}

/** The path of a provider's route in Kong. */
export function kongRoute(provider: Pick<ProviderSettings, 'name' | 'kong'>): string {
  return provider.kong.route ?? `/ai/${encodeURIComponent(provider.name)}`
}

function split(base: string, suffix: string): { origin: string; path: string } {
  const url = new URL(base)
  return { origin: url.origin, path: url.pathname.replace(/\/+$/, '') + suffix + url.search }
}

/** A variable that is set to nothing counts as unset. */
function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value
}

function capabilitiesOf(provider: ProviderSettings, model: string, throughKong: boolean): Capabilities {
  const { capabilities, type } = provider
  const behindKong = throughKong && type === 'anthropic'
  return {
    tools: capabilities.tools ?? true,
    // ai-proxy drops response_format on its way to Anthropic.
    jsonSchema: behindKong ? false : (capabilities.json_schema ?? (type === 'openai' || type === 'mock')),
    vision: capabilities.vision ?? true,
    prefill: capabilities.prefill ?? false,
    streamsTools: !behindKong,
    contextWindow: capabilities.context_window ?? knownWindow(model),
  }
}

/** Context windows in tokens by the beginning of the model's name. */
const WINDOWS: readonly (readonly [string, number])[] = [
  ['gpt-4o', 128_000],
  ['gpt-4.1', 1_047_576],
  ['gpt-5', 400_000],
  ['o1', 200_000],
  ['o3', 200_000],
  ['o4', 200_000],
  ['claude-', 200_000],
]

function knownWindow(model: string): number | undefined {
  return WINDOWS.find(([prefix]) => model.startsWith(prefix))?.[1]
}

/** The model that a request is answered by at this target, once its override is resolved (model-override.ts). */
export function modelFor({ name, model, sendModel }: Target, { model: override }: LlmRequest): string {
  if (!sendModel || typeof override !== 'object') return model
  return override[name] ?? model
}

/** Reasoning models refuse the older name of the output limit. */
export function maxTokensParameter(target: Target, model: string): 'max_tokens' | 'max_completion_tokens' {
  if (target.maxTokensParameter !== undefined) return target.maxTokensParameter
  const direct = target.type === 'openai' && target.adapter === openAiAdapter
  return direct && /^(?:o\d|gpt-[5-9])/.test(model) ? 'max_completion_tokens' : 'max_tokens'
}

/** Why a target cannot serve a request at all; undefined when it can. */
export function lacks(target: Target, request: LlmRequest): string | undefined {
  const { capabilities } = target
  if ((request.tools ?? []).length > 0 && !capabilities.tools) return 'tools'
  if (request.schema !== undefined && !capabilities.jsonSchema && !capabilities.tools)
    return 'json_schema and tools'
  const images = request.messages.some(
    ({ content }) => typeof content !== 'string' && content.some(({ type }) => type === 'image'),
  )
  return images && !capabilities.vision ? 'vision' : undefined
}
