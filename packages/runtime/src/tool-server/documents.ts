import { readFile, readdir, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'

/** One text of the local library, with where it comes from. */
export interface LibraryDocument {
  /** Relative to the folder, with forward slashes. */
  readonly path: string
  readonly title: string
  /** Author, edition or collection, as the file states it. */
  readonly source: string | undefined
  readonly url: string | undefined
  readonly text: string
}

const maxFiles = 1_000
const maxFileBytes = 5 * 1024 * 1024

/** The `.md` and `.txt` files under a folder, sorted, with a fingerprint that changes when one of them does. */
export async function listDocuments(folder: string): Promise<{ paths: string[]; fingerprint: string }> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile() && /\.(?:md|txt)$/iu.test(entry.name))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort()
    .slice(0, maxFiles)
  const states = await Promise.all(paths.map((path) => stat(join(folder, path))))
  const fingerprint = states
    .map((state, index) => `${paths[index] ?? ''}:${state.mtimeMs}:${state.size}`)
    .join('\n')
  return { paths: paths.filter((_, index) => (states[index]?.size ?? 0) <= maxFileBytes), fingerprint }
}

/** Reads one file of the library. */
export async function readDocument(folder: string, path: string): Promise<LibraryDocument> {
  return parseDocument(path, await readFile(join(folder, path), 'utf8'))
}

/**
 * Splits a file into what it says about itself and its text. It may say it in front matter between `---` lines, or
 * in leading `Title: …` lines (as Project Gutenberg does), or only by its first heading.
 */
export function parseDocument(path: string, content: string): LibraryDocument {
  const lines = content.replace(/^\uFEFF/u, '').split(/\r?\n/u)
  const { fields, body } = readHeader(lines)
  const text = body.join('\n').trim()
  const heading = body
    .find((line) => line.trim() !== '')
    ?.replace(/^#+\s*/u, '')
    .trim()
  const origin = [fields.get('author'), fields.get('source')].filter((part) => part !== undefined)
  return {
    path,
    title: fields.get('title') ?? (heading === undefined || heading === '' ? path : heading.slice(0, 200)),
    source: origin.length > 0 ? origin.join(', ') : undefined,
    url: fields.get('url'),
    text,
  }
}

function readHeader(lines: readonly string[]): { fields: Map<string, string>; body: readonly string[] } {
  const fenced = lines[0]?.trim() === '---' ? lines.indexOf('---', 1) : -1
  const header = fenced > 0 ? lines.slice(1, fenced) : leading(lines)
  const fields = new Map<string, string>()
  for (const line of header) {
    const [, key, value] = /^\s*(title|author|source|url)\s*:\s*(.+?)\s*$/iu.exec(line) ?? []
    if (key !== undefined && value !== undefined)
      fields.set(key.toLowerCase(), value.replace(/^(["'])(.*)\1$/u, '$2'))
  }
  return { fields, body: fenced > 0 ? lines.slice(fenced + 1) : lines.slice(header.length) }
}

/** The `Key: value` lines at the top, up to the first line that is neither one nor blank. */
function leading(lines: readonly string[]): readonly string[] {
  const first = lines.findIndex(
    (line) => line.trim() !== '' && !/^(?:title|author|source|url)\s*:/iu.test(line),
  )
  return lines.slice(0, first === -1 ? lines.length : first)
}
