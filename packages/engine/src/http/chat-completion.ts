interface DeltaChunk {
  readonly id?: unknown
  readonly created?: unknown
  readonly choices?: readonly {
    readonly delta?: { readonly content?: unknown }
    readonly finish_reason?: unknown
  }[]
}

/** The chunks of OpenAI's chat completions put together, for callers that asked for no stream. */
export class ChatCompletion {
  #id: string | undefined
  #created: number | undefined
  #content = ''
  #finishReason = 'stop'

  add(chunk: unknown): void {
    if (typeof chunk !== 'object' || chunk === null) return
    const { id, created, choices } = chunk as DeltaChunk
    if (typeof id === 'string') this.#id ??= id
    if (typeof created === 'number') this.#created ??= created
    const choice = choices?.[0]
    if (typeof choice?.delta?.content === 'string') this.#content += choice.delta.content
    if (typeof choice?.finish_reason === 'string') this.#finishReason = choice.finish_reason
  }

  /** The whole as one answer. `id` stands in when no chunk carried one. */
  body(id: string, model: string): Readonly<Record<string, unknown>> {
    const message = { role: 'assistant', content: this.#content, refusal: null }
    return {
      id: this.#id ?? id,
      object: 'chat.completion',
      created: this.#created ?? Math.floor(Date.now() / 1_000),
      model,
      choices: [{ index: 0, message, logprobs: null, finish_reason: this.#finishReason }],
    }
  }
}
