import type { Check } from '../check.ts'
import type { LlmSettings } from './config.ts'
import { PriceBook } from './cost.ts'
import { LLM_ROUTER_FILE, resolveRouterConfig } from './load-router.ts'
import type { ResolvedRouterConfig } from './load-router.ts'
import { PRICES } from './prices.ts'
import { probeProviders } from './probe.ts'
import type { ProviderProbe } from './probe.ts'

const AREA = 'LLM router'

export interface CheckLlmOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Call each provider once. Without it nothing leaves the machine. */
  readonly live?: boolean
}

/**
 * What `rgen doctor` says about the router: which providers are used, what each lacks, and, with `live`, whether they
 * answer.
 *
 * @throws {ConfigError} when config/llm_router.yaml is wrong.
 */
export async function checkLlm(root: string, options: CheckLlmOptions = {}): Promise<readonly Check[]> {
  const env = options.env ?? process.env
  const resolved = resolveRouterConfig(root, env)
  const { llm } = resolved.config
  const probes = options.live === true ? await probeProviders(resolved.config, { env, root }) : []
  return [
    fileCheck(resolved),
    ...resolved.skipped.map(({ name, variable }): Check => ({
      area: AREA,
      name,
      // The whole project may well be run on the mock provider; half of its providers missing is rarely meant.
      status: resolved.mockBecause === undefined ? 'warn' : 'ok',
      detail: `left out: ${variable} is not set`,
      ...(resolved.mockBecause === undefined ? { fix: `Set ${variable} in .env.` } : {}),
    })),
    ...providerChecks(llm, probes),
    ...strategyChecks(llm),
    ...gatewayChecks(llm),
  ]
}

function fileCheck({ hasFile, mockBecause, config }: ResolvedRouterConfig): Check {
  const names = config.llm.providers.map(({ name }) => name).join(', ')
  const detail =
    mockBecause === 'no file'
      ? `no ${LLM_ROUTER_FILE}: the mock provider answers`
      : mockBecause === 'no key'
        ? 'no key is set: the mock provider answers'
        : `providers in use: ${names}`
  return { area: AREA, name: hasFile ? LLM_ROUTER_FILE : 'configuration', status: 'ok', detail }
}

function providerChecks({ providers, router }: LlmSettings, probes: readonly ProviderProbe[]): Check[] {
  const prices = new PriceBook(PRICES, router.features.pricing.models)
  return providers.flatMap((provider): Check[] => {
    const { name, model, type } = provider
    const probe = probes.find((one) => one.provider === name)
    const unpriced = type !== 'mock' && prices.find(model ?? '') === undefined
    return [
      ...(probe === undefined ? [] : [probeCheck(probe)]),
      ...(unpriced
        ? [
            {
              area: AREA,
              name,
              status: 'warn' as const,
              detail: `no price is known for ${model ?? 'its model'}: its cost is not counted, and budgets do not see it`,
              fix: `Add it under llm.router.features.pricing.models in ${LLM_ROUTER_FILE}.`,
            },
          ]
        : []),
    ]
  })
}

function probeCheck({ provider, model, ok, latencyMs, code, message, hint }: ProviderProbe): Check {
  if (ok)
    return {
      area: AREA,
      name: provider,
      status: 'ok',
      detail: `${model} answered in ${Math.round(latencyMs)} ms`,
    }
  const busy = code === 'LLM_RATE_LIMITED' || code === 'LLM_OVERLOADED'
  return {
    area: AREA,
    name: provider,
    status: busy ? 'warn' : 'fail',
    detail: `${message ?? 'failed'} (${code ?? 'unknown'})`,
    fix: hint ?? `See ${code ?? 'the code'} in docs/errors.md.`,
  }
}

/** A strategy orders providers of the same priority; alone in its priority there is nothing to order. */
function strategyChecks({ providers, router }: LlmSettings): Check[] {
  const priorities = providers.map(({ priority }) => priority)
  const alone = providers.length > 1 && new Set(priorities).size === providers.length
  if (router.strategy === 'priority' || !alone) return []
  return [
    {
      area: AREA,
      name: 'strategy',
      status: 'warn',
      detail: `strategy ${router.strategy} has no effect: every provider has a priority of its own`,
      fix: 'Give the providers to choose between the same priority, or none.',
    },
  ]
}

function gatewayChecks({ router, providers }: LlmSettings): Check[] {
  if (router.backend !== 'kong') return []
  const behind = providers.filter(({ type }) => type === 'anthropic').map(({ name }) => name)
  return [
    {
      area: AREA,
      name: 'Kong',
      status: 'ok',
      detail: `calls go to ${router.url}; ai-proxy refuses bodies over max_request_body_size, 8 KiB unless raised`,
    },
    ...(behind.length === 0
      ? []
      : [
          {
            area: AREA,
            name: behind.join(', '),
            status: 'ok' as const,
            detail: 'Kong loses tool calls in streams from Anthropic: such calls are made without streaming',
          },
        ]),
  ]
}
