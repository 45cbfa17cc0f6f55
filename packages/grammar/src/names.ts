import { isReserved } from './reserved-words.ts'
import type { ResourceKind } from './tree.ts'

// Names: how one resource is called in files, in code and in an expression. Everything that compares or spells
// a name goes through here, so that what one generator writes another one finds.
//
//   N1. Kebab, snake, camel and Pascal spellings have one key; so has a spelling with the suffix of its kind.
//   N2. An acronym is one word: `HTTPGet` is http-get, and `HTTPGet`, `httpGet`, `http_get` have one key.
//   N3. Digits belong to the word before them: `step-1`, `step_1` and `Step1` are one name.
//   N4. Case alone joins no words: `datafetcher` is not `DataFetcher`.

const WORD = /[A-Z]+(?![a-z])(?:[0-9]+[a-z0-9]*)?|[A-Z]?[a-z]+[a-z0-9]*|[0-9]+[a-z0-9]*/g
const SUFFIX: Readonly<Record<ResourceKind, string>> = {
  agent: 'agent',
  workflow: 'workflow',
  function: 'function',
}

/** All kinds, in the order in which messages list them. */
export const RESOURCE_KINDS: readonly ResourceKind[] = ['agent', 'workflow', 'function']

/**
 * The words of a name in lower case.
 *
 * @example words('HTTPGet') // ['http', 'get']
 * @example words('send_email') // ['send', 'email']
 * @example words('step-1') // ['step1']
 */
export function words(name: string): string[] {
  const found: string[] = []
  // In camel case a first word of one letter is small: `aBC` is what `ABC` is.
  const spelled = capitalize(name.replace(/^[-_]+(?=[A-Za-z0-9])/, ''))
  for (const [word] of spelled.matchAll(WORD)) {
    const last = found.length - 1
    if (/^[0-9]/.test(word) && last >= 0) found[last] = `${found[last] ?? ''}${word.toLowerCase()}`
    else found.push(word.toLowerCase())
  }
  // A name of underscores alone is its own and only word.
  return found.length > 0 || name === '' ? found : [name]
}

/** `send-email`: names of files, prompts, task queues. */
export function kebabCase(name: string): string {
  return words(name).join('-')
}

/** `send_email`: keys of settings and of YAML files. */
export function snakeCase(name: string): string {
  return words(name).join('_')
}

/** `SendEmail`: types and schemas. */
export function pascalCase(name: string): string {
  return words(name).map(capitalize).join('')
}

/** `sendEmail`: functions and variables. Always an identifier, though it may be a reserved word. */
export function camelCase(name: string): string {
  const [first = '', ...rest] = words(name)
  const spelled = first + rest.map(capitalize).join('')
  return /^[0-9]/.test(spelled) ? `_${spelled}` : spelled
}

/**
 * What two spellings of one name have in common. Compare keys, never names.
 *
 * With a kind, the suffix of that kind does not count.
 *
 * @example nameKey('send-email') === nameKey('SendEmail') // true
 * @example nameKey('ReviewAgent', 'agent') === nameKey('review') // true
 */
export function nameKey(name: string, kind?: ResourceKind): string {
  const stem = kind === undefined ? name : withoutSuffix(name, kind)
  // Written in Pascal case `step-a-b` is `StepAB`, whose words are step and ab. Going through the tightest
  // spelling once gives all of them the same words.
  const key = words(pascalCase(stem)).join('_')
  return key === '' ? stem : key
}

/**
 * The name without the suffix of its kind, in its own spelling. A name that is nothing but the suffix stays.
 *
 * @example withoutSuffix('EmailCampaignWorkflow', 'workflow') // 'EmailCampaign'
 * @example withoutSuffix('review-agent', 'agent') // 'review'
 */
export function withoutSuffix(name: string, kind: ResourceKind): string {
  const parts = words(name)
  if (parts.length < 2 || parts.at(-1) !== SUFFIX[kind]) return name
  return name.slice(0, name.length - SUFFIX[kind].length).replace(/[-_]+$/, '')
}

/** The kind that the name's suffix states, if any: `agent` for `ReviewAgent`. */
export function suffixKind(name: string): ResourceKind | undefined {
  const parts = words(name)
  return parts.length < 2 ? undefined : RESOURCE_KINDS.find((kind) => SUFFIX[kind] === parts.at(-1))
}

/**
 * The name of the export that holds a resource: agents and workflows carry their kind, functions do not.
 *
 * @example exportName('Research', 'agent') // 'researchAgent'
 * @example exportName('send-email', 'function') // 'sendEmail'
 */
export function exportName(name: string, kind: ResourceKind): string {
  const stem = camelCase(withoutSuffix(name, kind))
  return kind === 'function' && !isReserved(stem) ? stem : stem + capitalize(kind)
}

/** The name of the file that holds a resource, without folder and extension: `email-campaign`. */
export function fileName(name: string, kind: ResourceKind): string {
  return kebabCase(withoutSuffix(name, kind))
}

function capitalize(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1)
}
