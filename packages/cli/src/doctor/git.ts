import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Check } from '@rgen/runtime'

const run = promisify(execFile)

/** Is the project under git, and is everything committed? Only ever a warning: what is at risk is the user's to judge. */
export async function checkGit(root: string): Promise<Check> {
  const check = (status: Check['status'], detail: string, fix?: string): Check => ({
    area: 'Project',
    name: 'Git',
    status,
    detail,
    ...(fix && { fix }),
  })
  try {
    const { stdout } = await run('git', ['status', '--porcelain', '--', '.'], { cwd: root, timeout: 10_000 })
    const changed = stdout.split('\n').filter((line) => line !== '').length
    return changed === 0
      ? check('ok', 'everything is committed')
      : check(
          'warn',
          `${changed} ${changed === 1 ? 'file is' : 'files are'} not committed`,
          'git add -A && git commit',
        )
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? check('warn', 'git is not installed', 'Install git, so that you can undo what a generator wrote.')
      : check('warn', 'not a git repository', 'git init')
  }
}
