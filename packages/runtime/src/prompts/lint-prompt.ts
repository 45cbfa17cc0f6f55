import { didYouMean } from '../config/did-you-mean.ts'
import { splitPromptFile } from './front-matter.ts'
import type { PromptProblem } from './prompt-error.ts'
import { normalizeText, type PromptVersion } from './prompt-file.ts'
import { firstName } from './render-prompt.ts'

/** What is allowed and probably not meant. */
export type PromptWarning = Omit<PromptProblem, 'code'>

/**
 * Looks for what a prompt that parses may still have wrong: inputs unlike the variables, marks that are no marks, and
 * braces that look like a variable and are text.
 *
 * @param text The file's text; the warnings point into it.
 */
export function lintPrompt(prompt: PromptVersion, text: string): PromptWarning[] {
  const parts = splitPromptFile(normalizeText(text))
  if (parts.kind === 'failure') return []
  return [
    ...lintInputs(prompt),
    ...lintLines(parts.body, parts.bodyLine, prompt.file, nearMark),
    ...lintLines(parts.body, parts.bodyLine, prompt.file, nearVariable),
  ]
}

function lintInputs({ file, inputs, variables }: PromptVersion): PromptWarning[] {
  const declared = Object.keys(inputs)
  if (declared.length === 0) return []
  const used = [...new Set(variables.map(firstName))]
  const idle = declared.filter((name) => !used.includes(name))
  const silent = used.filter((name) => !declared.includes(name))
  return [
    ...idle.map((name) => ({ file, message: `inputs names ${name}, which the template does not use` })),
    ...silent.map((name) => ({ file, message: `the template uses ${name}, which inputs does not name` })),
  ]
}

interface Finding {
  readonly column: number
  readonly message: string
  readonly hint: string
}

function lintLines(
  body: string,
  firstLine: number,
  file: string,
  find: (line: string) => Finding[],
): PromptWarning[] {
  return body
    .split('\n')
    .flatMap((text, index) => find(text).map((found) => ({ file, line: firstLine + index, ...found })))
}

function nearMark(line: string): Finding[] {
  const [, word] = /^\s*<!--\s*(\w+)\s*-->\s*$/.exec(line) ?? []
  if (word === undefined || /^(?:system|user|assistant)$/i.test(word)) return []
  const meant = didYouMean(word, ['system', 'user', 'assistant'])
  if (meant === undefined) return []
  return [
    {
      column: 1,
      message: `the comment ${word} is no mark of a message`,
      hint: `Did you mean <!-- ${meant} -->?`,
    },
  ]
}

function nearVariable(line: string): Finding[] {
  return [...line.matchAll(/(?<![{$])\{(\s*[\p{L}_][\p{L}\p{N}_.-]*\s*)\}(?!\})/gu)].flatMap((found) => {
    const [, inside = ''] = found
    if (!/[\s-]/.test(inside)) return []
    const meant = inside.trim().replaceAll('-', '_')
    const message = `{${inside}} looks like a variable and is text`
    return [
      {
        column: found.index + 1,
        message,
        hint: `Write {${meant}}, or {{${inside}}} if it is meant as text.`,
      },
    ]
  })
}
