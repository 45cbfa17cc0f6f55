import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { readTextFile } from '../config/load-config.ts'
import { ConfigError } from '../config/config-error.ts'
import type { Environment } from '../config/interpolate.ts'
import { lintPrompt, type PromptWarning } from './lint-prompt.ts'
import { checkLock, readLock } from './lock-file.ts'
import { readProjectFile } from './project-files.ts'
import { PromptError, type PromptProblem } from './prompt-error.ts'
import { parsePromptFile, type PromptVersion } from './prompt-file.ts'
import { parseRegistry, promptsFile, type ParsedRegistry, type RegistryEntry } from './registry-entries.ts'
import { isVersion, sortVersions } from './resolve-version.ts'

/** One prompt as it lies on the disk. */
export interface SurveyedPrompt {
  readonly name: string
  readonly registry: RegistryEntry
  /** Those that can be read, ascending. */
  readonly versions: readonly PromptVersion[]
  readonly problems: readonly PromptProblem[]
  readonly warnings: readonly PromptWarning[]
}

/** Everything about a project's prompts at one moment, mistakes included. */
export interface PromptSurvey {
  readonly prompts: readonly SurveyedPrompt[]
  /** Problems that belong to no single prompt: of the registry as a whole, or of the lock. */
  readonly problems: readonly (PromptProblem | ConfigProblemLike)[]
  /** Whether there is a config/prompts.yaml. */
  readonly hasRegistry: boolean
}

type ConfigProblemLike = ConfigError['problems'][number]

/** Reads all prompts of a project without stopping at a mistake: for checks and for tools. */
export function surveyPrompts(root: string, env: Environment = process.env): PromptSurvey {
  let registry: ParsedRegistry
  try {
    registry = parseRegistry(readTextFile(root, promptsFile), env)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const hasRegistry = error.code !== 'CONFIG_MISSING'
    return { prompts: [], problems: hasRegistry ? error.problems : [], hasRegistry }
  }
  const prompts = [...registry.entries.values()].map((entry) => surveyPrompt(root, entry))
  const versions = prompts.flatMap((prompt) => prompt.versions)
  return { prompts, problems: [...registry.problems, ...lockProblems(root, versions)], hasRegistry: true }
}

function surveyPrompt(root: string, registry: RegistryEntry): SurveyedPrompt {
  const versions: PromptVersion[] = []
  const problems: PromptProblem[] = [...registry.problems]
  const warnings: PromptWarning[] = [...unlistedFiles(root, registry)]
  for (const version of sortVersions(Object.keys(registry.entry.versions)).filter(isVersion)) {
    const file = registry.entry.versions[version] ?? ''
    try {
      const reading = readProjectFile(root, file)
      if (!reading) {
        const message = `version ${version} names ${file}, and there is no such file`
        const hint = 'Restore the file, or remove the version from the registry.'
        problems.push({ code: 'PROMPT_FILE', file: promptsFile, ...registry.placeOf(version), message, hint })
        continue
      }
      const prompt = parsePromptFile({ name: registry.name, version, file, text: reading.text })
      versions.push(prompt)
      warnings.push(...lintPrompt(prompt, reading.text))
    } catch (error) {
      if (!(error instanceof PromptError)) throw error
      problems.push(...error.problems)
    }
  }
  return { name: registry.name, registry, versions, problems, warnings }
}

/** Files of versions that lie beside the listed ones, and that nothing finds. */
function unlistedFiles(root: string, { name, entry }: RegistryEntry): PromptWarning[] {
  const listed = new Set(Object.values(entry.versions).map((file) => file.replaceAll('\\', '/')))
  const folder = `prompts/${name}`
  return filesOf(join(root, folder))
    .filter((file) => /^v\d.*\.md$/.test(file) && !listed.has(`${folder}/${file}`))
    .map((file) => ({
      file: `${folder}/${file}`,
      message: 'the file is not listed in config/prompts.yaml',
      hint: `Add it under versions of ${name}, or remove it.`,
    }))
}

function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted()
  } catch {
    return []
  }
}

function lockProblems(root: string, versions: readonly PromptVersion[]): readonly PromptProblem[] {
  try {
    return checkLock(readLock(root), versions)
  } catch (error) {
    if (error instanceof PromptError) return error.problems
    throw error
  }
}
