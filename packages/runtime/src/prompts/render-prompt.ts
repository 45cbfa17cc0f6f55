import { randomBytes } from 'node:crypto'
import { didYouMean } from '../config/did-you-mean.ts'
import { PromptError } from './prompt-error.ts'
import type { PromptVersion } from './prompt-file.ts'
import type { PromptRole } from './read-messages.ts'
import { lookUp, variableText, type PromptVariables } from './variable-text.ts'

/** A message as `llm.chat` takes it. */
export interface RenderedMessage {
  readonly role: PromptRole
  readonly content: string
}

export interface RenderSettings {
  /** Whether a variable that the template does not use is an error. Default true: it is usually a typing mistake. */
  readonly strict?: boolean
  /** Put every value between two lines that nobody can guess, whatever the file says. */
  readonly fence?: boolean
  /** Makes the mark of the fence; random unless given. */
  readonly fenceMark?: () => string
}

/**
 * Fills in a prompt. Values are inserted as text and never scanned again: braces, marks and placeholders inside a
 * value stay what they are.
 *
 * @throws {PromptError} `PROMPT_VARIABLES_MISSING` naming all that are missing, `PROMPT_VARIABLES_UNKNOWN`,
 *   `PROMPT_VARIABLE_INVALID`, `PROMPT_VARIABLE_TOO_LONG`, and `PROMPT_EMPTY` when a message comes out blank.
 */
export function renderPrompt(
  prompt: PromptVersion,
  variables: PromptVariables,
  settings: RenderSettings = {},
): RenderedMessage[] {
  checkVariables(prompt, variables, settings.strict ?? true)
  const texts = new Map(prompt.variables.map((name) => [name, valueOf(prompt, name, variables)]))
  const fence = createFence(prompt, [...texts.values()], settings)
  return prompt.messages.map(({ role, template }) => {
    const content = template
      .map((part) => {
        if (part.kind === 'text') return part.text
        const name = part.path.join('.')
        return fence(name, texts.get(name) ?? '')
      })
      .join('')
    if (content.trim() === '')
      throw new PromptError('PROMPT_EMPTY', `The ${role} message of ${titleOf(prompt)} came out blank.`, {
        hint: 'Give its variables a text.',
      })
    return { role, content }
  })
}

function checkVariables(prompt: PromptVersion, variables: PromptVariables, strict: boolean): void {
  const used = new Set(prompt.variables.map(firstName))
  const missing = prompt.variables.filter((name) => lookUp(variables, name.split('.')) === undefined)
  const unknown = strict ? Object.keys(variables).filter((name) => !used.has(name)) : []
  if (missing.length > 0)
    throw new PromptError(
      'PROMPT_VARIABLES_MISSING',
      `${capital(titleOf(prompt))} lacks ${list('variable', missing)}.`,
      {
        hint:
          unknown.length > 0
            ? `It was given ${unknown.join(', ')}, which it does not use.`
            : 'Give all of them; null and undefined count as missing.',
      },
    )
  const [first] = unknown
  if (first === undefined) return
  const nearest = didYouMean(first, used)
  const known = used.size === 0 ? 'It has no variables.' : `It has ${[...used].join(', ')}.`
  throw new PromptError(
    'PROMPT_VARIABLES_UNKNOWN',
    `${capital(titleOf(prompt))} does not use ${list('variable', unknown)}.`,
    {
      hint: nearest === undefined ? known : `Did you mean "${nearest}"?`,
    },
  )
}

function valueOf(prompt: PromptVersion, name: string, variables: PromptVariables): string {
  const text = variableText(name, lookUp(variables, name.split('.')))
  const cap = prompt.inputs[firstName(name)]?.max_length
  if (cap !== undefined && text.length > cap)
    throw new PromptError(
      'PROMPT_VARIABLE_TOO_LONG',
      `The variable ${name} of ${titleOf(prompt)} has ${text.length} characters, and at most ${cap} are allowed.`,
      { hint: 'Shorten the value, or raise max_length in the front matter of a new version.' },
    )
  return text
}

/** A value cannot close its fence: the mark is drawn again while any value contains it. */
function createFence(prompt: PromptVersion, values: readonly string[], settings: RenderSettings) {
  const all = settings.fence ?? prompt.fence
  const isFenced = (name: string) => all || prompt.inputs[firstName(name)]?.fence === true
  if (!prompt.variables.some(isFenced)) return (_: string, value: string) => value
  const draw = settings.fenceMark ?? (() => randomBytes(8).toString('hex'))
  let mark = draw()
  while (values.some((value) => value.includes(mark))) mark = draw()
  return (name: string, value: string) =>
    isFenced(name) ? `<data-${mark}>\n${value}\n</data-${mark}>` : value
}

/** Of `customer.name`, `customer`: what the caller gives. */
export function firstName(name: string): string {
  return name.split('.', 1)[0] ?? name
}

function titleOf({ name, version }: PromptVersion): string {
  return `prompt "${name}" ${version}`
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function list(noun: string, names: readonly string[]): string {
  return `the ${noun}${names.length === 1 ? '' : 's'} ${names.join(', ')}`
}
