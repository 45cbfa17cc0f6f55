import { spawn } from 'node:child_process'

/** How a program ended: its exit code, 130 when Ctrl+C ended it, or undefined when it could not be started. */
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

/**
 * Runs a program found on the PATH. Package managers are scripts on Windows, which only a shell can run there. Ctrl+C
 * reaches the program from the terminal as it reaches us: it ends, and we live to say what there is.
 */
export const runTool: RunTool = (program, args, { cwd, output }) =>
  new Promise((done) => {
    let wasInterrupted = false
    const onInterrupt = () => (wasInterrupted = true)
    process.on('SIGINT', onInterrupt)
    const end = (code: number | undefined) => {
      process.off('SIGINT', onInterrupt)
      done(code)
    }
    const child = spawn(program, args, {
      cwd,
      stdio: output === 'show' ? ['ignore', 2, 2] : 'ignore',
      shell: process.platform === 'win32',
    })
    child.once('error', () => end(undefined))
    child.once('close', (code) => end(wasInterrupted ? 130 : (code ?? 1)))
  })
