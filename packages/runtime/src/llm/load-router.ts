import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { loadConfigDocument } from '../config/load-config.ts'
import { llmRouterConfig } from './config.ts'
import type { LlmRouterConfig, ProviderSettings } from './config.ts'
import { LlmRouter } from './router.ts'
import type { RouterDeps } from './router.ts'
import { MOCK_NAME } from './targets.ts'

export const LLM_ROUTER_FILE = 'config/llm_router.yaml'

/** Keys may wait: a project runs before the first one is set. */
export const LENIENT = [
  'llm.providers.*.api_key',
  'llm.providers.*.kong.api_key',
  'llm.router.kong.api_key',
  'llm.router.features.content_safety.api_key',
  'llm.router.features.content_safety.endpoint',
]

/** A provider of the file that is not used, and the variable that would change that. */
export interface SkippedProvider {
  readonly name: string
  readonly variable: string
}

/** The project's configuration, and what became of it in this environment. */
export interface ResolvedRouterConfig {
  readonly config: LlmRouterConfig
  /** With the providers that are left out. */
  readonly configured: LlmRouterConfig
  readonly skipped: readonly SkippedProvider[]
  /** Why the mock provider stands in; undefined when real providers are used. */
  readonly mockBecause: 'no file' | 'no key' | undefined
  /** False when there is no file. */
  readonly hasFile: boolean
}

/**
 * Reads `config/llm_router.yaml` and decides who can be asked: a provider whose key's variable is not set is left out,
 * and when that leaves nobody, the mock provider stands in. Behind Kong the gateway holds the keys, so nobody is
 * left out.
 *
 * @throws {ConfigError} for anything else that is wrong with the file.
 */
export function resolveRouterConfig(
  root: string,
  env: Readonly<Record<string, string | undefined>>,
): ResolvedRouterConfig {
  if (!existsSync(join(root, LLM_ROUTER_FILE))) {
    const config = llmRouterConfig.parse({ llm: { providers: [{ name: MOCK_NAME, type: 'mock' }] } })
    return { config, configured: config, skipped: [], mockBecause: 'no file', hasFile: false }
  }
  const { value, variables } = loadConfigDocument({
    root,
    file: LLM_ROUTER_FILE,
    schema: llmRouterConfig,
    env,
    lenient: LENIENT,
  })
  if (value.llm.router.backend === 'kong')
    return { config: value, configured: value, skipped: [], mockBecause: undefined, hasFile: true }
  const providersWithKeys = value.llm.providers.map((provider) => withStandardKey(provider, env))
  const skipped = providersWithKeys.flatMap((provider, index): SkippedProvider[] => {
    if (!needsKey(provider)) return []
    const use = variables.find(({ path }) => path.join('.') === `llm.providers.${index}.api_key`)
    return [{ name: provider.name, variable: use?.name ?? STANDARD_KEYS[provider.type] ?? 'api_key' }]
  })
  const names = new Set(skipped.map(({ name }) => name))
  const providers = providersWithKeys.filter(({ name }) => !names.has(name))
  const mock = providers.length === 0
  return {
    config: { llm: { ...value.llm, providers: mock ? [standIn(value.llm.providers)] : providers } },
    configured: value,
    skipped,
    mockBecause: mock ? 'no key' : undefined,
    hasFile: true,
  }
}

const STANDARD_KEYS: Readonly<Record<string, string>> = {
  openai: 'OPENAI_API_KEY',
  anthropic: 'ANTHROPIC_API_KEY',
}

/** A provider whose key the file does not speak of has the key that everybody calls by the same name. */
function withStandardKey(
  provider: ProviderSettings,
  env: Readonly<Record<string, string | undefined>>,
): ProviderSettings {
  const variable = STANDARD_KEYS[provider.type]
  const key = variable === undefined ? undefined : env[variable]
  return provider.api_key !== undefined || key === undefined || key === ''
    ? provider
    : { ...provider, api_key: key }
}

/** A server of one's own may want no key: `openai-compatible` with none written down. */
function needsKey({ type, api_key }: ProviderSettings): boolean {
  if (type === 'mock') return false
  return type === 'openai-compatible' ? api_key === '' : api_key === undefined || api_key.trim() === ''
}

function standIn(others: readonly ProviderSettings[]): ProviderSettings {
  const { llm } = llmRouterConfig.parse({ llm: { providers: [{ name: MOCK_NAME, type: 'mock' }] } })
  const [mock] = llm.providers
  if (mock === undefined) throw new TypeError('The stand-in is not a provider.')
  // So that prices and priorities of the file mean the same as for the provider that it stands in for.
  return { ...mock, priority: others[0]?.priority ?? mock.priority }
}

/**
 * Opens the router of a project. Without keys, or without `config/llm_router.yaml`, the mock provider answers.
 *
 * @throws {ConfigError} when the file is wrong.
 * @example
 * const router = loadRouter(process.cwd(), { logger })
 */
export function loadRouter(root: string, deps: RouterDeps = {}): LlmRouter {
  const env = deps.env ?? process.env
  const { config, skipped, mockBecause } = resolveRouterConfig(root, env)
  for (const { name, variable } of skipped)
    deps.logger?.log(
      mockBecause === undefined ? 'warn' : 'info',
      'llm provider left out: its key is not set',
      {
        provider: name,
        variable,
      },
    )
  if (mockBecause !== undefined)
    deps.logger?.log('info', 'llm calls are answered by the mock provider', { because: mockBecause })
  return new LlmRouter(config, { root, ...deps })
}
