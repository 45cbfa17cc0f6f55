/** What the service of a project says of itself once it takes work, over the channel to the process that started it. */
export interface ReadyMessage {
  readonly type: 'ready'
  readonly pid: number
  readonly database: string
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
  readonly http?: { readonly url: string }
}

/** Is this message of a child process the one that says it is ready? Others are not ours to read. */
export function isReadyMessage(message: unknown): message is ReadyMessage {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === 'ready'
}
