import { createHash } from 'node:crypto'
import type { PromptExperiment } from './config.ts'
import { sortVersions } from './resolve-version.ts'

/**
 * The version that an experiment gives to a key: SHA-256 of `salt:key`, as a fraction of all weights, versions in
 * ascending order. The same key keeps its arm over restarts and replays, on every machine; when weights change, only
 * keys near the borders move.
 *
 * @example pickArm({ salt: 's', weights: { '1.0.0': 80, '1.1.0': 20 }, key: 'agentId' }, 'agent-7') // '1.0.0'
 */
export function pickArm({ salt, weights }: PromptExperiment, key: string): string | undefined {
  const arms = sortVersions(Object.keys(weights)).filter((version) => (weights[version] ?? 0) > 0)
  const total = arms.reduce((sum, version) => sum + (weights[version] ?? 0), 0)
  let rest = fractionOf(`${salt}:${key}`) * total
  for (const version of arms) {
    rest -= weights[version] ?? 0
    if (rest < 0) return version
  }
  return arms.at(-1)
}

/** In [0, 1), from the first 48 bits. */
function fractionOf(text: string): number {
  return createHash('sha256').update(text, 'utf8').digest().readUIntBE(0, 6) / 2 ** 48
}
