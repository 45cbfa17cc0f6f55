import {
  camelCase,
  exportName,
  fileName,
  isReserved,
  kebabCase,
  pascalCase,
  withoutSuffix,
  words,
} from '@rgen/grammar'
import { GenerateError } from './errors.ts'
import type { ResourceKind } from './resources.ts'

/** Everything that has a name in a project. */
export type NamedKind = ResourceKind | 'pipeline' | 'tool server' | 'tool' | 'prompt' | 'event'

/** One name in the spellings that generated files need. */
export interface ResourceName {
  /** Types and schemas: `EmailCampaign`. */
  readonly pascal: string
  /** Variables: `emailCampaign`. */
  readonly camel: string
  /** Files: `email-campaign`. */
  readonly kebab: string
  /** Prose: `email campaign`. */
  readonly words: string
  /** The export, which for agents and workflows carries the kind: `researchAgent`. */
  readonly exported: string
}

const longest = 64

/** Names that Windows keeps for devices, in any folder and with any extension. */
const device = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])$/

/** Functions are exported by their bare name, so it may not hide what their own code or callers need. */
const usedInFunctions = new Set(['z', 'log', 'heartbeat', 'then', 'module', 'require', 'exports'])

/**
 * Checks a name that a user gives and spells it in every way that generated files need.
 *
 * Kebab, snake, camel and Pascal spellings, with or without the suffix of the kind, are one name.
 *
 * @throws {GenerateError} one of the `GEN_NAME_*` codes.
 * @example parseName('email_campaign', 'workflow').exported // 'emailCampaignWorkflow'
 */
export function parseName(text: string, kind: NamedKind): ResourceName {
  checkSpelling(text, kind)
  const suffixed = kind === 'pipeline' ? 'workflow' : kind
  const isResource = suffixed === 'agent' || suffixed === 'workflow' || suffixed === 'function'
  const stem = isResource ? withoutSuffix(text, suffixed) : withoutServerSuffix(text, kind)
  checkMeaning(text, stem, kind)
  return {
    pascal: pascalCase(stem),
    camel: camelCase(stem),
    kebab: isResource ? fileName(text, suffixed) : kebabCase(stem),
    words: words(stem).join(' '),
    exported: isResource ? exportName(text, suffixed) : camelCase(stem),
  }
}

/** The name that every spelling of a resource is shown in: `EmailCampaign`. */
export function canonicalName(text: string, kind: NamedKind): string {
  return parseName(text, kind).pascal
}

/**
 * Checks the name of a pipeline's step as far as its file needs it. Words of TypeScript and names of globals are fine:
 * the generator finds a spelling for them.
 *
 * @throws {GenerateError} `GEN_NAME_LONG`, `GEN_NAME_DEVICE`, `GEN_NAME_RESERVED`
 */
export function checkScaffoldName(text: string, kind: ResourceKind): void {
  checkSpelling(text, kind)
  checkFileName(text, withoutSuffix(text, kind))
}

/** Whether a function of this name would hide what the name means in its own code. */
export function hidesAGlobal(name: string): boolean {
  return isWord(name) || usedInFunctions.has(name) || Object.hasOwn(globalThis, name)
}

/** A word of TypeScript, or what is left of one when all letters are small. */
function isWord(name: string): boolean {
  return isReserved(name) || name === 'nan' || name === 'infinity'
}

function checkSpelling(text: string, kind: NamedKind): void {
  const article = /^[aeiou]/.test(kind) ? 'an' : 'a'
  if (text.trim() === '')
    throw new GenerateError('GEN_NAME_EMPTY', `The name of the ${kind} is empty.`, {
      hint: `Give ${article} ${kind} a name such as Research or email-campaign.`,
    })
  if (text.length > longest)
    throw new GenerateError(
      'GEN_NAME_LONG',
      `The name of the ${kind} has ${text.length} characters; ${longest} are the most.`,
      { hint: 'Choose a shorter name: it becomes a file name, a type and a function.' },
    )
  const strange = /[^\w-]/u.exec(text)
  if (strange !== null)
    throw new GenerateError(
      'GEN_NAME_CHARACTERS',
      `${show(text)} is no name: ${describe(strange[0])} is not allowed.`,
      {
        hint: 'Names consist of the letters a-z and A-Z, digits, "_" and single "-" between them.',
      },
    )
  if (!/^[A-Za-z_]/.test(text))
    throw new GenerateError('GEN_NAME_START', `${show(text)} is no name: it does not begin with a letter.`, {
      hint: 'Names become functions and types, and these begin with a letter.',
    })
  if (/--|-$/.test(text) || !/[A-Za-z]/.test(text))
    throw new GenerateError('GEN_NAME_CHARACTERS', `${show(text)} is no name.`, {
      hint: 'Names consist of the letters a-z and A-Z, digits, "_" and single "-" between them.',
    })
}

function checkMeaning(text: string, stem: string, kind: NamedKind): void {
  const name = camelCase(stem)
  if (/^(?:agent|workflow|function|pipeline|server|tool|prompt)s?$/.test(kebabCase(text)))
    throw new GenerateError('GEN_NAME_KIND_ONLY', `${show(text)} names a kind of thing, not a thing.`, {
      hint: `Say what the ${kind} does: ReviewOrders, email-campaign.`,
    })
  if (isWord(name.toLowerCase()))
    throw new GenerateError('GEN_NAME_RESERVED', `${show(text)} is a reserved word of TypeScript.`, {
      hint: `Add a word: ${pascalCase(`${stem}-orders`)}.`,
    })
  if (kind === 'function' && hidesAGlobal(name))
    throw new GenerateError(
      'GEN_NAME_RESERVED',
      `A function ${show(name)} would hide what ${name} means in its own code.`,
      { hint: `Add a word: ${pascalCase(`${stem}-orders`)}.` },
    )
  checkFileName(text, stem)
}

function checkFileName(text: string, stem: string): void {
  if (kebabCase(stem) === 'index')
    throw new GenerateError(
      'GEN_NAME_RESERVED',
      `${show(text)} is the file that lists what its folder exports.`,
      {
        hint: `Add a word: ${pascalCase(`${stem}-orders`)}.`,
      },
    )
  if (device.test(kebabCase(stem)))
    throw new GenerateError('GEN_NAME_DEVICE', `${show(text)} cannot be a file name on Windows.`, {
      hint: `Add a word: ${pascalCase(`${stem}-orders`)}.`,
    })
}

/** `ResearchToolServer` and `research_tools` are the tool server `research`. */
function withoutServerSuffix(text: string, kind: NamedKind): string {
  if (kind !== 'tool server') return text
  const parts = words(text)
  for (const suffix of [['tool', 'server'], ['tools'], ['server']])
    if (
      parts.length > suffix.length &&
      suffix.every((word, index) => parts.at(index - suffix.length) === word)
    )
      return parts.slice(0, -suffix.length).join('-')
  return text
}

function show(text: string): string {
  return JSON.stringify(text)
}

function describe(character: string): string {
  const code = character.codePointAt(0) ?? 0
  const point = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
  return code > 0x20 && code < 0x7f ? show(character) : `${point}${code > 0xa0 ? ` (${character})` : ''}`
}
