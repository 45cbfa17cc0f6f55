/** What a service says once everything is up: `rgen dev` shows it, and scripts wait for it. */
export interface ReadyMessage {
  readonly type: 'ready'
  readonly pid: number
  /** `place`: the embedded engine's file, or the address of the Temporal frontend. */
  readonly engine: { readonly driver: 'embedded' | 'temporal'; readonly place: string }
  readonly taskQueue: string
  readonly agents: readonly string[]
  readonly workflows: readonly string[]
  readonly functions: readonly string[]
  readonly toolServers: readonly {
    readonly name: string
    readonly state: string
    readonly tools: number
    readonly error?: string
  }[]
  readonly llm: { readonly providers: readonly string[] }
  readonly http?: { readonly url: string; readonly mcpUrl?: string }
}

/** Tells the parent process, when there is one that listens. */
export function sendReady(message: ReadyMessage): void {
  process.send?.(message)
}
