// What the tool side needs from the rest of the service, as small as it can be; each may be left out.

/** Where events are told. Messages are whole sentences, fields are for machines. */
export interface ToolLog {
  log(
    level: 'debug' | 'info' | 'warn' | 'error',
    message: string,
    fields: Readonly<Record<string, unknown>>,
  ): void
}

/** What is counted. `status` is `ok` or the code of the error. */
export interface ToolMetrics {
  toolCall(sample: { server: string; tool: string; status: string; seconds: number }): void
  toolServerUp(server: string, up: boolean): void
  toolServerRestart(server: string): void
  toolOutputTruncated(server: string, tool: string): void
}

/** Hides secrets in text that leaves the process. */
export type Redact = (text: string) => string

/** What a manager and its parts are given. */
export interface ToolDependencies {
  readonly log: ToolLog
  readonly metrics: ToolMetrics
  readonly redact: Redact
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Fills in what a caller left out: no log, no metrics, the environment of this process. */
export function withDefaults(dependencies: Partial<ToolDependencies>): ToolDependencies {
  return {
    log: dependencies.log ?? { log: () => undefined },
    metrics: dependencies.metrics ?? {
      toolCall: () => undefined,
      toolServerUp: () => undefined,
      toolServerRestart: () => undefined,
      toolOutputTruncated: () => undefined,
    },
    redact: dependencies.redact ?? ((text) => text),
    env: dependencies.env ?? process.env,
  }
}
