import semver from 'semver'
import { didYouMean } from '../config/did-you-mean.ts'
import type { PromptEntry } from './config.ts'
import { PromptError } from './prompt-error.ts'

/** What a version is decided from; `null` and no request are the same. */
export interface VersionRequest {
  /** A version, a prefix (`1`, `1.2`), a range, a label, or `latest`. */
  readonly request?: string | null | undefined
  /** The arm that an experiment chose for this caller. */
  readonly arm?: string | undefined
  /** A label to use when neither request nor experiment decides. */
  readonly label?: string | undefined
}

export interface ResolvedVersion {
  readonly version: string
  readonly label?: string
  readonly arm?: string
}

/**
 * Decides which version a request means. In order: an explicit version or range, the experiment's arm, a label,
 * `latest`. Never guesses: what cannot be read is an error that lists what exists.
 *
 * @throws {PromptError} `PROMPT_VERSION_INVALID`, `PROMPT_VERSION_UNKNOWN`, `PROMPT_LABEL_UNKNOWN`.
 * @example resolveVersion('summary', entry, { request: '1' }) // { version: '1.2.0' }
 */
export function resolveVersion(name: string, entry: PromptEntry, wanted: VersionRequest): ResolvedVersion {
  const { request, arm } = wanted
  assertText(name, entry, request)
  const isExplicit = request != null && request !== 'latest' && !Object.hasOwn(entry.labels, request)
  if (isExplicit) return { version: findVersion(name, entry, request) }
  if (arm !== undefined) return { version: arm, arm }
  const label = request ?? wanted.label
  if (label !== undefined && label !== 'latest') return { version: labelled(name, entry, label), label }
  if (isBlank(entry.latest))
    throw new PromptError(
      'PROMPT_VERSION_UNKNOWN',
      `Prompt "${name}" names no latest version, and none was asked for.`,
      {
        hint: `Ask for a version, or set latest in config/prompts.yaml. ${whatExists(entry)}`,
      },
    )
  return { version: entry.latest }
}

/** Programs without types, and YAML, give numbers: `1.10` would be 1.1. */
function assertText(name: string, entry: PromptEntry, request: unknown): void {
  if (request == null || typeof request === 'string') return
  throw new PromptError(
    'PROMPT_VERSION_INVALID',
    `A version of prompt "${name}" must be given as text. ${whatExists(entry)}`,
    {
      hint: 'Put it in quotes: "1.10".',
    },
  )
}

function findVersion(name: string, entry: PromptEntry, request: string): string {
  const versions = Object.keys(entry.versions)
  if (entry.resolution === 'exact') {
    if (versions.includes(request)) return request
    if (request.trim() === '') throw unreadable(name, entry, request)
    throw unknownVersion(
      name,
      entry,
      request,
      'This prompt takes versions exactly as they are written in the registry.',
    )
  }
  if (isPlainText(request) && semver.valid(request) !== null) return findFull(name, entry, request)
  if (!isRange(request)) throw unreadable(name, entry, request)
  const best = semver.maxSatisfying(versions, request)
  if (best === null) throw unknownVersion(name, entry, request)
  return best
}

/** A full version is never widened. Without build metadata it also means the one version that has some. */
function findFull(name: string, entry: PromptEntry, request: string): string {
  const wanted = request.trim().replace(/^[v=\s]+/, '')
  const versions = Object.keys(entry.versions)
  if (versions.includes(wanted)) return wanted
  const found = wanted.includes('+') ? undefined : versions.find((version) => semver.eq(version, wanted))
  if (found !== undefined) return found
  const fix = `If a run recorded it, restore its file and its line in config/prompts.yaml (git log -- prompts/${name}).`
  throw unknownVersion(name, entry, request, fix)
}

function labelled(name: string, entry: PromptEntry, label: string): string {
  const version = Object.hasOwn(entry.labels, label) ? entry.labels[label] : undefined
  if (version !== undefined) return version
  const nearest = didYouMean(label, Object.keys(entry.labels))
  const suggestion = nearest === undefined ? '' : `Did you mean "${nearest}"? `
  throw new PromptError('PROMPT_LABEL_UNKNOWN', `Prompt "${name}" has no label "${label}".`, {
    hint: `${suggestion}${whatExists(entry)}`,
  })
}

/**
 * Whether npm's semver reads it as a range, and a person would too: semver takes an empty text, `||` and `+b1` for
 * "any version", and a line break for a blank.
 */
export function isRange(request: string): boolean {
  if (!isPlainText(request) || semver.validRange(request) === null) return false
  return request.split('||').every((alternative) => {
    const parts = alternative
      .trim()
      .replace(/([<>=~^])\s+/g, '$1')
      .split(/\s+/)
    return parts.every((part) => part === '-' || /^[<>=~^]*v?[\dxX*]/.test(part))
  })
}

function isPlainText(request: string): boolean {
  return /^[\x20-\x7e]+$/.test(request)
}

/** Whether a pointer of the registry is left open. */
export function isBlank(text: string | null | undefined): text is '' | null | undefined {
  return text === undefined || text === null || text === ''
}

function unreadable(name: string, entry: PromptEntry, request: string): PromptError {
  const nearest = request === '' ? undefined : didYouMean(request, [...Object.keys(entry.labels), 'latest'])
  const message = `${JSON.stringify(request)} is not a version, a range or a label of prompt "${name}".`
  const suggestion = nearest === undefined ? '' : `Did you mean "${nearest}"? `
  return new PromptError('PROMPT_VERSION_INVALID', `${message} ${whatExists(entry)}`, {
    hint: `${suggestion}Ask for one of these, for a prefix such as "1", or for a range such as "^1.0.0".`,
  })
}

function unknownVersion(name: string, entry: PromptEntry, request: string, hint?: string): PromptError {
  const message = `Prompt "${name}" has no version that matches ${JSON.stringify(request)}. ${whatExists(entry)}`
  return new PromptError('PROMPT_VERSION_UNKNOWN', message, hint === undefined ? {} : { hint })
}

function whatExists(entry: PromptEntry): string {
  const versions = sortVersions(Object.keys(entry.versions))
  const labels = Object.entries(entry.labels).map(([label, version]) => `${label} (${version})`)
  return `Versions: ${versions.join(', ') || 'none'}.${labels.length > 0 ? ` Labels: ${labels.join(', ')}.` : ''}`
}

/** Ascending; what is not a version stands at the end. */
export function sortVersions(versions: readonly string[]): string[] {
  const [valid, invalid] = [versions.filter(isVersion), versions.filter((version) => !isVersion(version))]
  return [...valid.toSorted(semver.compareBuild), ...invalid]
}

/** Whether a text is a version as it must stand in the registry: complete, and without a `v`. */
export function isVersion(text: string): boolean {
  return isPlainText(text) && /^\d/.test(text) && semver.valid(text) !== null && text === text.trim()
}
