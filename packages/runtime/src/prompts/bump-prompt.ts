import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import semver from 'semver'
import { isMap, parseDocument } from 'yaml'
import type { Environment } from '../config/interpolate.ts'
import { readTextFile } from '../config/load-config.ts'
import { splitPromptFile } from './front-matter.ts'
import { PromptError } from './prompt-error.ts'
import { normalizeText } from './prompt-file.ts'
import { parseRegistry, promptsFile } from './registry-entries.ts'
import { resolveVersion, sortVersions } from './resolve-version.ts'

export interface BumpRequest {
  readonly name: string
  readonly part: 'major' | 'minor' | 'patch'
  /** The version to copy: any request. The highest unless given. */
  readonly from?: string | undefined
  /** Let `latest` point to the new version. */
  readonly latest?: boolean
}

export interface BumpPlan {
  readonly from: string
  readonly version: string
  /** Relative to the project, with its new text. */
  readonly file: { readonly path: string; readonly text: string }
  readonly registry: { readonly path: string; readonly text: string }
}

/**
 * Plans a new version of a prompt: a copy under the next number, listed in the registry. The number is the next one
 * after the copied version that does not exist yet. Comments of config/prompts.yaml are kept.
 *
 * @throws {PromptError} `PROMPT_UNKNOWN`, or as `resolveVersion`; {ConfigError} when the registry cannot be read.
 */
export function planBump(root: string, request: BumpRequest, env: Environment = process.env): BumpPlan {
  const { name, part } = request
  const yaml = readTextFile(root, promptsFile)
  const found = parseRegistry(yaml, env).entries.get(name)
  if (!found)
    throw new PromptError('PROMPT_UNKNOWN', `There is no prompt "${name}".`, {
      hint: 'rgen prompts list shows all.',
    })
  const { entry } = found
  const existing = Object.keys(entry.versions)
  const from =
    request.from === undefined
      ? (sortVersions(existing).at(-1) ?? '')
      : resolveVersion(name, entry, { request: request.from }).version
  const version = nextFree(from, part, existing)
  const source = entry.versions[from] ?? ''
  const path = posix.join(posix.dirname(source.replaceAll('\\', '/')), `v${version}.md`)
  if (existsSync(join(root, path)))
    throw new PromptError('PROMPT_EXISTS', `${path} exists, and is not listed in ${promptsFile}.`, {
      file: path,
      hint: 'List it, or remove it.',
    })
  const text = withVersion(readTextFile(root, source), version, source)
  const registry = { path: promptsFile, text: withEntry(yaml, name, version, path, request.latest ?? false) }
  return { from, version, file: { path, text }, registry }
}

/** Writes what `planBump` planned: the new file, then the registry. */
export function applyBump(root: string, { file, registry }: BumpPlan): void {
  mkdirSync(dirname(join(root, file.path)), { recursive: true })
  writeFileSync(join(root, file.path), file.text, { flag: 'wx' })
  writeFileSync(join(root, registry.path), registry.text)
}

function nextFree(from: string, part: BumpRequest['part'], existing: readonly string[]): string {
  let next = from
  do next = semver.inc(next, part) ?? ''
  while (existing.some((version) => semver.valid(version) !== null && semver.eq(version, next)))
  return next
}

function withVersion(text: string, version: string, file: string): string {
  const parts = splitPromptFile(normalizeText(text))
  if (parts.kind === 'failure')
    throw new PromptError('PROMPT_FILE', `${file}:${parts.line} ${parts.message}.`, {
      file,
      line: parts.line,
      hint: parts.hint,
    })
  const lines = normalizeText(text).split('\n')
  const first = parts.frontMatterLine - 1
  const last = parts.bodyLine - 1
  return lines
    .map((line, index) =>
      index >= first && index < last ? line.replace(/^version:.*$/, `version: ${version}`) : line,
    )
    .filter((line, index) => !(index >= first && index < last && /^changelog:\s*\S/.test(line)))
    .join('\n')
}

function withEntry(yaml: string, name: string, version: string, path: string, isLatest: boolean): string {
  const document = parseDocument(yaml)
  const versions = document.getIn(['prompts', name, 'versions'])
  if (!isMap(versions))
    throw new PromptError('PROMPT_REGISTRY', `Prompt "${name}" has no versions in ${promptsFile}.`)
  const key = document.createNode(version)
  key.type = 'QUOTE_DOUBLE'
  versions.add(document.createPair(key, path))
  if (isLatest) document.setIn(['prompts', name, 'latest'], version)
  return document.toString({ lineWidth: 0 })
}
