// The process of a server of ours that is reached over HTTP.
import type { ChildProcess } from 'node:child_process'
import { connect } from 'node:net'
import { ToolError } from '../errors.ts'
import type { Launch } from '../process/launch.ts'
import { serviceVariables } from '../process/service-variables.ts'
import { spawnServer } from '../process/spawn-server.ts'
import { stopProcess } from '../process/stop.ts'
import type { StdioHooks } from './stdio-transport.ts'

/** What a process tells its owner. */
export type ProcessHooks = Omit<StdioHooks, 'onPlainText'>

const pollMs = 20

/** A running process, its output read, its end told once. */
export class ServerProcess {
  readonly #child: ChildProcess
  /** Resolves when it has exited, for whatever reason. */
  readonly ended: Promise<void>
  readonly #hooks: ProcessHooks
  #stopping: Promise<void> | undefined

  private constructor(child: ChildProcess, hooks: ProcessHooks) {
    this.#child = child
    this.#hooks = hooks
    child.stdout?.on('data', hooks.onStderr)
    child.stderr?.on('data', hooks.onStderr)
    if (child.pid !== undefined) hooks.onStarted(child.pid)
    this.ended = new Promise((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) resolve()
      else child.once('exit', () => resolve())
    })
    void this.ended.then(() => this.stop())
  }

  /** @throws {ToolError} when the program cannot be started, or something else listens at its address. */
  static async start(launch: Launch, url: string, hooks: ProcessHooks): Promise<ServerProcess> {
    if (await isListening(url))
      throw new ToolError('TOOL_UNAVAILABLE', `Something already listens on ${url}.`, {
        hint: 'End it, or choose another port in config/tools.yaml.',
      })
    const env = { ...launch.env, [serviceVariables.supervised]: '1' }
    return new ServerProcess(await spawnServer({ ...launch, env }), hooks)
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Waits until something accepts connections at the address. */
  async listening(url: string, timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs
    while (!(await isListening(url))) {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null)
        throw new ToolError('TOOL_UNAVAILABLE', 'The process ended before it listened.', { retryable: true })
      if (performance.now() > deadline)
        throw new ToolError('TOOL_UNAVAILABLE', `Nothing listens on ${url} after ${timeoutMs} ms.`, {
          retryable: true,
        })
      await new Promise((resolve) => setTimeout(resolve, pollMs))
    }
  }

  stop(): Promise<void> {
    this.#stopping ??= stopProcess(this.#child).then(() => {
      const { pid, exitCode, signalCode } = this.#child
      if (pid !== undefined) this.#hooks.onEnded(pid, { code: exitCode, signal: signalCode })
    })
    return this.#stopping
  }
}

/** Whether something accepts connections at the address. */
export function isListening(url: string): Promise<boolean> {
  const { hostname, port, protocol } = new URL(url)
  const place = {
    host: hostname.replace(/^\[|\]$/gu, ''),
    port: Number(port || (protocol === 'https:' ? 443 : 80)),
  }
  return new Promise((resolve) => {
    const socket = connect(place)
    const done = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => done(true))
    socket.once('error', () => done(false))
  })
}
