// The client's end of a server that is a child process. The SDK's own leaves the grandchildren of a wrapper alive,
// loses the last progress of a call whose result follows at once, hides text that a server prints among its
// messages, and takes seconds to close.
//
//   S1. A result that was read in the same macrotask as a notification is delivered one macrotask later: whatever
//       preceded it has been handled by then.
//   S2. After close() nothing of the process's group is left.
//   S3. A message that never reached the process fails with NotDelivered: it may be sent again, whatever it does.
//   S4. A line over the bound ends the connection; the call that it answers fails as too large, if it can be told.
//   S5. An answer that is neither a result nor an error fails its call at once; the SDK would pass over it.
import type { ChildProcess } from 'node:child_process'
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client'
import { spawnServer } from '../process/spawn-server.ts'
import type { Launch } from '../process/launch.ts'
import { stopProcess } from '../process/stop.ts'
import { madeUpAnswer, maxMessageBytes } from './made-up-answer.ts'
import { MessageLines } from './message-lines.ts'

/** How a server's process ended. */
export interface ProcessEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** What the transport tells besides messages. */
export interface StdioHooks {
  readonly onStderr: (chunk: Buffer) => void
  readonly onPlainText: (line: string) => void
  /** Called once the process is running. */
  readonly onStarted: (pid: number) => void
  /** Called once it and its group have ended. */
  readonly onEnded: (pid: number, end: ProcessEnd) => void
}

/** The request was not handed over to the server. */
export class NotDelivered extends Error {
  override readonly name = 'NotDelivered'
}

/** How long a process that has exited may take to hand over what it still had written. */
const drainMs = 50

/** MCP over the standard streams of a child process. */
export class StdioTransport implements Transport {
  onclose?: (() => void) | undefined
  onerror?: ((error: Error) => void) | undefined
  onmessage?: ((message: JSONRPCMessage) => void) | undefined
  /** The SDK tells a stdio transport by its members `stderr` and `pid`. */
  readonly stderr = null
  readonly #launch: Launch
  readonly #hooks: StdioHooks
  readonly #pending = new Set<string | number>()
  #results: JSONRPCMessage[] = []
  /** A notification was delivered in this macrotask. */
  #handling = false
  #child: ChildProcess | undefined
  #closing: Promise<void> | undefined
  #killedAt: number | undefined

  constructor(launch: Launch, hooks: StdioHooks) {
    this.#launch = launch
    this.#hooks = hooks
  }

  get pid(): number | null {
    return this.#child?.pid ?? null
  }

  /** When the process was killed from outside, on the clock of `performance.now()`. */
  get killedAt(): number | undefined {
    return this.#killedAt
  }

  async start(): Promise<void> {
    const child = await spawnServer(this.#launch)
    this.#child = child
    if (child.pid !== undefined) this.#hooks.onStarted(child.pid)
    const lines = new MessageLines(maxMessageBytes, {
      onMessage: (message) => this.#receive(message as JSONRPCMessage),
      onPlainText: this.#hooks.onPlainText,
      onOversized: ({ id }) => this.#tooLarge(id),
    })
    child.stdout?.on('data', (chunk: Buffer) => lines.push(chunk))
    child.stderr?.on('data', this.#hooks.onStderr)
    child.once('exit', (_code, signal) => {
      // Any other signal (a segmentation fault) tells that the server itself went wrong, over this call perhaps.
      const wasKilled = signal === 'SIGKILL' || signal === 'SIGTERM'
      if (wasKilled && this.#closing === undefined) this.#killedAt = performance.now()
      // Its pipes close a little later, or never while something it started holds them.
      const timer = setTimeout(() => void this.close(), drainMs)
      child.once('close', () => {
        clearTimeout(timer)
        void this.close()
      })
    })
    // A process may end before anyone listened.
    if (child.exitCode !== null || child.signalCode !== null) void this.close()
  }

  send(message: JSONRPCMessage): Promise<void> {
    const stdin = this.#child?.stdin
    if (!stdin?.writable || this.#closing !== undefined)
      return Promise.reject(new NotDelivered('The process has ended.'))
    if ('id' in message && 'method' in message) this.#pending.add(message.id)
    return new Promise((resolve, reject) => {
      stdin.write(`${JSON.stringify(message)}\n`, (error) => {
        if (error) reject(new NotDelivered('The process has ended.', { cause: error }))
        else resolve()
      })
    })
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    // Results that were read are delivered before the end is told.
    await new Promise((resolve) => setImmediate(resolve))
    this.#flush()
    // Told at once: a caller need not wait for a process that will not end.
    this.onclose?.()
    const child = this.#child
    if (child?.pid === undefined) return
    await stopProcess(child)
    this.#hooks.onEnded(child.pid, { code: child.exitCode, signal: child.signalCode })
  }

  #receive(message: JSONRPCMessage): void {
    if ('method' in message) {
      this.onmessage?.(message)
      // Its handlers run before the next macrotask; one timer covers all that came in this one.
      if (!this.#handling) setImmediate(() => this.#flush())
      this.#handling = true
      return
    }
    const { id } = message
    if (id !== undefined) this.#pending.delete(id)
    const answer = id === undefined || isAnswer(message) ? message : madeUpAnswer(id, 'malformed')
    if (this.#handling) this.#results.push(answer)
    else this.onmessage?.(answer)
  }

  #flush(): void {
    const results = this.#results
    this.#results = []
    this.#handling = false
    for (const result of results) this.onmessage?.(result)
  }

  #tooLarge(id: number | undefined): void {
    const [only] = this.#pending
    const answered = id ?? (this.#pending.size === 1 ? only : undefined)
    if (answered !== undefined) this.#receive(madeUpAnswer(answered, 'too large'))
    this.onerror?.(new Error(`A line is longer than ${maxMessageBytes} bytes.`))
    void this.close()
  }
}

/** What came from the other end has the form of an answer by its type alone. */
function isAnswer(message: object): boolean {
  const { result, error } = message as { readonly result?: unknown; readonly error?: unknown }
  const part = result ?? error
  return typeof part === 'object' && part !== null
}
