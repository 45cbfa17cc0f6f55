import { isEngineError, parseDuration, type Restack, type RunReference } from '@rgen/engine'
import { CliError, UsageError } from '../cli-error.ts'
import type { Io } from '../io.ts'
import { showProgress } from './progress.ts'

/** Why waiting for a result ended. */
export type Waited = { readonly kind: 'result'; readonly result: unknown } | { readonly kind: 'interrupted' }

/**
 * Waits for the result of a run, at most `timeout`, and until Ctrl+C.
 *
 * @param timeout As written: `30s`, `2 minutes`.
 * @throws {CliError} CLI_TIMEOUT when the run is still going; whatever the run failed with.
 */
export async function awaitResult(
  client: Restack,
  run: RunReference,
  timeout: string | undefined,
  io: Io,
): Promise<Waited> {
  const limitMs = timeout === undefined ? undefined : parseTimeout(timeout)
  let release = (): void => undefined
  let timer: NodeJS.Timeout | undefined
  const interrupted = new Promise<Waited>((resolve) => {
    release = io.onSignal(() => resolve({ kind: 'interrupted' }))
  })
  const late = new Promise<never>((_, reject) => {
    if (limitMs !== undefined) timer = setTimeout(() => reject(timedOut(run.id, timeout ?? '')), limitMs)
  })
  const progress = showProgress(client, run, io)
  const result = client
    .getAgentResult<unknown>({ agentId: run.id, runId: run.runId })
    .then((value): Waited => ({ kind: 'result', result: value }), refuseWithHistory(run.id))
  try {
    return await Promise.race([result, interrupted, late])
  } finally {
    progress.stop()
    clearTimeout(timer)
    release()
    // Whoever stopped waiting does not want to hear that the client was closed under the wait.
    result.catch(() => undefined)
  }
}

/** A run that failed says why in one line; its history says how it came to that. */
function refuseWithHistory(id: string): (error: unknown) => never {
  return (error) => {
    if (!isEngineError(error, 'ENGINE_RUN_FAILED') || error.hint !== undefined) throw error
    throw Object.assign(new Error(error.message, { cause: error.cause }), {
      code: error.code,
      hint: `What happened: rgen history ${id}`,
    })
  }
}

/** Says that a run outlives the command that waited for it, and how to get at it. */
export function tellStillRunning(id: string, io: Io): void {
  const { style } = io.stderr
  io.stderr.write(`\n${style.yellow('▸')} The run goes on without this terminal.\n`)
  io.stderr.write(
    `  Its result:  ${style.cyan(`rgen result ${id}`)}\n  End it:      ${style.cyan(`rgen cancel ${id}`)}\n`,
  )
}

function parseTimeout(text: string): number {
  try {
    return parseDuration(text)
  } catch (cause) {
    throw new UsageError('CLI_INVALID_VALUE', `--timeout cannot be "${text}"`, {
      hint: 'Write 30s, 2m or "1 hour".',
      cause,
    })
  }
}

function timedOut(id: string, timeout: string): CliError {
  return new CliError('CLI_TIMEOUT', `${id} is not finished after ${timeout}. It goes on.`, {
    hint: `Fetch its result later: \`rgen result ${id}\`. What it does: \`rgen describe ${id}\`.`,
  })
}
