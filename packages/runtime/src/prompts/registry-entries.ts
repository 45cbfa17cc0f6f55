import type { Environment } from '../config/interpolate.ts'
import { parseConfigDocument } from '../config/parse-config.ts'
import type { Position } from '../config/yaml-tree.ts'
import { checkEntry, checkExperiments, type Report } from './check-entry.ts'
import { promptsConfig, verbatimVersions, type PromptEntry, type PromptExperiment } from './config.ts'
import type { PromptProblem } from './prompt-error.ts'

/** Where the registry stands in a project. */
export const promptsFile = 'config/prompts.yaml'

/** One prompt of the registry, and what is wrong with its entry. */
export interface RegistryEntry {
  readonly name: string
  readonly entry: PromptEntry
  readonly experiment?: PromptExperiment
  /** Empty when the entry is in order. Files are not looked at. */
  readonly problems: readonly PromptProblem[]
  /** Where the file of a version is named. */
  placeOf(version: string): Position
}

export interface ParsedRegistry {
  readonly entries: ReadonlyMap<string, RegistryEntry>
  /** Problems that belong to no prompt: an experiment for one that does not exist. */
  readonly problems: readonly PromptProblem[]
}

/**
 * Reads config/prompts.yaml into entries. Mistakes of form fail the whole file; mistakes of meaning (a key that is no
 * version, a pointer that leads nowhere) are reported with the prompt that has them.
 *
 * @throws {ConfigError} as `parseConfig`.
 */
export function parseRegistry(text: string, env: Environment, file: string = promptsFile): ParsedRegistry {
  const document = parseConfigDocument({
    text,
    file,
    schema: promptsConfig,
    env,
    verbatim: verbatimVersions,
  })
  const prompts = document.value.prompts ?? {}
  const experiments = document.value.experiments ?? {}
  const report: Report = (path, message, hint) => ({
    code: 'PROMPT_REGISTRY',
    file,
    ...document.locate(path),
    path,
    message,
    ...(hint !== undefined && { hint }),
  })
  const entries = Object.entries(prompts).map(([name, entry]): [string, RegistryEntry] => {
    const experiment = Object.hasOwn(experiments, name) ? experiments[name] : undefined
    const problems = checkEntry(name, entry, experiment, report)
    const placeOf = (version: string) => document.locate(['prompts', name, 'versions', version])
    return [name, { name, entry, problems, placeOf, ...(experiment && { experiment }) }]
  })
  return {
    entries: new Map(entries),
    problems: checkExperiments(Object.keys(experiments), Object.keys(prompts), report),
  }
}
