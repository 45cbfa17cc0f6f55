import type { LlmEstimate, ProviderProbe } from '@rgen/runtime/llm'
import { CliError } from '../cli-error.ts'
import { printTable } from '../client/table.ts'
import { defineCommand } from '../command.ts'
import type { Io } from '../io.ts'
import { findProject, projectEnv } from '../project.ts'

export const command = defineCommand({
  description:
    'Makes one small call to each provider of config/llm_router.yaml, alone and without retries, and shows how it went. Ends with 1 when one failed. With --dry-run nothing is called: it shows what the call would cost.',
  options: {
    provider: { type: 'string', value: '<name>', description: 'Only this provider.' },
    dryRun: { type: 'boolean', description: 'Estimate tokens and cost, and call nobody.' },
    json: { type: 'boolean', description: 'Print the result as JSON.' },
  },
  examples: [
    { command: 'rgen test:llm', note: 'Does every provider answer?' },
    { command: 'rgen test:llm --provider openai-primary', note: 'Does this one?' },
    { command: 'rgen test:llm --dry-run', note: 'What would it cost?' },
  ],
  async run({ options, io }) {
    const { root } = findProject(io.cwd)
    const env = projectEnv(root, io.env)
    const { createRouter, probeProviders, resolveRouterConfig } = await import('@rgen/runtime/llm')
    const { config, skipped, mockBecause } = resolveRouterConfig(root, env)
    const { provider } = options
    const names = [...config.llm.providers, ...skipped].map(({ name }) => name)
    if (provider !== undefined && !names.includes(provider)) throw unknownProvider(provider, names)
    const leftOut = skipped.filter(({ name }) => provider === undefined || name === provider)
    if (options.dryRun) {
      const router = createRouter(config, { env, root })
      const estimate = await router.estimate({
        messages: [{ role: 'user', content: 'Reply with the word ok.' }],
        maxTokens: 16,
      })
      await router.close()
      const targets = estimate.targets.filter(
        (target) => provider === undefined || target.provider === provider,
      )
      print({ ...estimate, targets, skipped: leftOut }, options.json, io, () => estimateTable(targets, io))
      return 0
    }
    const probes = await probeProviders(config, { env, root }, provider)
    print({ mockBecause, skipped: leftOut, probes }, options.json, io, () => probeTable(probes, io))
    if (!options.json) {
      for (const { name, variable } of leftOut)
        io.stderr.write(`${name} was left out: ${variable} is not set.\n`)
      if (mockBecause !== undefined)
        io.stderr.write('The mock provider answers until a key is set in .env.\n')
    }
    return probes.every(({ ok }) => ok) ? 0 : 1
  },
})

function print(value: unknown, json: boolean, io: Io, table: () => string): void {
  io.stdout.write(json ? `${JSON.stringify(value, null, 2)}\n` : table())
}

function probeTable(probes: readonly ProviderProbe[], io: Io): string {
  const rows = probes.map(({ provider, model, ok, latencyMs, costUsd, code }) => [
    provider,
    ok ? 'ok' : (code ?? 'failed'),
    `${Math.round(latencyMs)} ms`,
    model,
    ok ? dollars(costUsd ?? null) : '-',
  ])
  const failures = probes.filter(({ ok }) => !ok)
  const told = failures.map(
    ({ message, hint }) => `✖ ${message ?? 'failed'}\n${hint === undefined ? '' : `  ${hint}\n`}`,
  )
  return printTable(['PROVIDER', 'STATUS', 'LATENCY', 'MODEL', 'COST'], rows, io.stdout) + told.join('')
}

function estimateTable(targets: LlmEstimate['targets'], io: Io): string {
  const range = ({ low, high }: { low: number; high: number }): string =>
    low === high ? `${low}` : `${low}-${high}`
  const rows = targets.map(({ provider, model, inputTokens, outputTokens, costUsd }) => [
    provider,
    model,
    range(inputTokens),
    range(outputTokens),
    costUsd === null ? 'unknown' : `${dollars(costUsd.low)} - ${dollars(costUsd.high)}`,
  ])
  return printTable(['PROVIDER', 'MODEL', 'INPUT TOKENS', 'OUTPUT TOKENS', 'COST'], rows, io.stdout)
}

function dollars(usd: number | null): string {
  return usd === null ? 'unknown' : `$${usd.toFixed(6)}`
}

function unknownProvider(name: string, names: readonly string[]): CliError {
  return new CliError('CLI_UNKNOWN_NAME', `There is no provider "${name}" in config/llm_router.yaml`, {
    misspelling: { word: name, candidates: names, show: (meant) => meant },
    hint: `It has: ${names.join(', ')}.`,
  })
}
