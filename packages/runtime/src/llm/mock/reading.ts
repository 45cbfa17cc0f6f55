// What the mock provider has to go on: the question, and the sources that stand in the messages.

import { isRecord } from '../adapters/adapter.ts'
import { parseJson } from '../adapters/classify.ts'
import { sentencesIn } from './sentences.ts'

export interface Source {
  readonly title: string
  readonly url: string | undefined
  readonly text: string
}

export interface Reading {
  readonly question: string
  readonly sources: readonly Source[]
  /** Results of tools stand after the last user's message: the tools were called already. */
  readonly hasToolResults: boolean
}

/** Reads the messages of a request as they stand on the wire. */
export function readMessages(messages: unknown): Reading {
  const wire = (Array.isArray(messages) ? messages : []).filter(isRecord).map(toText)
  const lastUser = wire.findLastIndex(({ role }) => role === 'user')
  const sources = wire.flatMap(({ role, content }) => {
    if (role === 'tool') return sourcesIn(parseJson(content) ?? content, 'tool result')
    return role === 'user' ? sourcesInText(content) : []
  })
  return {
    question: questionIn(wire[lastUser]?.content ?? ''),
    sources: withoutRepetition(sources),
    hasToolResults: wire.slice(lastUser + 1).some(({ role }) => role === 'tool'),
  }
}

function toText(message: Record<string, unknown>): { role: string; content: string } {
  const { role, content } = message
  const parts = Array.isArray(content) ? content.filter(isRecord) : []
  const texts = parts.map(({ text }) => (typeof text === 'string' ? text : ''))
  return { role: String(role), content: typeof content === 'string' ? content : texts.join('\n') }
}

