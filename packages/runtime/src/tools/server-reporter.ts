// What is told about one server: its states, its output, its failures; never its secrets.
import { randomUUID } from 'node:crypto'
import type { ServerSettings } from './config/schema.ts'
import type { ProcessEnd } from './connection/stdio-transport.ts'
import type { Redact, ToolDependencies } from './ports.ts'
import { lastWords } from './process/last-words.ts'
import { ServerOutput } from './process/server-output.ts'
import type { ServerState } from './server-state.ts'

const secretName = /key|token|secret|password|passwd|credential|auth/iu
const shortestSecret = 6

/** Hides the secrets that the configuration gives to a server. */
function redactorOf({ transport }: ServerSettings, redact: Redact): Redact {
  const named = [
    ...Object.entries(transport.process?.env ?? {}),
    ...(transport.kind === 'stdio' ? [] : Object.entries(transport.headers)),
  ].filter(([name]) => secretName.test(name))
  const auth = transport.kind === 'stdio' || transport.auth === 'none' ? undefined : transport.auth
  const own = auth === undefined ? [] : [auth.type === 'bearer' ? auth.token : auth.client_secret]
  const secrets = [...named.map(([, value]) => value), ...own].filter(
    ({ length }) => length >= shortestSecret,
  )
  return (text) => redact(secrets.reduce((hidden, secret) => hidden.replaceAll(secret, '[redacted]'), text))
}

/** The log lines and the gauge of one server. */
export class ServerReporter {
  readonly output: ServerOutput
  readonly redact: Redact
  readonly #server: string
  readonly #dependencies: ToolDependencies
  #life = ''
  #warnedOfText = false

  constructor(settings: ServerSettings, dependencies: ToolDependencies) {
    this.#server = settings.name
    this.#dependencies = dependencies
    this.redact = redactorOf(settings, dependencies.redact)
    this.output = new ServerOutput(settings.name, dependencies.log, this.redact)
  }

  /** A new attempt begins: what follows belongs together in the log. */
  newLife(): void {
    this.#life = randomUUID()
    this.output.clear()
  }

  entered(state: ServerState, before: ServerState): void {
    const { kind, ...details } = state
    if (before.kind === kind && kind !== 'starting') return
    this.#dependencies.metrics.toolServerUp(this.#server, kind === 'ready' || kind === 'degraded')
    const level =
      kind === 'quarantined' ? 'error' : kind === 'backoff' || kind === 'degraded' ? 'warn' : 'info'
    this.#dependencies.log.log(level, `Tool server "${this.#server}" is ${kind}.`, {
      server: this.#server,
      state: kind,
      life: this.#life,
      ...details,
    })
  }

  /** Once a server: text among its messages is the most common mistake in a server. */
  plainText(line: string): void {
    if (this.#warnedOfText) return
    this.#warnedOfText = true
    this.#dependencies.log.log(
      'warn',
      `Tool server "${this.#server}" writes plain text to its standard output, where only messages belong. Use console.error.`,
      { server: this.#server, text: this.redact(line.slice(0, 200)) },
    )
  }

  changedTool(tool: string): void {
    this.#dependencies.log.log(
      'warn',
      `Tool "${this.#server}.${tool}" has changed and is blocked until it is approved.`,
      { server: this.#server, tool },
    )
  }

  repeatedTool(tool: string): void {
    this.#dependencies.log.log(
      'warn',
      `Tool server "${this.#server}" offers two tools named "${tool}"; only the first is used.`,
      { server: this.#server, tool },
    )
  }

  /** A failure, how the process ended, and what it said last. */
  explain(reason: string, end: ProcessEnd | undefined): string {
    const how =
      end === undefined
        ? ''
        : end.signal === null
          ? ` (exit code ${end.code ?? 0})`
          : ` (killed by ${end.signal})`
    const last = lastWords(this.output.tail).join(' | ')
    return this.redact(`${reason.replace(/\.$/u, '')}${how}${last === '' ? '' : `; it wrote: ${last}`}`)
  }
}
