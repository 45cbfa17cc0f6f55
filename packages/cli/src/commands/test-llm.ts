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
    const { estimateProbes, probeProviders, resolveRouterConfig } = await import('@rgen/runtime/llm')
    const { config, configured, skipped, mockBecause } = resolveRouterConfig(root, env)
    const { provider } = options
    const names = (options.dryRun ? configured : config).llm.providers.map(({ name }) => name)
    const known = [...new Set([...names, ...skipped.map(({ name }) => name)])]
    if (provider !== undefined && !known.includes(provider)) throw unknownProvider(provider, known)
    if (options.dryRun) {
      const estimate = await estimateProbes(configured, { env, root }, provider)
      print(estimate, options.json, io, () => estimateTable(estimate, io))
      return 0
    }
    const leftOut = skipped.filter(({ name }) => provider === undefined || name === provider)
    const probes = await probeProviders(config, { env, root }, provider)
    print({ mockBecause, skipped: leftOut, probes }, options.json, io, () => probeTable(probes, io))
    if (!options.json) {
      for (const { name, variable } of leftOut)
        io.stderr.write(`${name} was left out: ${variable} is not set.\n`)
      if (mockBecause !== undefined)
        io.stderr.write('The mock provider answers until a key is set in .env.\n')
    }
    // Whoever asks for one by name wants to know whether it answers.
    const missing = provider !== undefined && leftOut.length > 0
    return probes.every(({ ok }) => ok) && !missing ? 0 : 1
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

function estimateTable({ targets, method, pricesAsOf }: LlmEstimate, io: Io): string {
  const range = ({ low, high }: { low: number; high: number }): string =>
    low === high ? `${low}` : `${low}-${high}`
  const rows = targets.map(({ provider, model, inputTokens, outputTokens, costUsd }) => [
    provider,
    model,
    range(inputTokens),
    range(outputTokens),
    costUsd === null ? 'unknown' : `${dollars(costUsd.low)} - ${dollars(costUsd.high)}`,
  ])
  const table = printTable(['PROVIDER', 'MODEL', 'INPUT TOKENS', 'OUTPUT TOKENS', 'COST'], rows, io.stdout)
  const counted = method === 'characters' ? 'by characters; gpt-tokenizer, when installed, is exact' : method
  return `${table}Prices of ${pricesAsOf}. Tokens are counted ${counted}.\n`
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
