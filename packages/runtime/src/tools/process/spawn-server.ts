import type { ChildProcess } from 'node:child_process'
import spawn from 'cross-spawn'
import { ToolError } from '../errors.ts'
import type { Launch } from './launch.ts'

/**
 * Starts the process of a server, at the head of a group of its own, so that all it starts can be ended with it.
 *
 * @throws {ToolError} `TOOL_UNAVAILABLE` when the program cannot be started.
 */
export async function spawnServer(launch: Launch): Promise<ChildProcess> {
  // cross-spawn finds the .cmd files of Windows (npx) without a shell.
  const child = spawn(launch.command, [...launch.args], {
    cwd: launch.cwd,
    env: launch.env,
    stdio: ['pipe', 'pipe', 'pipe'],
    shell: false,
    detached: process.platform !== 'win32',
    windowsHide: true,
  })
  // A write to a process that has ended is reported where it was made.
  child.stdin?.on('error', () => undefined)
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', (error: NodeJS.ErrnoException) => reject(notStarted(launch, error)))
  })
  return child
}

function notStarted(launch: Launch, error: NodeJS.ErrnoException): ToolError {
  const reason = error.code === 'ENOENT' ? 'there is no such program' : (error.code ?? error.message)
  return new ToolError('TOOL_UNAVAILABLE', `"${launch.shown}" cannot be started: ${reason}.`, {
    hint: 'Correct command in config/tools.yaml, or install the program.',
    cause: error,
  })
}
