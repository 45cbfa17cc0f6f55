import { spawn } from 'node:child_process'

/** How a program ended: its exit code, or undefined when it could not be started. */
export type RunTool = (
  program: string,
  args: readonly string[],
  options: RunToolOptions,
) => Promise<number | undefined>

export interface RunToolOptions {
  readonly cwd: string
  /** `show`: on standard error, so that standard output stays clean. */
  readonly output: 'show' | 'hide'
}

/** Runs a program found on the PATH. Package managers are scripts on Windows, which only a shell can run there. */
export const runTool: RunTool = (program, args, { cwd, output }) =>
  new Promise((done) => {
    const child = spawn(program, args, {
      cwd,
      stdio: output === 'show' ? ['ignore', 2, 2] : 'ignore',
      shell: process.platform === 'win32',
    })
    child.once('error', () => done(undefined))
    child.once('close', (code) => done(code ?? 1))
  })
