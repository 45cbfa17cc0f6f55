// Ends a process and everything it started.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'

/** How long each step of {@link stopProcess} waits for the one before. */
export const stopStepMs = 450

/** Nothing survives a kill; in a container whose first process waits for nobody, what is dead still counts as there. */
const afterKillMs = 100

/**
 * Ends a server: its input is closed, then it is asked to end, then it is killed, each step after
 * {@link stopStepMs}. What it started itself (`sh -c`, `npx`) ends with it. Resolves when nothing is left.
 */
export async function stopProcess(child: ChildProcess): Promise<void> {
  const { pid } = child
  if (pid === undefined) return
  child.stdin?.end()
  await gone(child, pid, stopStepMs)
  if (isGroupAlive(child, pid)) {
    await signalGroup(pid, 'SIGTERM')
    await gone(child, pid, stopStepMs)
  }
  if (isGroupAlive(child, pid)) {
    await signalGroup(pid, 'SIGKILL')
    await exited(child, stopStepMs)
    await gone(child, pid, afterKillMs)
  }
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy()
}

/** Sends a signal to a process and all it started. Nothing happens when it has ended. */
export async function signalGroup(pid: number, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (process.platform === 'win32') {
    // Windows has no groups: taskkill walks the tree. Without /F a console program is not told at all.
    await new Promise<void>((resolve) => {
      const killer = spawn('taskkill', ['/T', '/F', '/PID', String(pid)], {
        stdio: 'ignore',
        windowsHide: true,
      })
      killer.once('error', () => resolve())
      killer.once('close', () => resolve())
    })
    return
  }
  signalGroupNow(pid, signal)
}

/** As {@link signalGroup}, for a process that is itself exiting. POSIX only. */
export function signalGroupNow(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // It has ended.
  }
}

function isGroupAlive(child: ChildProcess, pid: number): boolean {
  if (process.platform === 'win32') return child.exitCode === null && child.signalCode === null
  try {
    process.kill(-pid, 0)
    return true
  } catch {
    return false
  }
}

/** Resolves when the process has exited, at the latest after `ms`. */
async function exited(child: ChildProcess, ms: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms)
    child.once('exit', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/** Resolves when the group is empty, at the latest after `ms`. */
async function gone(child: ChildProcess, pid: number, ms: number): Promise<void> {
  const deadline = performance.now() + ms
  await exited(child, ms)
  // No event tells that the last process of a group has ended.
  while (isGroupAlive(child, pid) && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 10))
}
