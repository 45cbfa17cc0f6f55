// A Temporal server for development, in a process of its own: Ctrl+C at the terminal does not reach it before the
// service has stopped, and it ends with the process that started it, even when that is killed.
// Arguments: the URL of the project's @rgen/temporal, and the file that keeps runs.

/** The part of @rgen/temporal that is used here; the package is the project's, and only there when it scales out. */
interface TemporalPackage {
  readonly startDevServer: (options: {
    readonly database: string
  }) => Promise<{ readonly address: string; stop(): Promise<void> }>
}

/** What this process tells its parent. */
export type TemporalAnswer =
  | { readonly kind: 'ready'; readonly address: string }
  | {
      readonly kind: 'failed'
      readonly message: string
      readonly code: string | undefined
      readonly hint: string | undefined
    }

const [packageUrl = '', database = ''] = process.argv.slice(2)

try {
  const { startDevServer } = (await import(packageUrl)) as TemporalPackage
  const server = await startDevServer({ database })
  const stop = () => void server.stop().finally(() => process.exit(0))
  process.on('message', stop).on('disconnect', stop)
  if (process.connected) process.send?.({ kind: 'ready', address: server.address } satisfies TemporalAnswer)
  else stop()
} catch (error) {
  const { message, code, hint } = error as Error & { code?: string; hint?: string }
  process.send?.({ kind: 'failed', message, code, hint } satisfies TemporalAnswer, () => process.exit(1))
}
