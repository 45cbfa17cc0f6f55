import type { Logger } from '../logging/logger.ts'

/** Stops the service once when the process is asked to end; a second request ends it at once. */
export function stopOnSignals(stop: () => Promise<void>, logger: Logger): () => void {
  let asked = false
  const end = () => {
    if (asked) process.exit(130)
    asked = true
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error('the service did not stop cleanly', { error })
        process.exit(1)
      },
    )
  }
  const signals = ['SIGINT', 'SIGTERM'] as const
  for (const signal of signals) process.on(signal, end)
  // `rgen dev` asks over the channel: on Windows there is no signal to send. A parent that died cannot ask any more.
  const onMessage = (message: unknown) => {
    if ((message as { type?: unknown } | null)?.type === 'stop') end()
  }
  process.on('message', onMessage)
  process.on('disconnect', end)
  return () => {
    for (const signal of signals) process.off(signal, end)
    process.off('message', onMessage)
    process.off('disconnect', end)
  }
}
