import { isAbsolute, normalize, posix, win32 } from 'node:path'
import semver from 'semver'
import { didYouMean } from '../config/did-you-mean.ts'
import type { ConfigPath } from '../config/yaml-tree.ts'
import type { PromptEntry, PromptExperiment } from './config.ts'
import type { PromptProblem } from './prompt-error.ts'
import { isBlank, isRange, isVersion } from './resolve-version.ts'

/** Makes a problem of what stands at a path of config/prompts.yaml. */
export type Report = (path: ConfigPath, message: string, hint?: string) => PromptProblem

/** What is wrong with the entry of one prompt, as far as the registry alone tells. */
export function checkEntry(
  name: string,
  entry: PromptEntry,
  experiment: PromptExperiment | undefined,
  report: Report,
): PromptProblem[] {
  const at = ['prompts', name]
  const versions = Object.keys(entry.versions)
  return [
    ...versions.flatMap((version) => checkVersion(version, entry, [...at, 'versions', version], report)),
    ...checkLatest(entry, [...at, 'latest'], report),
    ...Object.entries(entry.labels).flatMap(([label, version]) =>
      checkLabel(label, version, versions, [...at, 'labels', label], report),
    ),
    ...(experiment ? checkWeights(experiment, versions, ['experiments', name, 'weights'], report) : []),
  ]
}

/** Experiments for prompts that do not exist. */
export function checkExperiments(
  experiments: readonly string[],
  prompts: readonly string[],
  report: Report,
): PromptProblem[] {
  return experiments
    .filter((name) => !prompts.includes(name))
    .map((name) => {
      const nearest = didYouMean(name, prompts)
      const hint = nearest === undefined ? undefined : `Did you mean "${nearest}"?`
      return report(
        ['experiments', name],
        `an experiment is set for "${name}", and there is no such prompt`,
        hint,
      )
    })
}

function checkVersion(
  version: string,
  entry: PromptEntry,
  path: ConfigPath,
  report: Report,
): PromptProblem[] {
  if (!isVersion(version)) {
    const meant = semver.valid(semver.coerce(version))
    const hint =
      meant === null
        ? 'Write three numbers: "1.0.0".'
        : `Write all three numbers and nothing before them: "${meant}".`
    return [report(path, `${JSON.stringify(version)} is not a version`, hint)]
  }
  const others = Object.keys(entry.versions).filter((other) => other !== version && isVersion(other))
  const twin = others.find((other) => semver.eq(other, version))
  return [
    ...(twin === undefined
      ? []
      : [
          report(
            path,
            `versions ${version} and ${twin} differ only in build metadata, so neither is higher`,
            'Keep one.',
          ),
        ]),
    ...checkPath(version, entry.versions[version] ?? '', path, report),
  ]
}

function checkPath(version: string, file: string, path: ConfigPath, report: Report): PromptProblem[] {
  const portable = file.replaceAll('\\', '/')
  const isOutside = isAbsolute(file) || win32.isAbsolute(file) || normalize(portable).startsWith('..')
  if (isOutside || file.includes('\0'))
    return [
      report(
        path,
        `the file of version ${version} lies outside of the project`,
        'Paths are relative to the project.',
      ),
    ]
  if (posix.basename(portable) !== `v${version}.md`)
    return [report(path, `the file of version ${version} has another name`, `Call it v${version}.md.`)]
  return []
}

function checkLatest({ latest, versions }: PromptEntry, path: ConfigPath, report: Report): PromptProblem[] {
  if (isBlank(latest) || Object.hasOwn(versions, latest)) return []
  const message = isVersion(latest)
    ? `latest is ${latest}, and there is no such version`
    : `latest is ${JSON.stringify(latest)}, which is not a complete version`
  return [report(path, message, existing(Object.keys(versions)))]
}

function checkLabel(
  label: string,
  version: string,
  versions: readonly string[],
  path: ConfigPath,
  report: Report,
) {
  if (label === 'latest' || label.trim() === '' || isRange(label))
    return [
      report(path, `a label cannot be called ${JSON.stringify(label)}`, 'It would be read as a version.'),
    ]
  if (versions.includes(version)) return []
  const message = `label ${label} points to ${JSON.stringify(version)}, and there is no such version`
  return [report(path, message, existing(versions))]
}

function checkWeights(
  { weights }: PromptExperiment,
  versions: readonly string[],
  path: ConfigPath,
  report: Report,
) {
  const stray = Object.keys(weights).filter((version) => !versions.includes(version))
  const hint = existing(versions)
  const problems = stray.map((version) =>
    report(
      [...path, version],
      `the experiment weighs ${JSON.stringify(version)}, and there is no such version`,
      hint,
    ),
  )
  const weighed = Object.values(weights).some((weight) => weight > 0)
  return weighed ? problems : [...problems, report(path, 'no version of the experiment has a weight above 0')]
}

function existing(versions: readonly string[]): string {
  return versions.length === 0 ? 'The prompt has no versions.' : `There is ${versions.join(', ')}.`
}
