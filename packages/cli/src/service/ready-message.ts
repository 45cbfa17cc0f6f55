import type { ReadyMessage } from '@rgen/runtime/service'

/** Is this message of a child process the one by which a service says that it takes work? Others are not ours to read. */
export function isReadyMessage(message: unknown): message is ReadyMessage {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === 'ready'
}
