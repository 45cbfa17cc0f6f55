import { GenerateError } from '../errors.ts'

declare const projectPath: unique symbol

/** A path inside the project: relative, forward slashes, never above the root. Made by {@link toProjectPath}. */
export type ProjectPath = string & { readonly [projectPath]: true }

/**
 * Checks that a path stays inside the project by its spelling. Symbolic links are the business of `applyPlan`,
 * which sees the disk.
 *
 * @throws {GenerateError} `GEN_PATH` for an absolute path, a drive letter, a back-slash, `.` or `..` as a part,
 *   an empty part or a control character.
 * @example toProjectPath('src/agents/research.ts')
 */
export function toProjectPath(text: string): ProjectPath {
  const parts = text.split('/')
  const escapes = parts.some((part) => part === '' || part === '.' || part === '..')
  // eslint-disable-next-line no-control-regex -- control characters in a file name are what is refused here
  if (escapes || /[\u0000-\u001f\\]/.test(text) || /^[A-Za-z]:/.test(text))
    throw new GenerateError('GEN_PATH', `${JSON.stringify(text)} is not a path inside the project.`, {
      hint: 'Paths are relative to the project, with forward slashes and without "..".',
    })
  return text as ProjectPath
}
