// The prompts of a project.
//
//   P1. A request is decided by resolve-version.ts; a registry entry that is not in order is never used.
//   P2. Development: files are looked at on every use. What breaks is reported once, and the last good version stays.
//   P3. Production: everything is read and checked when the registry is made; the disk is not looked at again.

import { join } from 'node:path'
import { ConfigError } from '../config/config-error.ts'
import type { Environment } from '../config/interpolate.ts'
import { didYouMean } from '../config/did-you-mean.ts'
import type { Meter } from '../metrics/metrics.ts'
import { pickArm } from './experiment.ts'
import { isUnchanged, readProjectFile, stampOf, type FileStamp } from './project-files.ts'
import { PromptError, problemsError, type PromptProblem } from './prompt-error.ts'
import { parsePromptFile, type PromptSettings, type PromptVersion } from './prompt-file.ts'
import { parseRegistry, promptsFile, type RegistryEntry } from './registry-entries.ts'
import { renderPrompt, type RenderedMessage, type RenderSettings } from './render-prompt.ts'
import { isVersion, resolveVersion, sortVersions, type ResolvedVersion } from './resolve-version.ts'
import type { PromptVariables } from './variable-text.ts'

/** A prompt that is filled in: what a call of an LLM needs, and what its log line tells. Plain data. */
export interface RenderedPrompt {
  readonly name: string
  readonly version: string
  /** SHA-256 of the prompt's file, line ends normalised. */
  readonly hash: string
  /** The label that chose the version. */
  readonly label?: string
  /** The version that an experiment chose. */
  readonly arm?: string
  readonly messages: readonly RenderedMessage[]
  /** Defaults of the call: a call may say otherwise. */
  readonly settings: PromptSettings
}

/** How a version is chosen when the request does not say. */
export interface ResolveOptions {
  readonly label?: string | undefined
  /** The id that an experiment goes by, usually the agent's; or ids by their names, of which the experiment takes one. */
  readonly experimentKey?: string | Readonly<Record<string, string>> | undefined
}

export type PromptRenderOptions = ResolveOptions & RenderSettings

export interface PromptSummary {
  readonly name: string
  readonly description?: string
  /** Ascending. */
  readonly versions: readonly string[]
  readonly latest?: string
  readonly resolution: 'semver' | 'exact'
  readonly labels: Readonly<Record<string, string>>
  /** Weights by version. */
  readonly experiment?: Readonly<Record<string, number>>
}

export interface PromptRegistryOptions {
  /** The project's folder. */
  readonly root: string
  readonly mode: 'development' | 'production'
  /** `RGEN_PROMPT_LABEL` and `${VAR}` in the registry are read from here. The environment of this process unless given. */
  readonly env?: Environment
  /** Counts what is rendered, and what could not be. */
  readonly meter?: Pick<Meter, 'count'>
  /** Told, once each, of files that broke while their last good version is used. */
  readonly onProblem?: (error: PromptError | ConfigError) => void
}

type Request = string | null | undefined

interface LoadedFile {
  /** Absolute. */
  readonly path: string
  readonly stamp: FileStamp
  readonly prompt: PromptVersion
}

/** Finds, reads and renders the prompts of a project. Made by `loadPrompts`. */
export class PromptRegistry {
  readonly #options: PromptRegistryOptions
  readonly #env: Environment
  readonly #label: string | undefined
  readonly #files = new Map<string, LoadedFile>()
  readonly #reported = new Set<string>()
  /** What requests came to that depend on nothing but the registry; emptied when it changes. */
  readonly #decided = new Map<RegistryEntry, Map<Request, ResolvedVersion>>()
  #entries: ReadonlyMap<string, RegistryEntry> = new Map()
  #strayProblems: readonly PromptProblem[] = []
  readonly #registryPath: string
  #stamp: FileStamp | undefined
  #isWatching = true

  /** @throws {ConfigError | PromptError} when config/prompts.yaml or, in production, any prompt is not in order. */
  constructor(options: PromptRegistryOptions) {
    this.#options = options
    this.#env = options.env ?? process.env
    const label = this.#env.RGEN_PROMPT_LABEL
    this.#label = label === '' ? undefined : label
    this.#registryPath = join(options.root, promptsFile)
    this.#refresh()
    if (options.mode === 'production') this.#preload()
  }

