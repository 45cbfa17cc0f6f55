import { GenerateError } from './errors.ts'

const longest = 214
const nodeModules = new Set(['node_modules', 'favicon.ico'])

/**
 * Checks the name of a project by npm's rules for new packages. A scope is allowed; the folder is the part after it.
 *
 * @throws {GenerateError} `GEN_PROJECT_NAME` with the first rule that is broken and a name that would do.
 * @example checkProjectName('research-desk') // 'research-desk'
 */
export function checkProjectName(text: string): string {
  const problem = problemOf(text)
  if (problem === undefined) return text
  const better = suggestion(text)
  throw new GenerateError('GEN_PROJECT_NAME', `${shown(text)} cannot be the name of a project: ${problem}.`, {
    hint: better === undefined ? 'Choose a name such as research-desk.' : `How about ${better}?`,
  })
}

/** The folder that a project of this name is made in. */
export function projectFolder(name: string): string {
  return name.replace(/^@[^/]+\//, '')
}

function problemOf(text: string): string | undefined {
  if (text.trim() === '') return 'it is empty'
  if (text.length > longest) return `it has ${text.length} characters, and ${longest} are the most`
  if (text !== text.trim()) return 'it begins or ends with a space'
  const scoped = /^@([^/]+)\/([^/]+)$/.exec(text)
  const parts = scoped === null ? [text] : scoped.slice(1)
  for (const part of parts) {
    if (/^[._]/.test(part)) return 'it begins with "." or "_"'
    if (/[A-Z]/.test(part)) return 'npm names have no capital letters'
    if (!/^[a-z0-9._~-]+$/.test(part)) return 'npm names consist of a-z, 0-9, "-", "." and "_"'
    if (/^[-~]|\.$/.test(part)) return 'it begins with "-" or "~", or ends with "."'
  }
  const folder = projectFolder(text)
  if (nodeModules.has(folder)) return 'npm keeps that name for itself'
  if (/^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/.test(folder))
    return 'Windows keeps that name for a device'
  return undefined
}

function suggestion(text: string): string | undefined {
  const plain = text
    .replaceAll(/([a-z])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 60)
  return plain !== '' && problemOf(plain) === undefined ? plain : undefined
}

function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}
