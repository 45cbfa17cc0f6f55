import semver from 'semver'
import type { PromptInput } from './front-matter.ts'
import type { PromptVersion } from './prompt-file.ts'
import { firstName } from './render-prompt.ts'
import { resolveVersion, sortVersions } from './resolve-version.ts'
import type { SurveyedPrompt } from './survey.ts'

/** Where `rgen prompts types` writes in a project. */
export const promptTypesFile = 'src/prompts.d.ts'

/**
 * Declarations that make `prompts.render` typed: a wrong name, a missing or unknown variable, and a range whose
 * versions disagree on their variables fail the type check.
 */
export function printPromptTypes(prompts: readonly SurveyedPrompt[]): string {
  const bodies = prompts
    .filter(({ versions, problems }) => versions.length > 0 && problems.length === 0)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(printPrompt)
  return [
    '// Written by rgen prompts types from the templates in prompts/. Do not edit; run it again after a change.',
    'import "@rgen/runtime/types";',
    '',
    'declare module "@rgen/runtime/types" {',
    '  interface PromptTypes {',
    ...bodies,
    '  }',
    '}',
    '',
  ].join('\n')
}

function printPrompt(prompt: SurveyedPrompt): string {
  const keys = requestsOf(prompt).map(
    ([request, versions]) => `      ${JSON.stringify(request)}: ${typeOf(versions)};`,
  )
  const all = new Set(prompt.versions.map(printVariables))
  // Ranges cannot be listed. While all versions agree, every range means the same variables.
  const ranges = [
    '>${string}',
    '<${string}',
    '^${string}',
    '~${string}',
    '${string} - ${string}',
    '${string}||${string}',
  ]
  const patterns =
    all.size === 1 ? ranges.map((range) => `      [range: \`${range}\`]: ${[...all].join('')};`) : []
  return [`    ${JSON.stringify(prompt.name)}: {`, ...keys, ...patterns, '    };'].join('\n')
}

/** What may be asked for, with the versions that it can come to. */
function requestsOf({ name, registry, versions }: SurveyedPrompt): [string, PromptVersion[]][] {
  const { entry } = registry
  const byVersion = new Map(versions.map((prompt) => [prompt.version, prompt]))
  const known = sortVersions([...byVersion.keys()])
  const full = known.map((version): [string, string[]] => [version, [version]])
  const ranges = entry.resolution === 'exact' ? [] : prefixesAndRanges(known)
  const pointers = Object.entries(entry.labels).map(([label, version]): [string, string[]] => [
    label,
    [version],
  ])
  const latest: [string, string[]][] =
    entry.latest == null || entry.latest === '' ? [] : [['latest', [resolveVersion(name, entry, {}).version]]]
  return [...full, ...ranges, ...pointers, ...latest].map(([request, matching]) => [
    request,
    matching.flatMap((version) => byVersion.get(version) ?? []),
  ])
}

function prefixesAndRanges(versions: readonly string[]): [string, string[]][] {
  const stable = versions.filter((version) => semver.prerelease(version) === null)
  const requests = stable.flatMap((version) => {
    const { major, minor } = new semver.SemVer(version)
    return [`${major}`, `${major}.${minor}`, `^${version}`, `~${version}`]
  })
  return [...new Set(requests)].map((request) => [
    request,
    stable.filter((version) => semver.satisfies(version, request)),
  ])
}

function typeOf(versions: readonly PromptVersion[]): string {
  const types = new Set(versions.map(printVariables))
  if (types.size === 1) return [...types].join('')
  return JSON.stringify(
    `versions ${versions.map(({ version }) => version).join(' and ')} disagree on their variables`,
  )
}

interface Shape {
  readonly children: Map<string, Shape>
}

function printVariables({ variables, inputs }: PromptVersion): string {
  const root: Shape = { children: new Map() }
  for (const variable of variables.toSorted()) {
    let node = root
    for (const key of variable.split('.')) {
      const next = node.children.get(key) ?? { children: new Map() }
      node.children.set(key, next)
      node = next
    }
  }
  // Without variables nothing may be given at all.
  if (root.children.size === 0) return 'Record<string, never>'
  return printShape(root, (name) => inputs[firstName(name)]?.type)
}

function printShape({ children }: Shape, typeOfInput: (name: string) => PromptInput['type']): string {
  const fields = [...children].map(([name, child]) => {
    const type =
      child.children.size > 0 ? printShape(child, () => undefined) : typeNames[typeOfInput(name) ?? 'any']
    return `${JSON.stringify(name)}: ${type}`
  })
  return `{ ${fields.join('; ')} }`
}

/** What a template takes: text, and whatever has one clear form as text. */
const typeNames: Readonly<Record<NonNullable<PromptInput['type']> | 'any', string>> = {
  any: 'string | number | boolean | bigint | object',
  string: 'string',
  number: 'number',
  boolean: 'boolean',
  object: 'object',
  array: 'readonly unknown[]',
}