  /** All prompts, by name. */
  list(): PromptSummary[] {
    this.#refresh()
    return [...this.#entries.values()].map(summaryOf).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }

  /**
   * Which version a request means. In order: an explicit version or range, the experiment, a label (argument, then
   * `RGEN_PROMPT_LABEL`), `latest`.
   *
   * @param request A version (`1.0.0`), a prefix (`1`), a range (`^1.0.0`), a label, or `latest`.
   * @throws {PromptError} listing what exists; it never guesses.
   */
  resolve(name: string, request?: Request, options: ResolveOptions = {}): ResolvedVersion {
    this.#refresh()
    return this.#resolve(this.#entry(name), request, options)
  }

  /** The version that a request means, read and checked, not filled in. */
  load(name: string, request?: Request, options: ResolveOptions = {}): PromptVersion {
    this.#refresh()
    const entry = this.#entry(name)
    return this.#read(entry, this.#resolve(entry, request, options).version)
  }

  /**
   * Fills in a prompt.
   *
   * @throws {PromptError} for an unknown prompt, version or label; a file that is not in order; variables that are
   *   missing, unknown, too long or have no form as text.
   * @example registry.render('analyze-research', '^1.0.0', { topic, sources }, { experimentKey: agentId })
   */
  render(
    name: string,
    request: Request,
    variables: PromptVariables,
    options: PromptRenderOptions = {},
  ): RenderedPrompt {
    this.#refresh()
    const entry = this.#entry(name)
    let version = 'none'
    try {
      const resolved = this.#resolve(entry, request, options)
      version = resolved.version
      const prompt = this.#read(entry, version)
      const messages = renderPrompt(prompt, variables, options)
      this.#count(name, version, 'ok')
      return { name, hash: prompt.hash, ...resolved, messages, settings: prompt.settings }
    } catch (error) {
      if (error instanceof PromptError) this.#count(name, version, error.code)
      throw error
    }
  }

  /** Stops following the files. A closed registry goes on answering from what it has read. */
  close(): void {
    this.#isWatching = false
  }

  #resolve(
    found: RegistryEntry,
    request: Request,
    { label, experimentKey }: ResolveOptions,
  ): ResolvedVersion {
    const { name, entry, experiment, problems } = found
    const [problem, ...others] = problems
    if (problem) throw problemsError([problem, ...others])
    const key = experiment && keyOf(experimentKey, experiment.key)
    const arm = experiment && key !== undefined ? pickArm(experiment, key) : undefined
    if (arm !== undefined || label !== undefined)
      return resolveVersion(name, entry, { request, arm, label: label ?? this.#generalLabel(found) })
    const decided = this.#decided.get(found) ?? new Map<Request, ResolvedVersion>()
    this.#decided.set(found, decided)
    const known = decided.get(request)
    if (known) return known
    const resolved = Object.freeze(resolveVersion(name, entry, { request, label: this.#generalLabel(found) }))
    decided.set(request, resolved)
    return resolved
  }

  /** `RGEN_PROMPT_LABEL` is meant for all prompts at once; those that do not have it use their latest version. */
  #generalLabel({ entry }: RegistryEntry): string | undefined {
    return this.#label !== undefined && Object.hasOwn(entry.labels, this.#label) ? this.#label : undefined
  }

  #entry(name: string): RegistryEntry {
    const found = this.#entries.get(name)
    if (found) return found
    const names = [...this.#entries.keys()]
    const nearest = didYouMean(name, names)
    const existing =
      names.length === 0 ? 'There are none; make one with rgen g prompt.' : `There is ${names.join(', ')}.`
    throw new PromptError('PROMPT_UNKNOWN', `There is no prompt "${name}".`, {
      hint: nearest === undefined ? existing : `Did you mean "${nearest}"?`,
    })
  }

  /** Looks at config/prompts.yaml again when it may have changed. */
  #refresh(): void {
    if (!this.#isWatching) return
    if (this.#stamp !== undefined && isUnchanged(this.#registryPath, this.#stamp)) return
    const stamp = stampOf(this.#registryPath)
    const isFirst = this.#stamp === undefined
    try {
      const reading = readProjectFile(this.#options.root, promptsFile)
      if (!reading && this.#entries.size > 0) throw registryGone()
      const { entries, problems } = parseRegistry(reading?.text ?? '', this.#env)
      this.#stamp = reading?.stamp ?? 'missing'
      this.#adopt(entries, isFirst)
      this.#strayProblems = problems
      const [problem, ...others] = problems
      if (problem) this.#report(problemsError([problem, ...others]))
    } catch (error) {
      if (isFirst || !(error instanceof ConfigError || error instanceof PromptError)) throw error
      this.#stamp = stamp
      this.#report(error)
    }
  }

  /** An entry that broke keeps its last good form. */
  #adopt(entries: ReadonlyMap<string, RegistryEntry>, isFirst: boolean): void {
    const adopted = [...entries].map(([name, entry]): [string, RegistryEntry] => {
      const before = this.#entries.get(name)
      const [problem, ...others] = entry.problems
      if (isFirst || !problem || !before || before.problems.length > 0) return [name, entry]
      this.#report(problemsError([problem, ...others]))
      return [name, before]
    })
    this.#entries = new Map(adopted)
    this.#decided.clear()
  }

  #preload(): void {
    const ofEntries = [...this.#entries.values()].flatMap((entry) => [
      ...entry.problems,
      ...Object.keys(entry.entry.versions)
        .filter(isVersion)
        .flatMap((version) => this.#problemsOf(entry, version)),
    ])
    const problems = [...ofEntries, ...this.#strayProblems]
    const [first, ...others] = problems
    if (first) throw problemsError([first, ...others])
    this.#isWatching = false
  }

  #problemsOf(entry: RegistryEntry, version: string): readonly PromptProblem[] {
    try {
      this.#read(entry, version)
      return []
    } catch (error) {
      if (error instanceof PromptError && error.problems.length > 0) return error.problems
      throw error
    }
  }

  #read(found: RegistryEntry, version: string): PromptVersion {
    const file = found.entry.versions[version] ?? ''
    const id = `${found.name}\0${version}\0${file}`
    const loaded = this.#files.get(id)
    if (loaded && (!this.#isWatching || isUnchanged(loaded.path, loaded.stamp))) return loaded.prompt
    const { root } = this.#options
    const path = join(root, file)
    const stamp = stampOf(path)
    try {
      const reading = readProjectFile(root, file)
      if (!reading) throw missingFile(found, version, file)
      const prompt = Object.freeze(parsePromptFile({ name: found.name, version, file, text: reading.text }))
      this.#files.set(id, { path, stamp: reading.stamp, prompt })
      return prompt
    } catch (error) {
      if (!loaded || !(error instanceof PromptError)) throw error
      this.#files.set(id, { ...loaded, stamp })
      this.#report(error)
      return loaded.prompt
    }
  }

  #count(prompt: string, version: string, status: string): void {
    this.#options.meter?.count('prompt_renders_total', { prompt, version, status })
  }

  #report(error: PromptError | ConfigError): void {
    if (this.#reported.has(error.message)) return
    this.#reported.add(error.message)
    this.#options.onProblem?.(error)
  }
}

function summaryOf({ name, entry, experiment }: RegistryEntry): PromptSummary {
  return {
    name,
    ...(entry.description !== undefined && { description: entry.description }),
    versions: sortVersions(Object.keys(entry.versions)),
    ...(entry.latest != null && entry.latest !== '' && { latest: entry.latest }),
    resolution: entry.resolution,
    labels: entry.labels,
    ...(experiment && { experiment: experiment.weights }),
  }
}

function keyOf(experimentKey: ResolveOptions['experimentKey'], name: string): string | undefined {
  if (typeof experimentKey !== 'object') return experimentKey
  return Object.hasOwn(experimentKey, name) ? experimentKey[name] : undefined
}

/** Some editors remove a file for a moment while they save it. */
function registryGone(): PromptError {
  return problemsError([
    {
      code: 'PROMPT_REGISTRY',
      file: promptsFile,
      message: 'the file is gone, and what it said is still used',
      hint: 'Restore it, or restart the service to go on without prompts.',
    },
  ])
}

function missingFile(found: RegistryEntry, version: string, file: string): PromptError {
  return problemsError([
    {
      code: 'PROMPT_FILE',
      file: promptsFile,
      ...found.placeOf(version),
      message: `version ${version} of prompt "${found.name}" names ${file}, and there is no such file`,
      hint: 'Restore the file, or remove the version from the registry.',
    },
  ])
}
