import type { PromptError } from './prompt-error.ts'
import { problemsError } from './prompt-error.ts'
import { parseTemplate, TemplateSyntaxError, type Template } from './template.ts'

export type PromptRole = 'system' | 'user' | 'assistant'

/** One chat message of a prompt, with its variables still open. */
export interface MessageTemplate {
  readonly role: PromptRole
  readonly template: Template
}

interface Section {
  readonly role: PromptRole
  readonly text: string
  readonly line: number
}

const mark = /^[ \t]*<!--[ \t]*(system|user|assistant)[ \t]*-->/gim

/**
 * The messages of a prompt's body. Marks such as `<!-- system -->`, each at the beginning of a line, split it; without
 * marks all of it is one user message. Marks are looked for in the template, never in values.
 *
 * @throws {PromptError} `PROMPT_FILE` for an empty message or text before the first mark, `PROMPT_TEMPLATE`.
 */
export function readMessages(body: string, firstLine: number, file: string): MessageTemplate[] {
  return splitSections(body, firstLine, file).map(({ role, text, line }) => {
    const template = text.trim()
    if (template === '')
      throw fault(file, line, `the ${role} message is empty`, 'Write it, or remove its mark.')
    return { role, template: readTemplate(template, line + leadingLines(text), file) }
  })
}

function readTemplate(text: string, line: number, file: string): Template {
  try {
    return parseTemplate(text, line)
  } catch (error) {
    if (!(error instanceof TemplateSyntaxError)) throw error
    const { message, hint, column } = error
    throw problemsError([{ code: 'PROMPT_TEMPLATE', file, line: error.line, column, message, hint }])
  }
}

function splitSections(body: string, firstLine: number, file: string): Section[] {
  const marks = [...body.matchAll(mark)]
  const [first] = marks
  if (!first) return [{ role: 'user', text: body, line: firstLine }]
  const before = body.slice(0, first.index)
  if (before.trim() !== '')
    throw fault(
      file,
      firstLine + leadingLines(before),
      'text stands before the first mark, and belongs to no message',
      'Put it under a mark such as <!-- system -->.',
    )
  return marks.map((found, index) => {
    const start = found.index + found[0].length
    const line = firstLine + body.slice(0, start).split('\n').length - 1
    return {
      role: (found[1] ?? 'user').toLowerCase() as PromptRole,
      text: body.slice(start, marks[index + 1]?.index),
      line,
    }
  })
}

function leadingLines(text: string): number {
  return (/^\s*/.exec(text)?.[0] ?? '').split('\n').length - 1
}

function fault(file: string, line: number, message: string, hint: string): PromptError {
  return problemsError([{ code: 'PROMPT_FILE', file, line, message, hint }])
}
