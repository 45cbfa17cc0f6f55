import type { Check } from '../check.ts'
import type { Environment } from '../config/interpolate.ts'
import { readLock } from './lock-file.ts'
import { surveyPrompts, type SurveyedPrompt } from './survey.ts'
import type { PromptWarning } from './lint-prompt.ts'

const area = 'Prompts'

/**
 * Looks at all prompts of a project for `rgen doctor --check-prompts`: the registry, every file, what is locked, and
 * what is probably not meant.
 */
export async function checkPrompts(root: string, env: Environment = process.env): Promise<Check[]> {
  const { prompts, problems, hasRegistry } = surveyPrompts(root, env)
  if (!hasRegistry)
    return [
      { area, name: 'registry', status: 'ok', detail: 'the project has no prompts (config/prompts.yaml)' },
    ]
  const checks: Check[] = problems.map((problem) => ({ ...finding('registry', problem), status: 'fail' }))
  if (problems.length === 0)
    checks.push({
      area,
      name: 'registry',
      status: 'ok',
      detail: `${count(prompts.length, 'prompt')} configured`,
    })
  checks.push(...prompts.flatMap(checkPrompt))
  if (problems.length === 0) checks.push(...checkReleases(root, prompts))
  return checks
}

function checkPrompt({ name, versions, problems, warnings }: SurveyedPrompt): Check[] {
  const findings: Check[] = [
    ...problems.map((problem): Check => ({ ...finding(name, problem), status: 'fail' })),
    ...warnings.map((warning): Check => ({ ...finding(name, warning), status: 'warn' })),
  ]
  if (problems.length > 0) return findings
  const listed = versions.map(({ version }) => version).join(', ') || 'no versions'
  return [{ area, name, status: 'ok', detail: listed }, ...findings]
}

/** What production labels point to should be locked. */
function checkReleases(root: string, prompts: readonly SurveyedPrompt[]): Check[] {
  const lock = readLock(root)
  if (lock.size > 0)
    return [
      {
        area,
        name: 'prompts.lock',
        status: 'ok',
        detail: `${count(lock.size, 'released version')} unchanged`,
      },
    ]
  const released = prompts.filter(({ registry }) => Object.hasOwn(registry.entry.labels, 'production'))
  if (released.length === 0) return []
  const detail = `${released.map(({ name }) => name).join(', ')} has a production label, and no version is locked`
  return [{ area, name: 'prompts.lock', status: 'warn', detail, fix: 'rgen prompts lock' }]
}

function finding(name: string, { file, line, column, message, hint }: PromptWarning) {
  const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`
  return { area, name, detail: `${place} ${message}`, fix: hint ?? `Edit ${file}.` }
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