/** What a question stands under, the surest first: under `Task` often stand the rules of the answer. */
const QUESTION_LABELS = [
  /^(?:#+\s*)?(?:topic|question|query)\s*:?\s*$/i,
  /^(?:#+\s*)?(?:task|request)\s*:?\s*$/i,
]
const QUESTION_INLINE = /^[-*#\s]*(?:topic|question|task|query|request)\s*:\s*(\S.*)$/im

/** A labelled question, else the last sentence that asks, else the first line. */
function questionIn(text: string): string {
  const inline = QUESTION_INLINE.exec(text)?.[1]
  if (inline !== undefined) return inline.trim()
  const lines = text.split('\n').map((line) => line.trim())
  const label =
    QUESTION_LABELS.map((label) => lines.findIndex((line) => label.test(line))).find((at) => at !== -1) ?? -1
  const labelled = label === -1 ? undefined : lines.slice(label + 1).find((line) => line !== '')
  if (labelled !== undefined) return labelled
  const asking = sentencesIn(text).findLast((sentence) => sentence.endsWith('?'))
  return asking ?? lines.find((line) => line !== '') ?? ''
}

const TEXT_KEYS = ['content', 'text', 'snippet', 'description', 'summary', 'excerpt', 'body']
const TITLE_KEYS = ['title', 'name', 'heading']
const URL_KEYS = ['url', 'link', 'href', 'source', 'path', 'file']

/** Looks through plain data for records that have a text, wherever they are nested. */
function sourcesIn(value: unknown, fallbackTitle: string): Source[] {
  if (typeof value === 'string') {
    const nested = /^\s*[[{]/.test(value) ? parseJson(value) : undefined
    if (nested !== undefined) return sourcesIn(nested, fallbackTitle)
    return value.trim() === '' ? [] : [{ title: fallbackTitle, url: undefined, text: value }]
  }
  if (Array.isArray(value)) return value.flatMap((item) => sourcesIn(item, fallbackTitle))
  if (!isRecord(value)) return []
  const text = firstText(value, TEXT_KEYS)
  const title = firstText(value, TITLE_KEYS)
  const url = firstText(value, URL_KEYS)
  if (text !== undefined && (title ?? url) !== undefined)
    return [{ title: title ?? url ?? fallbackTitle, url, text }]
  const nested = Object.values(value).filter((item) => typeof item === 'object')
  const inner = nested.flatMap((item) => sourcesIn(item, fallbackTitle))
  return inner.length > 0 || text === undefined ? inner : sourcesIn(text, fallbackTitle)
}

function firstText(record: Record<string, unknown>, keys: readonly string[]): string | undefined {
  const key = keys.find((name) => typeof record[name] === 'string' && record[name] !== '')
  return key === undefined ? undefined : (record[key] as string)
}

/** Data inside the text, else a list of links with what follows each, else a section that promises context. */
function sourcesInText(text: string): Source[] {
  const block = /(\[\s*\{[\s\S]*\}\s*\]|\{\s*"[\s\S]*\})/.exec(text)?.[1]
  const data = block === undefined ? undefined : parseJson(block)
  const found = data === undefined ? [] : sourcesIn(data, 'the message')
  if (found.length > 0) return found
  const listed = listedSources(text)
  if (listed.length > 0) return listed
  const context = contextSection(text)
  return context === undefined ? [] : sourcesInSection(context)
}

const MARK = /^(?:[-*]|\[?\d+[\].)]|#{2,})\s+/
const MARKDOWN_LINK = /^\[([^\]]+)\]\(([^)]+)\)\s*[:.–—-]?\s*(.*)$/
const PLAIN_LINK = /^(.{1,200}?)\s*[-–—(<:]+\s*(https?:\/\/[^\s)>]+)[)>]?\s*[:.]?\s*(.*)$/

/** Lines such as `1. Title (https://…)` or `- [Title](url): text`, each with the lines up to the next one. */
function listedSources(text: string): Source[] {
  const sources: { title: string; url: string; lines: string[] }[] = []
  for (const line of text.split('\n').map((raw) => raw.trim())) {
    const marked = MARK.test(line) ? line.replace(MARK, '') : ''
    const [, title, url, rest] = MARKDOWN_LINK.exec(marked) ?? PLAIN_LINK.exec(marked) ?? []
    if (title !== undefined && url !== undefined) sources.push({ title, url, lines: [rest ?? ''] })
    else if (!line.startsWith('#')) sources.at(-1)?.lines.push(line)
  }
  return sources
    .map(({ title, url, lines }) => ({ title, url, text: lines.join('\n').trim() }))
    .filter((source) => source.text !== '')
}

const CONTEXT_LABEL =
  /^(?:#+\s*)?(?:context|sources?|documents?|background|search results|draft|text|material)\s*:?\s*$/i

const HEADING = /^(#+)\s+(.*)$/

/** What stands below a heading that promises context, down to the next heading of its rank. */
function contextSection(text: string): string | undefined {
  const lines = text.split('\n').map((line) => line.trim())
  const label = lines.findIndex((line) => CONTEXT_LABEL.test(line))
  if (label === -1) return undefined
  const rankOf = (line: string) => HEADING.exec(line)?.[1]?.length
  const rank = rankOf(lines[label] ?? '') ?? Number.POSITIVE_INFINITY
  const rest = lines.slice(label + 1)
  const end = rest.findIndex((line) => {
    const next = rankOf(line)
    return next !== undefined && next <= rank
  })
  const section = rest
    .slice(0, end === -1 ? undefined : end)
    .join('\n')
    .trim()
  return section === '' ? undefined : section
}

/** Each `## Title (where it comes from)` with the text below it; one source when the section has no headings. */
function sourcesInSection(section: string): Source[] {
  const sources: { title: string; url: string | undefined; lines: string[] }[] = []
  for (const line of section.split('\n')) {
    const heading = HEADING.exec(line)?.[2]
    if (heading === undefined) sources.at(-1)?.lines.push(line)
    else {
      const [, title = heading, url] = /^(.+?)\s*\(([^()]+)\)$/.exec(heading) ?? []
      sources.push({ title, url, lines: [] })
    }
  }
  if (sources.length === 0) return [{ title: 'the given context', url: undefined, text: section }]
  return sources
    .map(({ title, url, lines }) => ({ title, url, text: lines.join('\n').trim() }))
    .filter((source) => source.text !== '')
}

function withoutRepetition(sources: readonly Source[]): Source[] {
  const seen = new Set<string>()
  return sources.filter(({ url, text }) => {
    const key = JSON.stringify([url, text])
    const fresh = !seen.has(key)
    seen.add(key)
    return fresh
  })
}
