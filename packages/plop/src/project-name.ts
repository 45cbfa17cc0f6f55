import validate from 'validate-npm-package-name'
import { GenerateError } from './errors.ts'

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
  const { errors = [], warnings = [] } = validate(text)
  const [broken] = [...errors, ...warnings]
  // npm's words: "name cannot start with a period", "http is a core module name".
  return broken?.replace(/^name /, 'it ') ?? folderProblem(projectFolder(text))
}

/** What npm allows as a name and a file system or a shell does not take well as a folder. */
function folderProblem(folder: string): string | undefined {
  if (/^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/.test(folder))
    return 'Windows keeps that name for a device'
  return /^-|\.$/.test(folder) ? 'its folder would begin with "-" or end with "."' : undefined
}

function suggestion(text: string): string | undefined {
  const plain = text
    .replaceAll(/([a-z])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 60)
    .replaceAll(/^-+|-+$/g, '')
  return [plain, `${plain}-desk`].find((name) => problemOf(name) === undefined)
}

function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}
