// One life of a project's service, as a child process.
//
//   S1. The child has a process group of its own: Ctrl+C at the terminal reaches us alone, we decide what the child
//       gets, and a forced end takes its tool servers along.
//   S2. The child never outlives us: guard.ts, loaded into it, ends it when the channel to us breaks, even by kill -9.
//   S3. Its environment goes to the child and nowhere else: nothing here prints one.

import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { ReadyMessage } from '@rgen/runtime/service'
import { isReadyMessage } from './ready-message.ts'

/** How a process ended. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface ServiceProcess {
  /** What it said when it took work; undefined when it ended before. */
  readonly ready: Promise<ReadyMessage | undefined>
  readonly exited: Promise<Exit>
  /**
   * Asks it to stop, and forces it after `graceMs`. Answers when it is gone, and its tool servers with it.
   */
  stop(graceMs: number): Promise<void>
  /** Ends it and its process group at once. */
  kill(): void
}

/** Starts `server/service.ts` of the project under tsx. `onLine` gets each line that it writes. */
export function startServiceProcess(options: {
  readonly root: string
  readonly entry: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly onLine: (line: string, stream: 'stdout' | 'stderr') => void
}): ServiceProcess {
  const guard = new URL('./guard.js', import.meta.url).href
  const child = spawn(process.execPath, ['--import', 'tsx', '--import', guard, options.entry], {
    cwd: options.root,
    env: options.env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: process.platform !== 'win32',
  })
  // `close` comes after the last line was read, `exit` may come before it.
  const exited = new Promise<Exit>((resolve) => {
    child.once('error', () => resolve({ code: 1, signal: null }))
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  const ready = new Promise<ReadyMessage | undefined>((resolve) => {
    child.on('message', (message) => {
      if (isReadyMessage(message)) resolve(message)
    })
    void exited.then(() => resolve(undefined))
  })
  forwardLines(child.stdout, (line) => options.onLine(line, 'stdout'))
  forwardLines(child.stderr, (line) => options.onLine(line, 'stderr'))
  return {
    ready,
    exited,
    kill: () => killGroup(child),
    async stop(graceMs) {
      if (child.connected) child.send({ type: 'stop' })
      const timer = setTimeout(() => killGroup(child), graceMs)
      await exited
      clearTimeout(timer)
    },
  }
}

function forwardLines(stream: Readable | null, onLine: (line: string) => void): void {
  if (stream) createInterface({ input: stream }).on('line', onLine)
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  try {
    if (process.platform === 'win32') child.kill('SIGKILL')
    else process.kill(-child.pid, 'SIGKILL')
  } catch (error) {
    // Gone between the question and the kill: that is what was wanted.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
