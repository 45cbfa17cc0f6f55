import { currentFunctionHost } from './function-host.ts'
import { FunctionFailure } from './failure.ts'

/** What {@link streamToWebsocket} takes. */
export interface StreamInput {
  /** Host and port of the stream server. Default `localhost:9233`. */
  readonly apiAddress?: string | undefined
  /** Chunks, such as those of an OpenAI chat completion stream. */
  readonly data: AsyncIterable<unknown>
}

/**
 * Relays chunks to the stream server of the engine, from where they reach whoever watches the agent.
 *
 * @returns the text of all chunks (`choices[0].delta.content`), joined.
 * @throws {FunctionFailure} not retryable, when the stream server cannot be reached.
 */
export async function streamToWebsocket({
  apiAddress = 'localhost:9233',
  data,
}: StreamInput): Promise<string> {
  const host = currentFunctionHost()
  const execution = host?.info().workflowExecution
  const scheme = /^(localhost|127\.0\.0\.1)(:|$)/.test(apiAddress) ? 'ws' : 'wss'
  const base = /^wss?:\/\//.test(apiAddress) ? apiAddress : `${scheme}://${apiAddress}`
  const query = new URLSearchParams({
    agentId: execution?.workflowId ?? '',
    runId: execution?.runId ?? '',
  })
  const socket = await connect(`${base}/stream/ws/agent?${query.toString()}`)
  host?.heartbeat({ streaming: true })
  let text = ''
  try {
    for await (const chunk of data) {
      host?.heartbeat({ streaming: true })
      await socket.send(JSON.stringify(chunk))
      text += contentOf(chunk)
    }
    await socket.send('[DONE]')
  } finally {
    // Closed once the server has read everything: the step's result must not overtake its last chunks.
    await socket.close()
  }
  return text
}

interface Connection {
  send(text: string): Promise<void>
  /** Resolves when the other side has closed, too. */
  close(): Promise<void>
}

async function connect(url: string): Promise<Connection> {
  const { WebSocket } = await import('ws')
  const socket = new WebSocket(url)
  await new Promise<void>((open, fail) => {
    socket.once('open', () => open())
    socket.once('error', (cause) =>
      fail(new FunctionFailure(`The stream server at ${url} cannot be reached`, 'Stream', true, [], cause)),
    )
  })
  socket.on('error', () => socket.terminate())
  const closed = new Promise<void>((done) => socket.once('close', () => done()))
  return {
    send: (text) =>
      new Promise((sent, fail) => socket.send(text, (error) => (error == null ? sent() : fail(error)))),
    close: () => {
      socket.close()
      return closed
    },
  }
}

function contentOf(chunk: unknown): string {
  const choices = (chunk as { choices?: { delta?: { content?: unknown } }[] } | null)?.choices
  const content = choices?.[0]?.delta?.content
  return typeof content === 'string' ? content : ''
}
