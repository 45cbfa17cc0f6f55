import { isEngineError, parseDuration, type Restack, type RunReference } from '@rgen/engine'
import { CliError, UsageError } from '../cli-error.ts'
import type { Io } from '../io.ts'
import type { Interrupt } from '../interrupt.ts'
import { printElapsed } from './print-time.ts'
import { showProgress } from './progress.ts'

/** Why waiting for a result ended. */
export type Waited = { readonly kind: 'result'; readonly result: unknown } | { readonly kind: 'interrupted' }

/**
 * Waits for the result of a run, at most `timeout`, and until Ctrl+C.
 *
 * @param limitMs See {@link parseTimeout}; undefined waits as long as it takes.
 * @param interrupt Listened to since before the run was started, so that Ctrl+C never falls between; released here.
 * @throws {CliError} CLI_TIMEOUT when the run is still going; whatever the run failed with.
 */
export async function awaitResult(
  client: Restack,
  run: RunReference,
  limitMs: number | undefined,
  io: Io,
  interrupt: Interrupt,
): Promise<Waited> {
  let timer: NodeJS.Timeout | undefined
  const interrupted = interrupt.first.then((): Waited => ({ kind: 'interrupted' }))
  const late = new Promise<never>((_, reject) => {
    if (limitMs !== undefined) timer = setTimeout(() => reject(timedOut(run.id, limitMs)), limitMs)
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
    interrupt.release()
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

/**
 * The milliseconds of a `--timeout`: `30s`, `2 minutes`.
 *
 * @throws {UsageError} CLI_INVALID_VALUE
 */
export function parseTimeout(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  try {
    return parseDuration(text)
  } catch (cause) {
    throw new UsageError('CLI_INVALID_VALUE', `--timeout cannot be "${text}"`, {
      hint: 'Write 30s, 2m or "1 hour".',
      cause,
    })
  }
}

function timedOut(id: string, limitMs: number): CliError {
  return new CliError('CLI_TIMEOUT', `${id} is not finished after ${printElapsed(limitMs)}. It goes on.`, {
    hint: `Fetch its result later: \`rgen result ${id}\`. What it does: \`rgen describe ${id}\`.`,
  })
}
